#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "rtstream/base/hash.h"

namespace rtstream {

// A line of a filter: which of the hashes that fall into its range are there, perhaps. 64 bytes for some 43
// hashes, 12 bits each.
//
// The hashes are kept as Elias and Fano code a sorted list: the range is cut into about as many cells as
// there are hashes, a bit vector says in unary how many each cell has, and of each hash there are the bits
// behind its cell's. How many bits those are, and how many cells, depends on the number of hashes, so that a
// line is always used whole. (Elias, JACM 21(2), 1974; as a filter: the quotient filter of Bender et al.,
// VLDB 2012.)
//
// False positives: 1 in 530 at 12 bits a hash (tests/state/run_filter_test.cc).
struct alignas(64) FilterLine {
  uint64_t words[8];  // the cells in unary, then the rest of each hash

  // A line for `hashes`, sorted: each the place in the line's range, in 2^-32 of it.
  static FilterLine Of(const std::vector<uint32_t>& hashes);
  bool MayContain(uint32_t hash) const;  // `hash`: a place in the line's range
};

// The lines of a sorted run, or of a slice of one, of 64-bit hashes.
class RunFilter {
 public:
  RunFilter() = default;
  // The lines are not owned.
  RunFilter(const FilterLine* lines, uint64_t count) : lines_(lines), count_(count) {}

  // How many lines a run of so many hashes has.
  static uint64_t LinesFor(uint64_t hashes) { return (hashes * 12 + 511) / 512; }
  // Where in the filter a hash is looked for.
  struct Place {
    uint64_t line;     // which line
    uint32_t in_line;  // where in its range
  };
  // `count`: lines of the filter.
  static Place PlaceOf(uint64_t hash, uint64_t count) {
    __extension__ using Product = unsigned __int128;
    const Product product = static_cast<Product>(hash) * count;
    return {static_cast<uint64_t>(product >> 64), static_cast<uint32_t>(product >> 32)};
  }

  // Adds to `found` the places of those of n hashes that may be there: a hash's filter is the one of its
  // slice; none given: slice 0.
  static void FindPossible(const RunFilter* filters, const Word128* hashes, const uint8_t* slices, size_t n,
                           std::vector<uint32_t>& found);

  // Whether there is no filter, so that nothing is there.
  bool empty() const { return count_ == 0; }
  // Asks for the hash's line. REQUIRES: !empty().
  [[gnu::always_inline]] void Prefetch(uint64_t hash) const {
    __builtin_prefetch(lines_ + PlaceOf(hash, count_).line);
  }
  // False: it is not there. REQUIRES: !empty().
  bool MayContain(uint64_t hash) const {
    const Place place = PlaceOf(hash, count_);
    return lines_[place.line].MayContain(place.in_line);
  }

 private:
  static void FindFast(const RunFilter* filters, const Word128* hashes, const uint8_t* slices, size_t n,
                       std::vector<uint32_t>& found);

  const FilterLine* lines_ = nullptr;
  uint64_t count_ = 0;
};

}  // namespace rtstream
