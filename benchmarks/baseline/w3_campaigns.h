#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "benchmarks/workload/w3.h"
#include "benchmarks/workload/windows.h"

namespace bench {

// Which campaign an ad belongs to, in absl's hash table.
class CampaignOfAd {
 public:
  static constexpr uint32_t kNone = ~uint32_t{0};

  explicit CampaignOfAd(const std::vector<Ad>& ads) {
    for (const Ad& ad : ads) campaigns_[ad.id] = ad.campaign;
  }
  uint32_t operator[](uint32_t ad) const {
    const auto it = campaigns_.find(ad);
    return it == campaigns_.end() ? kNone : it->second;
  }

 private:
  absl::flat_hash_map<uint32_t, uint32_t> campaigns_;
};

// The open window's views by campaign.
class CampaignCounts {
 public:
  bool is_in_window(uint64_t time_us) const { return time_us < end_us_; }
  void Begin(uint64_t time_us) { end_us_ = time_us / kW3Window * kW3Window + kW3Window; }
  void Add(uint32_t campaign) { ++counts_[campaign]; }
  // Gives the counts out and begins anew.
  template <typename Write>
  void Close(Write&& write) {
    results_.clear();
    for (uint32_t c = 0; c < kCampaigns; ++c) {
      const uint64_t count = std::exchange(counts_[c], 0);
      if (count > 0) results_.push_back({end_us_ - kW3Window, c, count});
    }
    write(results_);
  }

 private:
  uint64_t end_us_ = 0;
  std::array<uint64_t, kCampaigns> counts_{};
  std::vector<WindowResult> results_;
};

}  // namespace bench
