#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace rtstream {

// Wide enough for sums of decimals.
__extension__ using Int128 = __int128;

namespace internal {

// Reads a number by JSON's grammar as mantissa * 10^-scale, exactly. InvalidArgument: not a number.
// OutOfRange: more decimals than `scale` after trailing zeros, or a mantissa beyond 64 bits.
absl::Status ParseDecimal(std::string_view text, int scale, int64_t& mantissa);
void AppendDecimal(Int128 mantissa, int scale, std::string& out);
// Puts the same text at `p`, where kDecimalBound bytes fit; returns its end.
inline constexpr size_t kDecimalBound = 48;
char* PutDecimal(Int128 mantissa, int scale, char* p);

// Makes mantissa * 10^-from one of 10^-to, 0 <= from, to <= 18. False, and an unspecified mantissa: it
// needs more decimals, or is too large.
inline bool Rescale(int64_t& mantissa, int from, int to) {
  for (; from > to; --from) {
    if (mantissa % 10 != 0) return false;
    mantissa /= 10;
  }
  int64_t power = 1;
  for (; from < to; ++from) power *= 10;
  return !__builtin_mul_overflow(mantissa, power, &mantissa);
}

constexpr int64_t PowerOfTen(int n) { return n == 0 ? 1 : 10 * PowerOfTen(n - 1); }

}  // namespace internal

template <int kScale>
struct Decimal;

// A sum of decimals: 128 bits, so that 10^19 of the largest addends fit.
//
//   [](rt::WideDecimal<2>& sum, const Transfer& t) { sum += t.amount; }
template <int kScale>
struct WideDecimal {
  Int128 mantissa = 0;  // the sum times 10^kScale

  // Adds exactly. REQUIRES: the sum fits into 128 bits.
  WideDecimal& operator+=(const WideDecimal& o) {
    mantissa += o.mantissa;
    return *this;
  }
  // The same with the sign turned.
  WideDecimal& operator-=(const WideDecimal& o) {
    mantissa -= o.mantissa;
    return *this;
  }
  // Adds a decimal, exactly.
  WideDecimal& operator+=(const Decimal<kScale>& d) {
    mantissa += d.mantissa;
    return *this;
  }
  // The same with the sign turned.
  WideDecimal& operator-=(const Decimal<kScale>& d) {
    mantissa -= d.mantissa;
    return *this;
  }
  friend bool operator==(const WideDecimal&, const WideDecimal&) = default;
  friend auto operator<=>(const WideDecimal&, const WideDecimal&) = default;
};

// An exact decimal number: mantissa * 10^-kScale. For money; never rounds.
template <int kScale>
struct Decimal {
  static_assert(0 <= kScale && kScale <= 18, "rtstream: a decimal has 0 to 18 decimals");
  static constexpr int64_t kOne = internal::PowerOfTen(kScale);  // the mantissa of the number one

  int64_t mantissa = 0;  // the number times 10^kScale

  // REQUIRES: |units| * 10^kScale fits into 64 bits.
  static constexpr Decimal FromUnits(int64_t units) { return {units * kOne}; }

  friend bool operator==(const Decimal&, const Decimal&) = default;
  friend auto operator<=>(const Decimal&, const Decimal&) = default;
  // The sum, which always fits.
  friend WideDecimal<kScale> operator+(const Decimal& a, const Decimal& b) {
    return {static_cast<Int128>(a.mantissa) + b.mantissa};
  }
  // The difference, which always fits.
  friend WideDecimal<kScale> operator-(const Decimal& a, const Decimal& b) {
    return {static_cast<Int128>(a.mantissa) - b.mantissa};
  }
  friend WideDecimal<kScale> operator*(const Decimal& d, int64_t n) {
    return {static_cast<Int128>(d.mantissa) * n};
  }
};

// The sum as a decimal of 64 bits. False, and `out` is unchanged: it does not fit.
template <int kScale>
bool Narrow(const WideDecimal<kScale>& sum, Decimal<kScale>& out) {
  const auto narrow = static_cast<int64_t>(sum.mantissa);
  if (narrow != sum.mantissa) return false;
  out.mantissa = narrow;
  return true;
}

// Reads "24.99", "1e2", "12.340000000": any number by JSON's grammar whose value needs at most kScale
// decimals. See internal::ParseDecimal for the errors; `out` is then unchanged.
template <int kScale>
absl::Status ParseDecimal(std::string_view text, Decimal<kScale>& out) {
  return internal::ParseDecimal(text, kScale, out.mantissa);
}

// Appends the number without exponent or trailing zeros: "1893643.334", "10", "-0.5".
template <int kScale>
void AppendDecimal(const Decimal<kScale>& d, std::string& out) {
  internal::AppendDecimal(d.mantissa, kScale, out);
}
// Appends the digits, as for a Decimal.
template <int kScale>
void AppendDecimal(const WideDecimal<kScale>& d, std::string& out) {
  internal::AppendDecimal(d.mantissa, kScale, out);
}

}  // namespace rtstream
