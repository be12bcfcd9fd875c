#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/byte_buffer.h"
#include "rtstream/connectors/staged_file.h"
#include "rtstream/core/json_writer.h"
#include "rtstream/io/sink.h"

namespace rtstream {

// Writes a row as one JSON object, by the mapping declared for T.
template <typename T>
struct JsonLines {
  void operator()(const T& row, std::string& out) const { AppendJson(row, out); }
  void operator()(const T& row, ByteBuffer& out) const
    requires internal::kHasJsonPut<T>
  {
    AppendJson(row, out);
  }
};

// Writes each row as a line of a file, exactly once: the file holds the rows of committed work, and
// behind them at most what the run at hand has staged, which is cut off when a pipeline is opened on it
// again. See StagedFile for the errors.
//
//   rt::FileSink<Fact> facts("facts", "/data/out/facts.ndjson");
//   ... | rt::To(facts);
//
// `encode(row, out)` appends the row's line to `out`, without the LF: a std::string, or a ByteBuffer (see
// JsonText), which saves a copy. It must not fail and must not look at anything but the row, so that a replay
// writes the same bytes.
//
// Owned by the host; must outlive the pipeline.
template <typename T, typename Encode = JsonLines<T>>
class FileSink final : public StagedSink<T> {
  static constexpr bool kWritesBytes = std::invocable<const Encode&, const T&, ByteBuffer&>;
  static_assert(kWritesBytes || std::invocable<const Encode&, const T&, std::string&>,
                "rtstream: a file sink's encode takes (const T& row, std::string& out), or a ByteBuffer& "
                "out, and is const");

 public:
  FileSink(std::string name, std::string path, Encode encode = {})
      : name_(std::move(name)), file_(std::move(path)), encode_(std::move(encode)) {}

  std::string_view name() const override { return name_; }
  uint64_t bytes_written() const override { return file_.bytes_appended(); }
  const std::string& path() const { return file_.path(); }
  // Uncommitted bytes that were found and cut off when it was opened.
  uint64_t cut_bytes() const { return file_.cut_bytes(); }

  absl::Status Write(const Rows<T>& rows) override {
    const Encode& encode = encode_;
    for (size_t i = 0; i < rows.size(); ++i) {
      if constexpr (kWritesBytes) {
        encode(rows[i], file_.buffer());
        file_.Append("\n");
      } else {
        line_.clear();
        encode(rows[i], line_);
        line_.push_back('\n');
        file_.Append(line_);
      }
    }
    return absl::OkStatus();
  }

  absl::Status Open(const std::optional<std::string>& committed) override {
    return file_.Open(committed);
  }
  absl::StatusOr<std::string> Cut() override { return file_.Cut(); }
  void WriteAhead() override { file_.WriteAhead(); }
  absl::Status Sync() override { return file_.Sync(); }

 private:
  std::string name_;
  StagedFile file_;
  Encode encode_;
  std::string line_;  // of an encode that writes to strings
};

// A file sink whose lines a lambda writes:
//   auto totals = rt::MakeFileSink<Total>("totals", path, [](const Total& t, std::string& out) { ... });
template <typename T, typename Encode>
std::unique_ptr<FileSink<T, Encode>> MakeFileSink(std::string name, std::string path,
                                                  Encode encode) {
  return std::make_unique<FileSink<T, Encode>>(std::move(name), std::move(path),
                                               std::move(encode));
}

}  // namespace rtstream
