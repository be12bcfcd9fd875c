#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "rtstream/base/bytes.h"
#include "rtstream/base/fixed_string.h"
#include "rtstream/base/uuid.h"
#include "rtstream/base/uuid_text.h"
#include "rtstream/core/plain_input.h"

// Readers of plain texts: see plain_number.h for what they have in common.

namespace rtstream::internal {

// A high bit for each of eight bytes that ends the plain part of a text: a quote, a backslash, a control
// character or one beyond ASCII. Exact up to the first one.
inline uint64_t TextStops(uint64_t v) {
  constexpr uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
  const uint64_t quote = v ^ kOnes * '"', slash = v ^ kOnes * '\\';
  return ((v - kOnes * 0x20) | (quote - kOnes) | (slash - kOnes) | v) & kHigh;
}

// The closing quote of the plain text that begins at `p`.
inline const char* PlainTextEndPortable(const char* p, const char* end) {
  for (; p < end; p += 8) {
    if (const uint64_t stops = TextStops(LoadWord<uint64_t>(p)); stops != 0) {
      p += std::countr_zero(stops) / 8;
      return *p == '"' ? p : nullptr;
    }
  }
  return nullptr;
}

#if defined(__SSE2__)

// As TextStops, a bit for each of sixteen bytes.
inline uint32_t TextStops(__m128i v) {
  const __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
  const __m128i slash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
  // Signed: control characters and bytes from 0x80 on are both below 0x20, and what remains of them negative.
  const __m128i low = _mm_subs_epi8(v, _mm_set1_epi8(0x20));
  return static_cast<uint32_t>(_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, slash), low)));
}

[[gnu::always_inline]] inline const char* PlainTextEnd(const char* p, const char* end) {
  const auto stops_at = [](const char* at) __attribute__((always_inline)) {
    return TextStops(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)));
  };
  uint32_t stops = stops_at(p);
  if (stops == 0) {
    p += 16;
    while ((stops = stops_at(p) | stops_at(p + 16) << 16) == 0) {
      p += 32;
      if (p >= end) return nullptr;
    }
  }
  p += static_cast<unsigned>(std::countr_zero(stops));
  return *p == '"' ? p : nullptr;
}

#else

inline const char* PlainTextEnd(const char* p, const char* end) {
  return PlainTextEndPortable(p, end);
}

#endif

// Where the plain field of a CSV record that begins at `p` ends: at a separator, or at the record's end. Where
// it is not plain, at the first byte that is not.
inline const char* PlainFieldEndPortable(const char* p, const PlainInput& in) {
  while (static_cast<signed char>(*p) >= 0x20 && *p != '"' && *p != in.separator()) ++p;
  return p;
}

#if defined(__SSE2__)

[[gnu::always_inline]] inline const char* PlainFieldEnd(const char* p, const PlainInput& in) {
  for (;; p += 16) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i separator = _mm_cmpeq_epi8(v, _mm_set1_epi8(in.separator()));
    const __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
    const __m128i low = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20));
    const auto stops = static_cast<uint32_t>(
        _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(separator, quote), low)));
    if (stops != 0) return p + std::countr_zero(stops);
  }
}

#else

inline const char* PlainFieldEnd(const char* p, const PlainInput& in) {
  return PlainFieldEndPortable(p, in);
}

#endif

// Whether a plain text of kSize characters, fewer than eight, stands at `p`.
template <size_t kSize>
[[gnu::always_inline]] inline bool IsPlainTextOf(const char* p) {
  if (p[kSize] != '"') return false;
#if defined(__SSE2__)
  constexpr uint32_t kMask = (1u << kSize) - 1;
  return (TextStops(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))) & kMask) == 0;
#else
  // Filled up with blanks, which stop nothing.
  constexpr uint64_t kMask = (uint64_t{1} << 8 * kSize) - 1;
  return TextStops((LoadWord<uint64_t>(p) & kMask) | (0x2020202020202020 & ~kMask)) == 0;
#endif
}

// A text of full length is taken without looking for its end.
template <size_t kSize>
[[gnu::always_inline]] inline const char* ReadPlainText(const char* p, const PlainInput& in,
                                                        FixedString<kSize>& out) {
  if constexpr (kSize < 8) {
    if (IsPlainTextOf<kSize>(p)) [[likely]] {
      out.AssignBytes(p);
      return p + kSize;
    }
  }
  const char* const end = PlainTextEnd(p, in.end());
  if (end == nullptr || !out.Assign({p, static_cast<size_t>(end - p)})) return nullptr;
  return end;
}

[[gnu::always_inline]] inline const char* ReadPlainUuid(const char* p, Uuid& out) {
  return ReadUuidText(p, out) ? p + Uuid::kTextSize : nullptr;
}

}  // namespace rtstream::internal
