#pragma once

#include <cstdint>

#if defined(__SSE2__) && defined(__x86_64__)
#include <emmintrin.h>
#endif

#include "rtstream/base/bytes.h"
#include "rtstream/base/uuid.h"

namespace rtstream::internal {

// Reads the Uuid::kTextSize characters at `p` as ParseUuid does; a digit a time.
bool ReadUuidTextPortable(const char* p, Uuid& out);

#if defined(__SSE2__) && defined(__x86_64__)

// Sixteen hexadecimal digits as a number; `good` loses the bits of those that are none.
[[gnu::always_inline]] inline uint64_t HexDigits(__m128i v, __m128i& good) {
  const __m128i digit = _mm_sub_epi8(v, _mm_set1_epi8('0'));
  const __m128i letter = _mm_sub_epi8(_mm_or_si128(v, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
  // Unsigned: x <= n where min(x, n) == x.
  const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit);
  const __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(5)), letter);
  good = _mm_and_si128(good, _mm_or_si128(is_digit, is_letter));
  const __m128i nibbles =
      _mm_or_si128(_mm_and_si128(is_digit, digit),
                   _mm_andnot_si128(is_digit, _mm_add_epi8(letter, _mm_set1_epi8(10))));
  const __m128i bytes =
      _mm_or_si128(_mm_slli_epi16(_mm_and_si128(nibbles, _mm_set1_epi16(0x00ff)), 4),
                   _mm_srli_epi16(nibbles, 8));
  return __builtin_bswap64(
      static_cast<uint64_t>(_mm_cvtsi128_si64(_mm_packus_epi16(bytes, bytes))));
}

// The same, sixteen digits a time.
[[gnu::always_inline]] inline bool ReadUuidText(const char* p, Uuid& out) {
  const auto eight = [&](int at) { return static_cast<int64_t>(LoadWord<uint64_t>(p + at)); };
  const auto two_fours = [&](int a, int b) {
    return static_cast<int64_t>(LoadWord<uint32_t>(p + a) |
                                uint64_t{LoadWord<uint32_t>(p + b)} << 32);
  };
  __m128i good = _mm_set1_epi8(-1);
  const uint64_t high = HexDigits(_mm_set_epi64x(two_fours(9, 14), eight(0)), good);
  const uint64_t low = HexDigits(_mm_set_epi64x(eight(28), two_fours(19, 24)), good);
  const bool has_dashes = p[8] == '-' && p[13] == '-' && p[18] == '-' && p[23] == '-';
  if (_mm_movemask_epi8(good) != 0xffff || !has_dashes) [[unlikely]] return false;
  out.high = high;
  out.low = low;
  return true;
}

#else

inline bool ReadUuidText(const char* p, Uuid& out) { return ReadUuidTextPortable(p, out); }

#endif

}  // namespace rtstream::internal
