#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "rtstream/base/text.h"
#include "rtstream/testing/sink_contract.h"

// A staged sink over a disk in memory that keeps the contract, and sinks that break one rule each.

namespace rtstream::testing {

// What outlives a sink.
struct StagedDisk {
  std::mutex mutex;
  std::vector<std::string> rows;  // guarded by mutex
  size_t synced_rows = 0;          // of LateMarkSink; guarded by mutex
  bool fails = false;             // the next sync; guarded by mutex
};

class RightStagedSink : public StagedSink<std::string> {
 public:
  explicit RightStagedSink(StagedDisk& disk) : disk_(&disk) {}

  std::string_view name() const override { return "staged"; }
  uint64_t bytes_written() const override { return bytes_; }
  absl::Status Write(const Rows<std::string>& rows) override {
    const std::lock_guard lock(disk_->mutex);
    for (size_t i = 0; i < rows.size(); ++i) {
      disk_->rows.push_back(rows[i]);
      bytes_ += rows[i].size();
    }
    return absl::OkStatus();
  }
  absl::Status Open(const std::optional<std::string>& committed) override {
    const std::lock_guard lock(disk_->mutex);
    size_t n = 0;
    if (committed && !absl::SimpleAtoi(*committed, &n)) return absl::DataLossError("no mark");
    if (n > disk_->rows.size()) return absl::DataLossError("rows are gone");
    disk_->rows.resize(n);
    bytes_ = 0;
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> Cut() override {
    const std::lock_guard lock(disk_->mutex);
    return Concat(disk_->rows.size());
  }
  absl::Status Sync() override {
    const std::lock_guard lock(disk_->mutex);
    return std::exchange(disk_->fails, false) ? absl::DataLossError("the disk failed") : absl::OkStatus();
  }

 protected:
  StagedDisk& disk() { return *disk_; }

 private:
  StagedDisk* disk_;
  uint64_t bytes_ = 0;
};

// Does not cut off what was staged behind the mark.
class UncutSink final : public RightStagedSink {
 public:
  using RightStagedSink::RightStagedSink;
  absl::Status Open(const std::optional<std::string>& committed) override {
    const std::vector<std::string> rows = disk().rows;
    absl::Status status = RightStagedSink::Open(committed);
    if (status.ok()) disk().rows = rows;
    return status;
  }
};

// Writes the rows of the batch from the first on, whichever are selected.
class UnselectedSink final : public RightStagedSink {
 public:
  using RightStagedSink::RightStagedSink;
  absl::Status Write(const Rows<std::string>& rows) override {
    const std::lock_guard lock(disk().mutex);
    for (size_t i = 0; i < rows.size(); ++i) disk().rows.push_back(rows.at_row(i));
    return absl::OkStatus();
  }
};

// Says at the sync what the mark covers.
class LateMarkSink final : public RightStagedSink {
 public:
  using RightStagedSink::RightStagedSink;
  absl::StatusOr<std::string> Cut() override { return std::string("0000000000"); }
  absl::Status Open(const std::optional<std::string>& committed) override {
    if (!committed || *committed != "0000000000") return RightStagedSink::Open(committed);
    return RightStagedSink::Open(Concat(disk().synced_rows));
  }
  absl::Status Sync() override {
    {
      const std::lock_guard lock(disk().mutex);
      disk().synced_rows = disk().rows.size();
    }
    return RightStagedSink::Sync();
  }
};

// Takes what is no mark for none.
class CredulousSink final : public RightStagedSink {
 public:
  using RightStagedSink::RightStagedSink;
  absl::Status Open(const std::optional<std::string>& committed) override {
    const absl::Status status = RightStagedSink::Open(committed);
    return status.ok() ? status : RightStagedSink::Open(std::nullopt);
  }
};

// Keeps rows in the process until they are synced by a later commit: one commit is always under way.
class OneBehindSink final : public RightStagedSink {
 public:
  using RightStagedSink::RightStagedSink;
  absl::Status Open(const std::optional<std::string>& committed) override {
    kept_.clear();
    size_t n = 0;
    if (committed && absl::SimpleAtoi(*committed, &n) && n > disk().rows.size() && n <= disk().rows.size() + 100) {
      return RightStagedSink::Open(Concat(disk().rows.size()));
    }
    return RightStagedSink::Open(committed);
  }
  absl::Status Write(const Rows<std::string>& rows) override {
    for (size_t i = 0; i < rows.size(); ++i) kept_.push_back(rows[i]);
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> Cut() override { return Concat(disk().rows.size() + kept_.size()); }
  absl::Status Publish(const std::string&) override {
    for (std::string& row : kept_) disk().rows.push_back(std::move(row));
    kept_.clear();
    return absl::OkStatus();
  }

 private:
  std::vector<std::string> kept_;
};

// Goes on counting where an earlier run has ended.
class CountingOnSink final : public RightStagedSink {
 public:
  using RightStagedSink::RightStagedSink;
  uint64_t bytes_written() const override { return const_cast<CountingOnSink*>(this)->disk().rows.size(); }
};

template <typename S>
class StagedPlace final : public SinkPlace<std::string> {
 public:
  Sink<std::string>& Restart() override { return sink_.emplace(disk_); }
  absl::StatusOr<std::vector<std::string>> Read() override { return disk_.rows; }
  bool FailNext() override {
    disk_.fails = true;
    return true;
  }

 private:
  StagedDisk disk_;
  std::optional<S> sink_;
};

inline std::vector<std::string> TwentyRows() {
  std::vector<std::string> rows;
  for (int i = 0; i < 20; ++i) rows.push_back(Concat("row ", i));
  return rows;
}

template <typename S>
Contract StagedContractOf() {
  return StagedSinkContract<std::string>(
      {.make_place = [] { return std::make_unique<StagedPlace<S>>(); }, .rows = TwentyRows()});
}

}  // namespace rtstream::testing
