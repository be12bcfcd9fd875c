#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "rtstream/base/arena.h"
#include "rtstream/base/text.h"
#include "rtstream/core/own_texts.h"
#include "rtstream/io/sink.h"

namespace rtstream {

// Keeps rows in memory, exactly once: rows of an epoch that was never committed are gone after the
// pipeline is started again, as with a staged file. For tests and hosts that read results directly.
//
// Text views in rows are copied where they can be found: in mapped fields, sums of Aggregate, and text alone
// (core/own_texts.h). What else T refers to it must own: other views dangle once their batch is gone. Not
// thread-safe: read between steps or after the run.
template <typename T>
class MemorySink final : public StagedSink<T> {
 public:
  // The name that commits know it by.
  explicit MemorySink(std::string name = "memory") : name_(std::move(name)) {}

  std::string_view name() const override { return name_; }
  uint64_t bytes_written() const override { return (rows_.size() - opened_at_) * sizeof(T); }

  absl::Status Write(const Rows<T>& rows) override {
    for (size_t i = 0; i < rows.size(); ++i) {
      T row = rows[i];
      internal::OwnTexts(row, texts_);
      rows_.push_back(std::move(row));
    }
    return absl::OkStatus();
  }

  absl::Status Open(const std::optional<std::string>& committed) override {
    size_t n = 0;
    if (committed && !absl::SimpleAtoi(*committed, &n)) {
      return absl::DataLossError("the mark of a memory sink is not a number");
    }
    if (n > rows_.size()) {
      return absl::DataLossError(Concat("sink '", name_, "' holds ", rows_.size(),
                                              " rows, fewer than the ", n, " committed"));
    }
    rows_.erase(rows_.begin() + static_cast<std::ptrdiff_t>(n), rows_.end());
    opened_at_ = n;
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> Cut() override { return Concat(rows_.size()); }
  absl::Status Sync() override { return absl::OkStatus(); }

  // Everything written and not cut off, committed or not.
  const std::vector<T>& all() const { return rows_; }

 private:
  std::string name_;
  std::vector<T> rows_;
  Arena texts_;  // what views in rows point at; those of rows that were cut off stay
  size_t opened_at_ = 0;  // rows of earlier runs
};

}  // namespace rtstream
