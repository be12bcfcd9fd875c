#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

// Characters of JSON strings, some of which need an escape: quotes, backslashes, and those below 0x20.

namespace rtstream::internal {

inline constexpr size_t kLongestJsonEscape = 6;

// Not 0 if any of eight bytes needs an escape. The tests are those of "Bit Twiddling Hacks" (S. E.
// Anderson); bytes from 0x80 on never match, since their high bit is cleared in the result.
inline uint64_t JsonEscapeBits(uint64_t v) {
  constexpr uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
  const uint64_t quote = v ^ kOnes * '"', slash = v ^ kOnes * '\\';
  return (((v - kOnes * 0x20) | (quote - kOnes) | (slash - kOnes)) & ~v) & kHigh;
}

// Copies the text to `p` as pieces of a width that is no longer than it, of which the last may overlap the
// one before. False if any of its bytes needs an escape; `p` then holds anything.
template <typename Piece>
[[gnu::always_inline]] inline bool PutJsonPieces(std::string_view text, char* p) {
  const char* const from = text.data();
  uint64_t needs_escape = 0;
  const auto copy = [&](size_t i) {
    Piece piece;
    std::memcpy(&piece, from + i, sizeof piece);
    // What a narrow piece leaves of the word is no character that needs an escape.
    constexpr uint64_t kRest = sizeof piece == 8 ? 0 : ~uint64_t{0} << 8 * (sizeof piece % 8);
    needs_escape |= JsonEscapeBits(piece | kRest);
    std::memcpy(p + i, &piece, sizeof piece);
  };
  copy(0);
  copy(text.size() - sizeof(Piece));
  return needs_escape == 0;
}

// Copies the text to `p`, exactly its bytes. False if any of them needs an escape; `p` then holds anything.
[[gnu::always_inline]] inline bool PutJsonCharacters(std::string_view text, char* p) {
  const size_t n = text.size();
  if (n < 4) {
    if (n == 0) return true;
    const auto first = static_cast<uint8_t>(text[0]), middle = static_cast<uint8_t>(text[n / 2]),
               last = static_cast<uint8_t>(text[n - 1]);
    p[0] = text[0];
    p[n / 2] = text[n / 2];
    p[n - 1] = text[n - 1];
    return JsonEscapeBits(~uint64_t{0xffffff} | first | uint64_t{middle} << 8 | uint64_t{last} << 16) == 0;
  }
  if (n < 8) return PutJsonPieces<uint32_t>(text, p);
  if (n <= 16) return PutJsonPieces<uint64_t>(text, p);
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), last = _mm_set1_epi8(0x1f);
  __m128i needs_escape = _mm_setzero_si128();
  const auto copy = [&](size_t i) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + i));
    const __m128i is_control = _mm_cmpeq_epi8(_mm_min_epu8(v, last), v);
    needs_escape = _mm_or_si128(
        needs_escape,
        _mm_or_si128(is_control, _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash))));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p + i), v);
  };
  for (size_t i = 0; i + 16 < n; i += 16) copy(i);
  copy(n - 16);
  return _mm_movemask_epi8(needs_escape) == 0;
#else
  bool is_plain = true;
  for (size_t i = 0; i + 8 < n; i += 8) is_plain &= PutJsonPieces<uint64_t>(text.substr(i, 8), p + i);
  return PutJsonPieces<uint64_t>(text.substr(n - 8), p + n - 8) && is_plain;
#endif
}

// Writes characters of which some need an escape, at most kLongestJsonEscape bytes for each; returns the
// end.
char* PutEscapedJsonCharacters(std::string_view text, char* p);

}  // namespace rtstream::internal
