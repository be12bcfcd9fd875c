#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "benchmarks/workload/w3.h"
#include "benchmarks/workload/windows.h"

namespace bench::hand {

// Views by ad, 16 KiB, in the first-level cache: a perfect hash, so that a look-up takes the same steps
// for every ad. Hash, displace, compare (after Belazzougui, Botelho and Dietzfelbinger, ESA 2009): ads of
// a bucket share a displacement that leads all of them to slots of their own.
class AdCounts {
 public:
  // REQUIRES: at most kSlots / 2 ads, all different.
  explicit AdCounts(const std::vector<Ad>& ads);

  [[gnu::always_inline]] void Add(uint32_t ad) {
    Slot& slot = slots_[SlotOf(ad)];
    slot.count += slot.ad == ad ? 1 : 0;
  }
  // The campaigns' counts above 0; they are 0 then. Valid until the next call.
  absl::Span<const WindowResult> Take(uint64_t window_us);

 private:
  static constexpr size_t kSlots = 2048, kBuckets = 256;
  static constexpr uint32_t kNone = ~uint32_t{0};
  struct Slot {
    uint32_t ad = 0, count = 0;
  };

  uint64_t Hash(uint32_t ad) const { return ad * factor_; }
  static size_t BucketOf(uint64_t hash) { return hash >> 56; }
  static size_t Displaced(uint64_t hash, uint32_t by) { return ((hash >> 40) + by) % kSlots; }
  size_t SlotOf(uint32_t ad) const {
    const uint64_t hash = Hash(ad);
    return Displaced(hash, displacements_[BucketOf(hash)]);
  }
  // False: not with this factor.
  bool Place(const std::vector<Ad>& ads);
  bool PlaceBucket(const std::vector<Ad>& ads, size_t bucket);

  uint64_t factor_ = 0;
  std::array<uint16_t, kBuckets> displacements_{};
  std::array<Slot, kSlots> slots_{};
  std::array<uint32_t, kSlots> campaigns_{};
  std::vector<WindowResult> results_;
};

}  // namespace bench::hand
