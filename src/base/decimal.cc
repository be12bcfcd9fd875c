#include "rtstream/base/decimal.h"

#include <algorithm>
#include <charconv>

#include "rtstream/base/text.h"

namespace rtstream::internal {
namespace {

bool IsDigit(char c) { return static_cast<unsigned char>(c - '0') <= 9; }

absl::Status NotANumber() { return absl::InvalidArgumentError("want a number"); }
absl::Status TooFine(int scale) {
  return absl::OutOfRangeError(Concat("want at most ", scale, " decimals"));
}
absl::Status TooLarge() { return absl::OutOfRangeError("number is too large"); }

// The exponent behind 'e', held within limits that no text is long enough to bring back.
bool ReadExponent(std::string_view text, int64_t& exponent) {
  constexpr int64_t kLargestExponent = 1'000'000'000'000'000;
  bool is_negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    is_negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.empty()) return false;
  exponent = 0;
  for (char c : text) {
    if (!IsDigit(c)) return false;
    exponent = std::min<int64_t>(exponent * 10 + (c - '0'), kLargestExponent);
  }
  if (is_negative) exponent = -exponent;
  return true;
}

}  // namespace

absl::Status ParseDecimal(std::string_view text, int scale, int64_t& mantissa) {
  size_t i = 0;
  const bool is_negative = !text.empty() && text[0] == '-';
  if (is_negative) ++i;
  const size_t integer_begin = i;
  while (i < text.size() && IsDigit(text[i])) ++i;
  std::string_view integer = text.substr(integer_begin, i - integer_begin);
  if (integer.empty() || (integer.size() > 1 && integer[0] == '0')) return NotANumber();
  std::string_view fraction;
  if (i < text.size() && text[i] == '.') {
    const size_t begin = ++i;
    while (i < text.size() && IsDigit(text[i])) ++i;
    fraction = text.substr(begin, i - begin);
    if (fraction.empty()) return NotANumber();
  }
  int64_t exponent = 0;
  if (i < text.size()) {
    if ((text[i] != 'e' && text[i] != 'E') || !ReadExponent(text.substr(i + 1), exponent)) {
      return NotANumber();
    }
  }
  while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
  if (fraction.empty()) {
    for (; !integer.empty() && integer.back() == '0'; ++exponent) integer.remove_suffix(1);
  }

  // The value is its digits, the last of them not 0, times 10^shift of the last wanted decimal.
  int64_t shift = exponent - static_cast<int64_t>(fraction.size()) + scale;
  if (shift < 0 && integer.size() + fraction.size() > 0) return TooFine(scale);
  uint64_t digits = 0;
  for (std::string_view part : {integer, fraction}) {
    for (char c : part) {
      const auto digit = static_cast<uint64_t>(c - '0');
      if (__builtin_mul_overflow(digits, uint64_t{10}, &digits) ||
          __builtin_add_overflow(digits, digit, &digits)) {
        return TooLarge();
      }
    }
  }
  for (; shift > 0 && digits != 0; --shift) {
    if (__builtin_mul_overflow(digits, uint64_t{10}, &digits)) return TooLarge();
  }
  if (digits > static_cast<uint64_t>(INT64_MAX) + (is_negative ? 1 : 0)) return TooLarge();
  mantissa = static_cast<int64_t>(is_negative ? 0 - digits : digits);
  return absl::OkStatus();
}

namespace {

__extension__ using UInt128 = unsigned __int128;

template <typename Unsigned>
int DigitsOf(Unsigned v) {
  int n = 1;
  for (; v >= 10'000; v /= 10'000) n += 4;
  return n + (v >= 10) + (v >= 100) + (v >= 1'000);
}

// Puts rest * 10^-scale at `p`, without trailing zeros behind the point. Digits go where they belong, from
// the last one: moved there in one piece they would be slow to load.
template <typename Unsigned>
char* PutUnsigned(Unsigned rest, int scale, char* p) {
  // Money mostly has two decimals, whatever the scale.
  for (; scale > 1 && rest % 100 == 0; scale -= 2) rest /= 100;
  for (; scale > 0 && rest % 10 == 0; --scale) rest /= 10;
  const int digits = std::max(DigitsOf(rest), scale + 1);
  char* const end = p + digits + (scale > 0 ? 1 : 0);
  char* at = end;
  const auto put = [&] {
    *--at = static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  };
  for (int i = 0; i < scale; ++i) put();
  if (scale > 0) *--at = '.';
  for (int i = scale; i < digits; ++i) put();
  return end;
}

}  // namespace

char* PutDecimal(Int128 mantissa, int scale, char* p) {
  const auto rest = mantissa < 0 ? UInt128{0} - static_cast<UInt128>(mantissa)
                                 : static_cast<UInt128>(mantissa);
  if (mantissa < 0) *p++ = '-';
  // Dividing 64 bits, the usual case, is some ten times faster.
  return rest <= UINT64_MAX ? PutUnsigned(static_cast<uint64_t>(rest), scale, p)
                            : PutUnsigned(rest, scale, p);
}

void AppendDecimal(Int128 mantissa, int scale, std::string& out) {
  char text[kDecimalBound];
  out.append(text, static_cast<size_t>(PutDecimal(mantissa, scale, text) - text));
}

}  // namespace rtstream::internal
