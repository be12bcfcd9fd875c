#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <tuple>

#include "rtstream/rtstream.h"

namespace bench {

namespace rt = rtstream;

struct Sums {
  int64_t units = 0;
  int64_t cents = 0;
  uint64_t sales = 0;
};

}  // namespace bench

template <>
struct rtstream::StateFields<bench::Sums> {
  using V = bench::Sums;
  static constexpr uint32_t kVersion = 1;
  static constexpr auto kMembers = std::tuple{&V::units, &V::cents, &V::sales};
};

namespace bench {

// A key and what is added to its sums.
struct Change {
  uint64_t key;
  int64_t cents;
};

// `size` changes that go over `keys` keys in turn, in an order that is no order. A batch never goes beyond a
// multiple of `epoch` changes; each counts as a byte of input.
class Changes final : public rt::Source<Change> {
 public:
  Changes(uint64_t keys, uint64_t epoch, uint64_t size) : keys_(keys), epoch_(epoch), size_(size) {}

  absl::Status Open(absl::Span<const rt::CommittedPosition>) override { return absl::OkStatus(); }
  std::string PartitionName(uint32_t) const override { return "memory"; }
  bool IsFinished(uint32_t) const override { return at_ == size_; }
  absl::StatusOr<rt::PollResult> Poll(size_t max_rows, rt::Batch<Change>& batch) override {
    if (at_ == size_) return rt::PollResult::kFinished;
    batch.Begin(0, "memory", static_cast<int64_t>(at_), 0);
    const uint64_t n = std::min<uint64_t>({max_rows, epoch_ - at_ % epoch_, size_ - at_});
    for (uint64_t i = 0; i < n; ++i) {
      rt::RowMeta meta;
      meta.position = meta.ordinal = static_cast<uint32_t>(i);
      batch.Append({(at_ + i) % keys_ * 0x9e3779b97f4a7c15, 1}, meta);
    }
    at_ += n;
    batch.resume = rt::Concat(at_);
    batch.input_bytes = n;
    return rt::PollResult::kBatch;
  }

 private:
  uint64_t keys_, epoch_, size_, at_ = 0;
};

// Sums of each key.
inline rt::Pipeline MakeSums(Changes& changes) {
  return rt::From(changes)
       | rt::Aggregate("sums", [](const Change& c) { return c.key; },
                       [](Sums& sums, const Change& c) {
                         sums.cents += c.cents;
                         ++sums.sales;
                       })
       | rt::Discard();
}

}  // namespace bench
