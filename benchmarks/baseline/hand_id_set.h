#pragma once

#include <emmintrin.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "benchmarks/baseline/hand_bits.h"
#include "rtstream/base/pages.h"

namespace bench::hand {

// A set of 128-bit ids, exact: a log of them, 16 bytes each in order, under an index of cache lines of
// eight tags and places. A new id touches one line at random. Made for so many ids and never grown.
class IdSet {
 public:
  // For `ids` ids at four and a half a line, or fewer; touched.
  explicit IdSet(uint64_t ids)
      : most_(ids), log_lines_(CeilLog2(ids / 5 + 1)), index_(sizeof(Line) << log_lines_),
        log_((ids + 1) * sizeof(Id)) {
    std::memset(index_.data(), 0, index_.size());
    std::memset(log_.data(), 0, log_.size());
  }

  [[gnu::always_inline]] void Prefetch(uint64_t high, uint64_t low) const {
    __builtin_prefetch(&lines()[hash_(high, low) >> (64 - log_lines_)], 1);
  }
  // Whether it was not there; it is now. REQUIRES: has_room_for(1).
  [[gnu::always_inline]] bool Insert(uint64_t high, uint64_t low) {
    const uint64_t hash = hash_(high, low);
    const uint32_t tag = static_cast<uint32_t>(hash) | 1;  // 0: a free slot
    size_t at = hash >> (64 - log_lines_);
    for (;; at = (at + 1) & ((size_t{1} << log_lines_) - 1)) {
      Line& line = lines()[at];
      for (uint32_t same = Equal(line, tag); same != 0; same &= same - 1) {
        const Id& id = ids()[line.places[std::countr_zero(same)]];
        if (id.high == high && id.low == low) return false;
      }
      if (const uint32_t free = Equal(line, 0); free != 0) [[likely]] {
        const auto slot = static_cast<size_t>(std::countr_zero(free));
        line.tags[slot] = tag;
        line.places[slot] = static_cast<uint32_t>(size_);
        ids()[size_++] = {high, low};
        return true;
      }
    }
  }
  bool Contains(uint64_t high, uint64_t low) const {
    const uint64_t hash = hash_(high, low);
    size_t at = hash >> (64 - log_lines_);
    for (;; at = (at + 1) & ((size_t{1} << log_lines_) - 1)) {
      const Line& line = lines()[at];
      for (uint32_t same = Equal(line, static_cast<uint32_t>(hash) | 1); same != 0; same &= same - 1) {
        const Id& id = ids()[line.places[std::countr_zero(same)]];
        if (id.high == high && id.low == low) return true;
      }
      if (Equal(line, 0) != 0) return false;
    }
  }

  bool has_room_for(size_t n) const { return size_ + n <= most_; }
  size_t size() const { return size_; }
  uint64_t most() const { return most_; }

 private:
  struct alignas(64) Line {
    uint32_t tags[8];
    uint32_t places[8];
  };
  struct Id {
    uint64_t high, low;
  };

  // A bit for each slot whose tag is `tag`.
  static uint32_t Equal(const Line& line, uint32_t tag) {
    const __m128i wanted = _mm_set1_epi32(static_cast<int>(tag));
    const auto* const tags = reinterpret_cast<const __m128i*>(line.tags);
    const __m128i low = _mm_cmpeq_epi32(_mm_load_si128(tags), wanted);
    const __m128i high = _mm_cmpeq_epi32(_mm_load_si128(tags + 1), wanted);
    const __m128i both = _mm_packs_epi16(_mm_packs_epi32(low, high), _mm_setzero_si128());
    return static_cast<uint32_t>(_mm_movemask_epi8(both));
  }
  Line* lines() const { return reinterpret_cast<Line*>(index_.data()); }
  Id* ids() const { return reinterpret_cast<Id*>(log_.data()); }

  FoldHash hash_;
  uint64_t most_;
  int log_lines_;
  rtstream::Pages index_, log_;
  size_t size_ = 0;
};

}  // namespace bench::hand
