#pragma once

#include <emmintrin.h>

#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "benchmarks/baseline/hand_bits.h"

// Values of JSON in the form that machines write, eight and sixteen bytes at a time. A function returns
// false, or a size of 0, for everything else, which may be right all the same.

namespace bench::hand {

// A bit for each byte that ends the plain part of a string: quote, backslash, control, beyond ASCII.
inline uint32_t StringStops(const char* p) {
  const __m128i v = Load16(p);
  const __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
  const __m128i slash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
  // Signed: bytes from 0x80 on are below 0x20 as well.
  const __m128i low = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20));
  return static_cast<uint32_t>(_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, slash), low)));
}

// The size of the string at p, 1 to `most`. `guess`, below 16, is what it was in the last record: if it is
// so again, nothing that follows waits for the bytes. (What ends it is seen by who reads on.)
inline size_t StringSize(const char* p, size_t most, uint32_t& guess) {
  uint32_t stops = StringStops(p);
  const uint32_t end = 1u << guess;
  if ((stops & (end | (end - 1))) == end) [[likely]] return guess;
  size_t size = 0;
  while (stops == 0 && size < most) stops = StringStops(p + (size += 16));
  if (stops == 0) return 0;
  size += static_cast<size_t>(std::countr_zero(stops));
  if (size > most) return 0;
  if (size != 0 && size < 16) guess = static_cast<uint32_t>(size);
  return size;
}

// Bytes that are no digits, once the characters are xored with '0', get their high bits.
inline uint64_t NoDigits(uint64_t digits) {
  return (digits | (digits + 0x7676767676767676)) & 0x8080808080808080;
}

// Eight digits, the first in memory the most significant.
inline uint32_t EightDigits(uint64_t digits) {
  digits = digits * 10 + (digits >> 8);
  return static_cast<uint32_t>(((digits & 0x000000ff000000ff) * 0x000f424000000064 +
                                (digits >> 16 & 0x000000ff000000ff) * 0x0000271000000001) >> 32);
}

// A number such as 24.99 or 0.5: one or two decimals, at most seven characters.
inline size_t ReadCents(const char* p, uint32_t& cents) {
  const uint64_t digits = Load<uint64_t>(p) ^ 0x3030303030303030;
  const uint64_t odd = NoDigits(digits);
  const uint64_t rest = odd & (odd - 1);
  const auto whole = static_cast<size_t>(std::countr_zero(odd)) / 8;  // 8: no bit is set
  const auto size = static_cast<size_t>(std::countr_zero(rest)) / 8;
  const size_t fraction = size - whole - 1;
  const bool has_point = p[whole & 7] == '.';
  const bool has_leading_zero = whole > 1 && *p == '0';
  if (!has_point || rest == 0 || whole == 0 || fraction - 1 > 1 || has_leading_zero) [[unlikely]] {
    return 0;
  }
  const uint64_t before = (uint64_t{1} << (8 * whole)) - 1;
  const uint64_t squeezed = (digits & before) | (digits >> 8 & ~before);
  cents = EightDigits(squeezed << (8 * (9 - size))) * (fraction == 1 ? 10 : 1);
  return size;
}

// A number of 1 to kMost digits without a leading zero.
template <size_t kMost>
inline size_t ReadDigits(const char* p, uint32_t& value) {
  uint32_t digit = static_cast<unsigned char>(*p - '0');
  if (digit > 9) return 0;
  value = digit;
  size_t size = 1;
  while ((digit = static_cast<unsigned char>(p[size] - '0')) <= 9) {
    if (value == 0 || ++size > kMost) return 0;
    value = value * 10 + digit;
  }
  return size;
}

// Sixteen hexadecimal digits; clears bits of `ok` where there are others.
inline uint64_t SixteenHex(__m128i v, __m128i& ok) {
  const __m128i digit = _mm_sub_epi8(v, _mm_set1_epi8('0'));
  const __m128i letter = _mm_sub_epi8(_mm_or_si128(v, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
  const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit);
  const __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(5)), letter);
  ok = _mm_and_si128(ok, _mm_or_si128(is_digit, is_letter));
  const __m128i nibbles =
      _mm_or_si128(_mm_and_si128(is_digit, digit),
                   _mm_andnot_si128(is_digit, _mm_add_epi8(letter, _mm_set1_epi8(10))));
  const __m128i even = _mm_slli_epi16(_mm_and_si128(nibbles, _mm_set1_epi16(0x00ff)), 4);
  const __m128i pairs = _mm_or_si128(even, _mm_srli_epi16(nibbles, 8));
  return __builtin_bswap64(static_cast<uint64_t>(_mm_cvtsi128_si64(_mm_packus_epi16(pairs, pairs))));
}

// The 36 characters of a UUID.
inline bool ReadUuid(const char* p, uint64_t& high, uint64_t& low) {
  const auto join = [](uint64_t a, uint64_t b) {
    return _mm_set_epi64x(static_cast<int64_t>(b), static_cast<int64_t>(a));
  };
  const auto four = [p](size_t at) { return uint64_t{Load<uint32_t>(p + at)}; };
  __m128i ok = _mm_set1_epi8(-1);
  high = SixteenHex(join(Load<uint64_t>(p), four(9) | four(14) << 32), ok);
  low = SixteenHex(join(four(19) | four(24) << 32, Load<uint64_t>(p + 28)), ok);
  const auto dashes = static_cast<uint32_t>((p[8] ^ '-') | (p[13] ^ '-') | (p[18] ^ '-') | (p[23] ^ '-'));
  return _mm_movemask_epi8(ok) == 0xffff && dashes == 0;
}

// Times as 2025-11-28T14:23:45.123Z, of the years 1970 to 2199. Remembers the last day.
class TimeReader {
 public:
  static constexpr size_t kSize = 24;

  bool Read(const char* p, uint32_t& day, uint32_t& ms_of_day) {
    if (Load<uint64_t>(p) != day_text_ || Load<uint16_t>(p + 8) != day_text_end_) [[unlikely]] {
      if (!ReadDay(p)) return false;
    }
    const uint64_t t = Load<uint64_t>(p + 11) - 0x30303a30303a3030;
    const uint32_t f = Load<uint32_t>(p + 19) - 0x3030302e;
    uint64_t bad = NoDigits(t) | (t & 0x0000ff0000ff0000);
    bad |= ((f | (f + 0x76767676)) & 0x80808080) | (f & 0xff);
    bad |= static_cast<uint64_t>(p[10] ^ 'T') | static_cast<uint64_t>(p[23] ^ 'Z');
    const auto two = [](uint64_t v, int shift) {
      return static_cast<uint32_t>((v >> shift & 15) * 10 + (v >> (shift + 8) & 15));
    };
    const uint32_t hour = two(t, 0), minute = two(t, 24), second = two(t, 48);
    if (bad != 0 || hour > 23 || minute > 59 || second > 59) [[unlikely]] return false;
    const uint32_t ms = (f >> 8 & 15) * 100 + (f >> 16 & 15) * 10 + (f >> 24);
    day = day_;
    ms_of_day = ((hour * 60 + minute) * 60 + second) * 1000 + ms;
    return true;
  }

 private:
  [[gnu::noinline]] bool ReadDay(const char* p) {
    constexpr size_t kDigits[] = {0, 1, 2, 3, 5, 6, 8, 9};
    for (const size_t i : kDigits) {
      if (static_cast<unsigned char>(p[i] - '0') > 9) return false;
    }
    const auto two = [p](size_t at) { return (p[at] - '0') * 10 + (p[at + 1] - '0'); };
    const std::chrono::year_month_day date(std::chrono::year(two(0) * 100 + two(2)),
                                           std::chrono::month(static_cast<unsigned>(two(5))),
                                           std::chrono::day(static_cast<unsigned>(two(8))));
    const int year = static_cast<int>(date.year());
    if (p[4] != '-' || p[7] != '-' || !date.ok() || year < 1970 || year > 2199) return false;
    day_ = static_cast<uint32_t>(std::chrono::sys_days(date).time_since_epoch().count());
    day_text_ = Load<uint64_t>(p);
    day_text_end_ = Load<uint16_t>(p + 8);
    return true;
  }

  uint64_t day_text_ = 0;  // no date
  uint16_t day_text_end_ = 0;
  uint32_t day_ = 0;
};

}  // namespace bench::hand
