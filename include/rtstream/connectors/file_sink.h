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
  // Appends the object, without a line's end.
  void operator()(const T& row, std::string& out) const { AppendJson(row, out); }
  // The same without a copy.
  void operator()(const T& row, ByteBuffer& out) const
    requires internal::kHasJsonPut<T>
  {
    AppendJson(row, out);
  }
};

namespace internal {

// What follows each row that `Encode` writes.
template <typename Encode>
constexpr std::string_view RowEnd() {
  if constexpr (requires { std::string_view(Encode::kRowEnd); }) {
    return Encode::kRowEnd;
  } else {
    return "\n";
  }
}

}  // namespace internal

// Writes rows to a file, each as a line unless told otherwise, exactly once: the file holds the rows of committed work, and
// behind them at most what the run at hand has staged, which is cut off when a pipeline is opened on it
// again. See StagedFile for the errors.
//
//   rt::FileSink<Fact> facts("facts", "/data/out/facts.ndjson");
//   ... | rt::To(facts);
//
// Encode is what is written: JsonLines, CsvRows (csv_rows.h), RowBinaryRows (row_binary_rows.h), or your own.
// `encode(row, out)` appends the row to `out`, without its end: a std::string, or a ByteBuffer (see JsonText),
// which saves a copy. It must not fail and must not look at anything but the row, so that a replay writes the
// same bytes. The end is a LF, or `Encode::kRowEnd` if there is one. If there is `encode.Head<T>(std::string&)`,
// what it appends stands before the first row.
//
// Owned by the host; must outlive the pipeline.
template <typename T, typename Encode = JsonLines<T>>
class FileSink final : public StagedSink<T> {
  static constexpr bool kWritesBytes = std::invocable<const Encode&, const T&, ByteBuffer&>;
  static_assert(kWritesBytes || std::invocable<const Encode&, const T&, std::string&>,
                "rtstream: a file sink's encode takes (const T& row, std::string& out), or a ByteBuffer& "
                "out, and is const");
  static constexpr bool kHasHead =
      requires(const Encode& encode, std::string& out) { encode.template Head<T>(out); };
  static constexpr std::string_view kRowEnd = internal::RowEnd<Encode>();

 public:
  // `name`: of the sink in commits. `path`: in a directory that exists; the run opens the file.
  FileSink(std::string name, std::string path, Encode encode = {})
      : name_(std::move(name)), file_(std::move(path)), encode_(std::move(encode)) {}

  std::string_view name() const override { return name_; }
  uint64_t bytes_written() const override { return file_.bytes_appended(); }
  const std::string& path() const { return file_.path(); }  // as it was given
  // Uncommitted bytes that were found and cut off when it was opened.
  uint64_t cut_bytes() const { return file_.cut_bytes(); }

  absl::Status Write(const Rows<T>& rows) override {
    const Encode& encode = encode_;
    if constexpr (kHasHead) {
      if (is_empty_ && rows.size() > 0) WriteHead();
    }
    for (size_t i = 0; i < rows.size(); ++i) {
      if constexpr (kWritesBytes) {
        encode(rows[i], file_.buffer());
        if constexpr (!kRowEnd.empty()) file_.Append(kRowEnd);
      } else {
        line_.clear();
        encode(rows[i], line_);
        line_.append(kRowEnd);
        file_.Append(line_);
      }
    }
    return absl::OkStatus();
  }

  absl::Status Open(const std::optional<std::string>& committed) override {
    RTSTREAM_RETURN_IF_ERROR(file_.Open(committed));
    if constexpr (kHasHead) {
      is_empty_ = true;
      if (committed) {
        RTSTREAM_ASSIGN_OR_RETURN(const uint64_t length, StagedFile::CommittedLength(*committed));
        is_empty_ = length == 0;
      }
    }
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> Cut() override { return file_.Cut(); }
  void WriteAhead() override { file_.WriteAhead(); }
  absl::Status Sync() override { return file_.Sync(); }

 private:
  // With the first row, not when it is opened: a new file has no bytes before the commit that knows of it.
  void WriteHead() {
    line_.clear();
    encode_.template Head<T>(line_);
    file_.Append(line_);
    is_empty_ = false;
  }

  std::string name_;
  StagedFile file_;
  Encode encode_;
  bool is_empty_ = true;  // kept for an encode that has a head
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
