#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "benchmarks/workload/w3.h"

namespace bench {

// Which campaign an ad belongs to, in a table of its own: what a user writes whose join must cost nothing.
class AdCampaigns {
 public:
  static constexpr uint32_t kNone = ~uint32_t{0};

  explicit AdCampaigns(const std::vector<Ad>& ads) : slots_(std::bit_ceil(4 * ads.size())) {
    for (const Ad& ad : ads) slots_[SlotOf(ad.id)] = ad;
  }
  uint32_t operator[](uint32_t ad) const { return slots_[SlotOf(ad)].campaign; }

 private:
  // The ad's, or the empty one where it would be.
  size_t SlotOf(uint32_t ad) const {
    size_t i = ad * uint64_t{0x9e3779b97f4a7c15} >> 40 & (slots_.size() - 1);
    while (slots_[i].id != ad && slots_[i].campaign != kNone) i = (i + 1) & (slots_.size() - 1);
    return i;
  }

  struct Slot : Ad {
    Slot() : Ad{0, kNone} {}
    Slot& operator=(const Ad& ad) {
      Ad::operator=(ad);
      return *this;
    }
  };
  std::vector<Slot> slots_;
};

}  // namespace bench
