#include "benchmarks/baseline/hand_ad_counts.h"

#include <algorithm>
#include <utility>

#include "benchmarks/baseline/hand_bits.h"

namespace bench::hand {

AdCounts::AdCounts(const std::vector<Ad>& ads) {
  do {
    factor_ = RandomBits() | 1;
  } while (!Place(ads));
}

bool AdCounts::Place(const std::vector<Ad>& ads) {
  slots_.fill({});
  campaigns_.fill(kNone);
  std::array<std::vector<Ad>, kBuckets> buckets;
  for (const Ad& ad : ads) buckets[BucketOf(Hash(ad.id))].push_back(ad);
  // The fullest first, while there is room.
  std::array<size_t, kBuckets> order;
  for (size_t i = 0; i < kBuckets; ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return buckets[a].size() > buckets[b].size(); });
  return std::all_of(order.begin(), order.end(),
                     [&](size_t bucket) { return PlaceBucket(buckets[bucket], bucket); });
}

bool AdCounts::PlaceBucket(const std::vector<Ad>& ads, size_t bucket) {
  for (uint32_t by = 0; by < kSlots; ++by) {
    size_t placed = 0;
    for (; placed < ads.size(); ++placed) {
      const size_t slot = Displaced(Hash(ads[placed].id), by);
      if (campaigns_[slot] != kNone) break;
      campaigns_[slot] = ads[placed].campaign;
      slots_[slot].ad = ads[placed].id;
    }
    displacements_[bucket] = static_cast<uint16_t>(by);
    if (placed == ads.size()) return true;
    for (size_t i = 0; i < placed; ++i) campaigns_[Displaced(Hash(ads[i].id), by)] = kNone;
  }
  return false;
}

absl::Span<const WindowResult> AdCounts::Take(uint64_t window_us) {
  std::array<uint64_t, kCampaigns> counts{};
  for (size_t i = 0; i < kSlots; ++i) {
    const uint32_t count = std::exchange(slots_[i].count, 0);
    if (campaigns_[i] != kNone) counts[campaigns_[i]] += count;
  }
  results_.clear();
  for (uint32_t c = 0; c < kCampaigns; ++c) {
    if (counts[c] > 0) results_.push_back({window_us, c, counts[c]});
  }
  return results_;
}

}  // namespace bench::hand
