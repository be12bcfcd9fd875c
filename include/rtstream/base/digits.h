#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

// Decimal digits of numbers, eight at a time: little endian, as stored formats are.

namespace rtstream::internal {

inline constexpr uint64_t kEightZeros = 0x3030303030303030;  // "00000000"

// The eight digits of `v`, 0 to 9 a byte, the first in the lowest byte. REQUIRES: v < 10^8.
//
// Halves, quarters and digits are divided off side by side; a product and a shift divide by 100 and by 10
// exactly in these ranges.
inline uint64_t ToEightDigits(uint32_t v) {
  const uint64_t fours = v / 10'000 | uint64_t{v % 10'000} << 32;
  const uint64_t hundreds = (fours * 10'486 >> 20) & 0x0000007f0000007f;
  const uint64_t twos = hundreds | (fours - 100 * hundreds) << 16;
  const uint64_t tens = (twos * 103 >> 10) & 0x000f000f000f000f;
  return tens | (twos - 10 * tens) << 8;
}

inline void PutEight(uint64_t text, char* p) { std::memcpy(p, &text, sizeof text); }

// Puts `v` without leading zeros; returns its end. Writes eight bytes. REQUIRES: 0 < v < 10^8.
inline char* PutUpToEightDigits(uint32_t v, char* p) {
  const uint64_t digits = ToEightDigits(v);
  const int zeros = std::countr_zero(digits) / 8;
  PutEight((digits | kEightZeros) >> 8 * zeros, p);
  return p + 8 - zeros;
}

// Puts `v`; returns its end. Writes at most kMostDigits bytes, some of them behind the end.
inline constexpr int kMostDigits = 20;
inline char* PutUnsigned(uint64_t v, char* p) {
  constexpr uint64_t kEight = 100'000'000;
  // Quantities and versions: one digit, mostly.
  if (v < 10) {
    *p = static_cast<char>('0' + v);
    return p + 1;
  }
  if (v < kEight) return PutUpToEightDigits(static_cast<uint32_t>(v), p);
  const uint64_t high = v / kEight;
  if (high < kEight) {
    p = PutUpToEightDigits(static_cast<uint32_t>(high), p);
  } else {
    p = PutUpToEightDigits(static_cast<uint32_t>(high / kEight), p);
    PutEight(ToEightDigits(static_cast<uint32_t>(high % kEight)) | kEightZeros, p);
    p += 8;
  }
  PutEight(ToEightDigits(static_cast<uint32_t>(v % kEight)) | kEightZeros, p);
  return p + 8;
}

// The same for numbers with a sign; one byte more.
inline char* PutSigned(int64_t v, char* p) {
  *p = '-';
  const bool is_negative = v < 0;
  return PutUnsigned(is_negative ? uint64_t{0} - static_cast<uint64_t>(v) : static_cast<uint64_t>(v),
                     p + (is_negative ? 1 : 0));
}

// Puts v * 10^-kScale without trailing zeros behind the point; returns its end. Writes at most
// kMostDigits + 9 bytes.
template <int kScale>
  requires(0 < kScale && kScale <= 8)
char* PutScaled(uint64_t v, char* p) {
  constexpr auto kPower = [](int n) {
    uint32_t power = 1;
    for (; n > 0; --n) power *= 10;
    return power;
  };
  p = PutUnsigned(v / kPower(kScale), p);
  const auto fraction = static_cast<uint32_t>(v % kPower(kScale));
  if (fraction == 0) return p;
  *p++ = '.';
  const uint64_t digits = ToEightDigits(fraction * kPower(8 - kScale));
  PutEight(digits | kEightZeros, p);
  return p + 8 - std::countl_zero(digits) / 8;
}

}  // namespace rtstream::internal
