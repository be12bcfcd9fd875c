#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/numbers.h"
#include "rtstream/io/source.h"

// A source of one's own. What makes it one: the records of a partition have an order and positions, and can
// be read again from any position that a batch has named.

struct Order {
  int64_t number = 0;
  int64_t customer = 0;
  int64_t cents = 0;
};

// Orders 0, 1, 2 ... up to a last one: made up, always the same.
class Orders final : public rtstream::Source<Order> {
 public:
  explicit Orders(int64_t count) : count_(count) {}

  // Begins behind what was committed. Nothing: from the start.
  absl::Status Open(absl::Span<const rtstream::CommittedPosition> committed) override {
    next_ = 0;
    if (committed.empty()) return absl::OkStatus();
    if (!absl::SimpleAtoi(committed[0].resume, &next_) || next_ > count_) {
      return absl::FailedPreconditionError("the last commit is behind an order that does not exist");
    }
    return absl::OkStatus();
  }

  absl::StatusOr<rtstream::PollResult> Poll(size_t max_rows, rtstream::Batch<Order>& batch) override {
    if (next_ == count_) return rtstream::PollResult::kFinished;
    batch.Begin(/*partition=*/0, "orders", /*base_position=*/next_, /*base_ordinal=*/next_ + 1);
    const int64_t end = std::min(count_, next_ + static_cast<int64_t>(max_rows));
    for (uint32_t i = 0; next_ < end; ++i, ++next_) {
      batch.Append({next_, next_ % 3, 100 * next_}, {.position = i, .ordinal = i});
    }
    batch.resume = std::to_string(next_);  // what Open() gets, if this batch is the last that is committed
    return rtstream::PollResult::kBatch;
  }

  std::string PartitionName(uint32_t) const override { return "orders"; }
  bool IsFinished(uint32_t) const override { return next_ == count_; }

 private:
  int64_t count_;
  int64_t next_ = 0;
};
