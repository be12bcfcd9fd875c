#pragma once

#include <cstdint>
#include <string_view>

namespace rtstream {

// Keyed state is cut into this many groups by a hash that is part of the stored format; lanes own
// groups, so state can be divided anew among another number of lanes.
inline constexpr uint32_t kKeyGroups = 1024;
// The group of a key given by its bytes.
uint32_t KeyGroupOf(std::string_view key);

// Groups are stored, and owned by lanes, in slices of so many neighbouring ones.
inline constexpr uint32_t kGroupsPerSlice = 16;
// What lanes own, and base blocks hold.
inline constexpr uint32_t kSlices = kKeyGroups / kGroupsPerSlice;

// Neighbouring slices: [begin, end).
struct SliceRange {
  uint32_t begin = 0;      // the first
  uint32_t end = kSlices;  // behind the last

  // Whether the slice is one of them.
  bool Holds(uint32_t slice) const { return slice >= begin && slice < end; }
  // Whether they have one in common.
  bool Meets(const SliceRange& other) const { return begin < other.end && other.begin < end; }
  // A bit for each.
  constexpr uint64_t mask() const {
    static_assert(kSlices == 64);
    return (end == kSlices ? 0 : uint64_t{1} << end) - (uint64_t{1} << begin);
  }
  friend bool operator==(const SliceRange&, const SliceRange&) = default;

  // What lane `index` of `lanes` owns. REQUIRES: index < lanes <= kSlices.
  static constexpr SliceRange OfLane(uint32_t index, uint32_t lanes) {
    return {index * kSlices / lanes, (index + 1) * kSlices / lanes};
  }
};

}  // namespace rtstream
