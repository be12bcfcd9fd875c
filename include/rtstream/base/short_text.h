#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "rtstream/base/hash.h"

namespace rtstream {

// Texts that PackText() makes one number of.
inline constexpr size_t kLongestShortText = 15;

// A text of at most 15 bytes and its length as one number: equal if and only if the texts are. Reads
// nothing behind the text. REQUIRES: text.size() <= kLongestShortText.
[[gnu::always_inline]] inline Word128 PackText(std::string_view text) {
  const char* const p = text.data();
  const size_t n = text.size();
  const auto load8 = [](const char* from) {
    uint64_t v = 0;
    std::memcpy(&v, from, sizeof v);
    return v;
  };
  const auto load4 = [](const char* from) {
    uint32_t v = 0;
    std::memcpy(&v, from, sizeof v);
    return uint64_t{v};
  };
  const auto load1 = [](const char* from) { return uint64_t{static_cast<uint8_t>(*from)}; };
  // Loads overlap where the length is not a power of two; what both read is the same.
  uint64_t first = 0, rest = 0;
  if (n > 8) {
    first = load8(p);
    rest = load8(p + n - 8) >> (8 * (16 - n));
  } else if (n >= 4) {
    first = load4(p) | load4(p + n - 4) << (8 * (n - 4));
  } else if (n > 0) {
    first = load1(p) | load1(p + n / 2) << (8 * (n / 2)) | load1(p + n - 1) << (8 * (n - 1));
  }
  return {rest | uint64_t{n} << 56, first};
}

// The same for a text behind which 16 bytes from its beginning can be read: in a few instructions, whatever its
// length.
[[gnu::always_inline]] inline Word128 PackReadableText(std::string_view text) {
#if defined(__SSE2__)
  alignas(16) static constexpr char kMask[32] = {-1, -1, -1, -1, -1, -1, -1, -1,
                                                 -1, -1, -1, -1, -1, -1, -1, -1};
  const auto load = [](const char* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); };
  const __m128i bytes = _mm_and_si128(load(text.data()), load(kMask + 16 - text.size()));
  return {static_cast<uint64_t>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(bytes, bytes))) | uint64_t{text.size()} << 56,
          static_cast<uint64_t>(_mm_cvtsi128_si64(bytes))};
#else
  return PackText(text);
#endif
}

}  // namespace rtstream
