#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cfloat>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "rtstream/base/bytes.h"
#include "rtstream/base/decimal.h"
#include "rtstream/core/number_text.h"

// Readers of plain values (see PlainInput), for the codecs of JSON and CSV. Each reads the value that
// begins at `p` and returns its end, or null: whether it is another value, or the same in another form, is
// for the strict readers to say. None looks at what follows the value. REQUIRES: `p` is in the record, and
// a byte of it that no value of the kind holds follows.

namespace rtstream::internal {

// Values are read as little-endian words.
inline constexpr bool kReadsPlainValues = std::endian::native == std::endian::little;

inline bool IsPlainDigit(char c) { return static_cast<unsigned char>(c - '0') <= 9; }

// Eight digits, each 0 to 9 in a byte, as a number.
[[gnu::always_inline]] inline uint64_t EightDigits(uint64_t d) {
  d = d * 10 + (d >> 8);
  return (((d & 0x000000ff000000ff) * 0x000f424000000064) +
          (((d >> 16) & 0x000000ff000000ff) * 0x0000271000000001)) >> 32;
}

// A number as mantissa * 10^-decimals, of at most 18 digits.
inline const char* ReadPlainNumber(const char* p, int64_t& mantissa, int& decimals) {
  const bool is_negative = *p == '-';
  if (is_negative) ++p;
  const char* const integer = p;
  uint64_t digits = 0;
  while (IsPlainDigit(*p)) digits = digits * 10 + static_cast<uint64_t>(*p++ - '0');
  const std::ptrdiff_t whole = p - integer;
  if (whole == 0 || (whole > 1 && *integer == '0')) return nullptr;
  std::ptrdiff_t fraction = 0;
  if (*p == '.') {
    const char* const begin = ++p;
    while (IsPlainDigit(*p)) digits = digits * 10 + static_cast<uint64_t>(*p++ - '0');
    fraction = p - begin;
    if (fraction == 0) return nullptr;
  }
  if (whole + fraction > 18) return nullptr;
  mantissa = is_negative ? -static_cast<int64_t>(digits) : static_cast<int64_t>(digits);
  decimals = static_cast<int>(fraction);
  return p;
}

template <std::integral I>
[[gnu::always_inline]] inline const char* ReadPlainInteger(const char* p, I& out) {
  bool is_negative = false;
  if constexpr (std::is_signed_v<I>) {
    is_negative = *p == '-';
    p += is_negative ? 1 : 0;
  }
  const char* const begin = p;
  if (!IsPlainDigit(*p)) [[unlikely]] return nullptr;
  auto digits = static_cast<uint64_t>(*p++ - '0');
  while (IsPlainDigit(*p)) digits = digits * 10 + static_cast<uint64_t>(*p++ - '0');
  const auto value = static_cast<int64_t>(is_negative ? 0 - digits : digits);
  if (p - begin > 1) {
    if (*begin == '0' || p - begin > 18 || !FitsIn<I>(value)) [[unlikely]] return nullptr;
  }
  out = static_cast<I>(value);
  return p;
}

template <int kScale>
[[gnu::noinline]] const char* ReadAnyPlainDecimal(const char* p, Decimal<kScale>& out) {
  int64_t mantissa = 0;
  int decimals = 0;
  p = ReadPlainNumber(p, mantissa, decimals);
  if (p == nullptr || !Rescale(mantissa, decimals, kScale)) return nullptr;
  out.mantissa = mantissa;
  return p;
}

template <int kScale>
[[gnu::always_inline]] inline const char* ReadPlainDecimal(const char* p, Decimal<kScale>& out) {
  // Money: digits, a point and some more, seven characters at most, so that the end is in the eight.
  constexpr int kMostDecimals = std::min(kScale, 6);
  static constexpr auto kPowers = [] {
    std::array<int64_t, 8> powers{};
    for (int i = 1; i <= kMostDecimals; ++i) powers[static_cast<size_t>(i)] = PowerOfTen(kScale - i);
    return powers;
  }();
  if constexpr (0 < kScale && kScale <= 12) {
    const auto v = LoadWord<uint64_t>(p);
    const uint64_t d = v ^ 0x3030303030303030;  // digits become 0 to 9
    const uint64_t odd = (d | (d + 0x7676767676767676)) & 0x8080808080808080;
    const uint64_t second = odd & (odd - 1);
    const int point = std::countr_zero(odd | uint64_t{1} << 63) / 8;
    const int end = std::countr_zero(second | uint64_t{1} << 63) / 8;
    const int decimals = end - point - 1;
    const bool has_point = (v >> 8 * point & 0xff) == '.';
    // A carry out of another character than a point makes the second one wrong.
    if (has_point && second != 0 && point > 0 && 0 < decimals && decimals <= kMostDecimals &&
        (point == 1 || (v & 0xff) != '0')) [[likely]] {
      const uint64_t whole = (uint64_t{1} << 8 * point) - 1;
      const uint64_t packed = (d & whole) | (d >> 8 & ~whole);
      out.mantissa = static_cast<int64_t>(EightDigits(packed << 8 * (9 - end))) *
                     kPowers[static_cast<size_t>(decimals)];
      return p + end;
    }
  }
  return ReadAnyPlainDecimal(p, out);
}

// Up to 2^53 and 10^22 both are doubles, and their quotient is rounded once.
inline const char* ReadPlainDouble(const char* p, double& out) {
  static constexpr double kPowers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7, 1e8,
                                1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16};
  if constexpr (FLT_EVAL_METHOD != 0) return nullptr;
  const bool is_negative = *p == '-';
  int64_t mantissa = 0;
  int decimals = 0;
  if (is_negative && !IsPlainDigit(*++p)) return nullptr;
  p = ReadPlainNumber(p, mantissa, decimals);
  if (p == nullptr || mantissa > int64_t{1} << 53 || decimals > 16) return nullptr;
  const double value = static_cast<double>(mantissa) / kPowers[decimals];
  out = is_negative ? -value : value;
  return p;
}

inline const char* ReadPlainBool(const char* p, bool& out) {
  out = LoadWord<uint32_t>(p) == LoadWord<uint32_t>("true");
  if (out) return p + 4;
  return LoadWord<uint32_t>(p) == LoadWord<uint32_t>("fals") && p[4] == 'e' ? p + 5 : nullptr;
}

}  // namespace rtstream::internal
