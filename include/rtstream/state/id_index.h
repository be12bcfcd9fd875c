#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "rtstream/base/pages.h"

namespace rtstream {

// From hashes to references that are not 0: an open-addressing table whose buckets are cache lines of
// eight slots, so that one line answers nearly every look-up. It does not know what the references refer to:
// look-ups ask the caller.
//
// 11 to 21 bytes a reference. Not thread-safe.
class IdIndex {
 public:
  IdIndex();

  // Inlined by force: see KeyIndex::PrefetchSlot.
  [[gnu::always_inline]] void Prefetch(uint64_t hash) const {
    __builtin_prefetch(&lines()[hash >> shift_]);
  }

  // The slot of a reference with this hash for which is(ref) is true; null: there is none. Valid until
  // the next Insert or Erase.
  template <typename Is>
  uint32_t* Find(uint64_t hash, Is&& is) {
    for (size_t i = hash >> shift_;; i = (i + 1) & mask_) {
      Line& line = lines()[i];
      for (uint32_t m = Matches(line.tags, TagOf(hash)); m != 0; m &= m - 1) {
        uint32_t& ref = line.refs[std::countr_zero(m)];
        if (ref != 0 && is(ref)) return &ref;
      }
      if (!line.IsFull()) return nullptr;
    }
  }

  // REQUIRES: the reference is not there.
  void Insert(uint64_t hash, uint32_t ref) {
    if (size_ + 1 > kMostPerLine * (mask_ + 1)) Grow();
    Put(TagOf(hash), ref);
    ++size_;
  }
  // Whether the reference was there.
  bool Erase(uint64_t hash, uint32_t ref);

  size_t size() const { return size_; }
  size_t memory() const { return pages_.size(); }

 private:
  static constexpr size_t kSlots = 8;
  // Beyond this average lines overflow into the next ones too often.
  static constexpr size_t kMostPerLine = 6;

  // Slots are filled from the front. A tag is the hash's high half, whose high bits name the home line.
  struct alignas(64) Line {
    uint32_t tags[kSlots];
    uint32_t refs[kSlots];
    bool IsFull() const { return refs[kSlots - 1] != 0; }
  };
  static uint32_t TagOf(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }
  size_t HomeOf(uint32_t tag) const { return tag >> (shift_ - 32); }

  // A bit for each slot whose word is `v`.
  static uint32_t Matches(const uint32_t (&words)[kSlots], uint32_t v) {
#if defined(__SSE2__)
    const __m128i want = _mm_set1_epi32(static_cast<int>(v));
    const auto half = [&](size_t at) {
      const __m128i w = _mm_load_si128(reinterpret_cast<const __m128i*>(words + at));
      return static_cast<uint32_t>(_mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(w, want))));
    };
    return half(0) | half(4) << 4;
#else
    uint32_t m = 0;
    for (size_t i = 0; i < kSlots; ++i) m |= uint32_t{words[i] == v} << i;
    return m;
#endif
  }
  static size_t CountOf(const Line& line) {
    return static_cast<size_t>(std::countr_zero(Matches(line.refs, 0) | 1u << kSlots));
  }

  void Put(uint32_t tag, uint32_t ref) {
    size_t i = HomeOf(tag);
    while (lines()[i].IsFull()) i = (i + 1) & mask_;
    Line& line = lines()[i];
    const size_t k = CountOf(line);
    line.tags[k] = tag;
    line.refs[k] = ref;
  }
  // Takes slot k out of a line.
  static void Remove(Line& line, size_t k);
  void Grow();

  Line* lines() const { return reinterpret_cast<Line*>(pages_.data()); }

  Pages pages_;
  size_t mask_ = 0;
  int shift_ = 0;
  size_t size_ = 0;
};

}  // namespace rtstream
