#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "rtstream/io/source.h"

namespace rtstream {

// The numbers 0, 1, ..., size - 1 in one partition, replayable, with faults.
class FakeSource final : public Source<int64_t> {
 public:
  explicit FakeSource(int64_t size) : size_(size) {}

  absl::Status Open(absl::Span<const CommittedPosition> committed) override {
    next_ = 0;
    for (const CommittedPosition& c : committed) {
      if (!absl::SimpleAtoi(c.resume, &next_)) return absl::DataLossError("not a position");
    }
    return absl::OkStatus();
  }
  std::string PartitionName(uint32_t) const override { return "numbers"; }
  bool IsFinished(uint32_t) const override { return ends && next_ == size_; }
  std::vector<std::string> TakeForgotten() override { return std::exchange(forgotten, {}); }
  void OnCommitted(absl::Span<const CommittedPosition> positions) override {
    for (const CommittedPosition& p : positions) durable.push_back(p.resume);
  }

  absl::StatusOr<PollResult> Poll(size_t max_rows, Batch<int64_t>& batch) override {
    ++polls;
    if (on_poll) on_poll();
    if (!errors.empty() && next_ >= fail_at) {
      absl::Status error = errors.front();
      errors.pop_front();
      return error;
    }
    if (next_ == size_) return ends ? PollResult::kFinished : PollResult::kIdle;
    batch.Begin(0, "numbers", next_, next_ + 1);
    for (uint32_t i = 0; i < max_rows && next_ < size_; ++i, ++next_) {
      RowMeta meta;
      meta.position = meta.ordinal = i;
      batch.Append(next_, meta);
    }
    batch.resume = std::to_string(next_);
    batch.input_bytes = batch.size() * bytes_per_record;
    return PollResult::kBatch;
  }

  std::deque<absl::Status> errors;  // of the next polls, from position `fail_at` on
  int64_t fail_at = 0;
  std::function<void()> on_poll;
  bool ends = true;
  int polls = 0;
  uint64_t bytes_per_record = 8;
  std::vector<std::string> durable;    // what OnCommitted said
  std::vector<std::string> forgotten;  // what TakeForgotten gives next

 private:
  int64_t size_;
  int64_t next_ = 0;
};

}  // namespace rtstream
