#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "rtstream/base/page_pool.h"
#include "rtstream/base/pages.h"

// Not for use: parts of IdIndex.
namespace rtstream::internal {

// Eight slots of a tag and a reference, filled from the front: one cache line answers nearly every look-up.
struct alignas(64) IdLine {
  static constexpr size_t kSlots = 8;

  uint32_t tags[kSlots];
  uint32_t refs[kSlots];

  bool IsFull() const { return refs[kSlots - 1] != 0; }
  size_t count() const {
    return static_cast<size_t>(std::countr_zero(Matches(refs, 0) | 1u << kSlots));
  }
  void Add(uint32_t tag, uint32_t ref) {
    const size_t k = count();
    tags[k] = tag;
    refs[k] = ref;
  }
  // Takes slot k out.
  void Remove(size_t k) {
    const size_t last = count() - 1;
    tags[k] = tags[last];
    refs[k] = refs[last];
    tags[last] = refs[last] = 0;
  }

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
};

// An array of zeroed lines in pieces of a huge page, which can be given back from the front.
class IdLines {
 public:
  static constexpr size_t kPieceBits = 15;
  static constexpr size_t kPiece = size_t{1} << kPieceBits;  // lines
  static_assert(kPiece * sizeof(IdLine) == Pages::kHugePage);

  IdLines() = default;
  // Look-ups begin in one of `homes` lines; a few more take what the last ones have no room for.
  explicit IdLines(size_t homes) : homes_(homes), homes_in_thirds_(homes * 4 / 3) { pieces_.resize((lines() + kPiece - 1) / kPiece); }

  // A tag is the upper half of a hash: lines stand in the order of the hashes of what lives in them. With h
  // for the tag's share of the range, homes stand at h (2 + h) / 3 of the lines: the first ones are homes to
  // twice as many as the last ones (see IdIndex).
  size_t HomeOf(uint32_t tag) const {
    const uint64_t wide = tag;
    return static_cast<size_t>((2 * wide + (wide * wide >> 32)) * homes_in_thirds_ >> 34);
  }
  IdLine& operator[](size_t i) const { return at_[i >> kPieceBits][i & (kPiece - 1)]; }

  [[gnu::always_inline]] void Prefetch(size_t i) const { __builtin_prefetch(&(*this)[i], 1); }

  size_t homes() const { return homes_; }
  size_t lines() const { return homes_ == 0 ? 0 : homes_ + kTail; }

  // Has memory for the lines up to i, taken from `spare` or the pool.
  void Provide(size_t i, std::vector<Pages>& spare, PagePool* pool);
  // Moves the memory of pieces that end before line i to `spare`.
  void GiveBack(size_t i, std::vector<Pages>& spare);

  // Has the kernel give the memory that was provided.
  void Touch();

  size_t memory() const;

 private:
  // At the fullest, one end in ten thousand million has a crowd that reaches farther.
  static constexpr size_t kTail = 128;

  size_t homes_ = 0;
  uint64_t homes_in_thirds_ = 0;  // 4 / 3 of them
  size_t given_back_ = 0;  // pieces
  size_t provided_ = 0;    // pieces
  std::vector<Pages> pieces_;
  std::vector<IdLine*> at_;
};

}  // namespace rtstream::internal
