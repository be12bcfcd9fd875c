#include "rtstream/base/decimal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "rtstream/testing/matchers.h"
#include "rtstream/testing/random.h"
#include "tests/base/seed.h"

namespace rtstream {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

constexpr Int128 kLargest128 = (((Int128{1} << 126) - 1) << 1) + 1;

template <int kScale = 6>
int64_t Mantissa(std::string_view text) {
  Decimal<kScale> d;
  EXPECT_THAT(ParseDecimal(text, d), IsOk()) << text;
  return d.mantissa;
}

template <int kScale = 6>
absl::Status Refusal(std::string_view text) {
  Decimal<kScale> d{-42};
  absl::Status status = ParseDecimal(text, d);
  EXPECT_EQ(d.mantissa, -42) << "a refused number was stored: " << text;
  return status;
}

template <typename D>
std::string Text(const D& d) {
  std::string out;
  AppendDecimal(d, out);
  return out;
}

// The slow way: digits moved about as text. Empty: refused. The value has no zeros in front, and
// exactly `scale` digits behind the point, which is left out.
std::string ReferenceMantissa(bool is_negative, std::string digits, int64_t point, int scale) {
  // The value is 0.digits * 10^point.
  const int64_t end = point + scale;
  while (!digits.empty() && digits.back() == '0') digits.pop_back();
  if (digits.find_first_not_of('0') == std::string::npos) return "0";
  if (end < static_cast<int64_t>(digits.size())) return "";
  if (end > 400) return "";
  digits.append(static_cast<size_t>(end) - digits.size(), '0');
  digits.erase(0, digits.find_first_not_of('0'));
  const std::string largest = is_negative ? "9223372036854775808" : "9223372036854775807";
  if (digits.size() > largest.size() || (digits.size() == largest.size() && digits > largest)) return "";
  return (is_negative ? "-" : "") + digits;
}

TEST(ParseDecimal, IsExact) {
  EXPECT_EQ(Mantissa("24.99"), 24'990'000);
  EXPECT_EQ(Mantissa("0.000001"), 1);
  EXPECT_EQ(Mantissa("-11062.06"), -11'062'060'000);
  EXPECT_EQ(Mantissa("7"), 7'000'000);
  EXPECT_EQ(Mantissa<0>("7"), 7);
  EXPECT_EQ(Mantissa<18>("1.000000000000000001"), 1'000'000'000'000'000'001);
}

TEST(ParseDecimal, TakesExponents) {
  EXPECT_EQ(Mantissa("1e2"), 100'000'000);
  EXPECT_EQ(Mantissa("1E+2"), 100'000'000);
  EXPECT_EQ(Mantissa("1.5e-3"), 1'500);
  EXPECT_EQ(Mantissa("1234e-2"), 12'340'000);
  EXPECT_EQ(Mantissa("1e-6"), 1);
  EXPECT_EQ(Mantissa("10e-7"), 1);
  EXPECT_EQ(Mantissa("0.0000001e1"), 1);
  EXPECT_EQ(Mantissa("1e0000000000000000000000000000002"), 100'000'000);
}

TEST(ParseDecimal, OfZeroTakesAnyExponent) {
  EXPECT_EQ(Mantissa("0"), 0);
  EXPECT_EQ(Mantissa("-0"), 0);
  EXPECT_EQ(Mantissa("-0.000"), 0);
  EXPECT_EQ(Mantissa("0e99999999999999999999"), 0);
  EXPECT_EQ(Mantissa("0.0e-99999999999999999999"), 0);
}

TEST(ParseDecimal, LooksPastTrailingZeros) {
  EXPECT_EQ(Mantissa("12.340000000"), 12'340'000);
  EXPECT_EQ(Mantissa("1.00000000000000000000000000000000000000000"), 1'000'000);
  EXPECT_EQ(Mantissa("100000000000000000000e-20"), 1'000'000);
  EXPECT_EQ(Mantissa("1000000000000000000000000000000.000e-30"), 1'000'000);
}

TEST(ParseDecimal, ReachesBothEndsOf64Bits) {
  EXPECT_EQ(Mantissa("9223372036854.775807"), INT64_MAX);
  EXPECT_EQ(Mantissa("-9223372036854.775808"), INT64_MIN);
  EXPECT_EQ(Mantissa<0>("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(Mantissa<0>("-9223372036854775808"), INT64_MIN);
}

TEST(ParseDecimal, BeyondItsEndsIsTooLarge) {
  for (std::string_view text : {"9223372036854.775808", "-9223372036854.775809", "1e13", "1e30", "1e999999999999999999999",
                                "18446744073709551616", "18446744073709551615", "99999999999999999999"}) {
    EXPECT_THAT(Refusal(text), StatusIs(absl::StatusCode::kOutOfRange, HasSubstr("too large"))) << text;
  }
}

TEST(ParseDecimal, NeverRounds) {
  for (std::string_view text : {"1e-7", "0.0000001", "1.0000005", "-1e-7", "1e-99999999999999999999", "123456789e-8",
                                "0.00000000000000000000000000001"}) {
    EXPECT_THAT(Refusal(text), StatusIs(absl::StatusCode::kOutOfRange, HasSubstr("want at most 6 decimals")))
        << text;
  }
  EXPECT_THAT(Refusal<0>("0.5"), StatusIs(absl::StatusCode::kOutOfRange));
}

TEST(ParseDecimal, RefusesWhatIsNoJsonNumber) {
  for (std::string_view text : {"", "-", "+1", "01", "-01", "00", "1.", ".5", "-.5", "1e", "1e+", "e5", "1.e5", "1.5.5", "1e5.0",
                                "0x10", "1,5", " 1", "1 ", "NaN", "Infinity", "1e5e5", "--1", "1-", "1_000", "1.5f"}) {
    EXPECT_THAT(Refusal(text), StatusIs(absl::StatusCode::kInvalidArgument, "want a number")) << text;
  }
}

TEST(ParseDecimal, AgreesWithMovingDigitsAboutAsText) {
  testing::Random random(TestSeed());
  int accepted = 0;
  for (int i = 0; i < 300'000; ++i) {
    const bool is_negative = random.Chance(0.5);
    std::string integer = std::to_string(random.Next() >> random.Below(64));
    if (random.Chance(0.2)) integer.append(random.Below(12), '0');
    std::string fraction;
    for (uint64_t n = random.Below(9); n > 0; --n) fraction.push_back("0001234567895"[random.Below(13)]);
    fraction.append(random.Below(4), '0');
    if (integer[0] == '0') integer = "0";
    const int64_t exponent = random.Chance(0.5) ? 0 : random.Between(-25, 25);
    std::string text = is_negative ? "-" : "";
    text += integer;
    if (!fraction.empty()) text += "." + fraction;
    if (exponent != 0) text += (random.Chance(0.5) ? "e" : "E") + std::to_string(exponent);

    const std::string want = ReferenceMantissa(is_negative, integer + fraction,
                                               static_cast<int64_t>(integer.size()) + exponent, 6);
    Decimal<6> d;
    const absl::Status status = ParseDecimal(text, d);
    ASSERT_EQ(status.ok() ? std::to_string(d.mantissa) : "", want) << text << " " << status;
    accepted += status.ok();
  }
  EXPECT_GT(accepted, 20'000);
}

TEST(AppendDecimal, WritesNeitherExponentNorTrailingZeros) {
  EXPECT_EQ(Text(Decimal<6>{1'893'643'334'000}), "1893643.334");
  EXPECT_EQ(Text(Decimal<6>{10'000'000}), "10");
  EXPECT_EQ(Text(Decimal<6>{-500'000}), "-0.5");
  EXPECT_EQ(Text(Decimal<6>{1}), "0.000001");
  EXPECT_EQ(Text(Decimal<6>{0}), "0");
}

TEST(AppendDecimal, OfScale0IsAnInteger) {
  EXPECT_EQ(Text(Decimal<0>{0}), "0");
  EXPECT_EQ(Text(Decimal<0>{-1200}), "-1200");
}

TEST(AppendDecimal, ReachesTheEndsOf64Bits) {
  EXPECT_EQ(Text(Decimal<6>{INT64_MAX}), "9223372036854.775807");
  EXPECT_EQ(Text(Decimal<6>{INT64_MIN}), "-9223372036854.775808");
  EXPECT_EQ(Text(Decimal<18>{INT64_MIN}), "-9.223372036854775808");
}

TEST(AppendDecimal, ReachesTheEndsOf128Bits) {
  EXPECT_EQ(Text(WideDecimal<0>{kLargest128}), "170141183460469231731687303715884105727");
  EXPECT_EQ(Text(WideDecimal<0>{-kLargest128 - 1}), "-170141183460469231731687303715884105728");
  EXPECT_EQ(Text(WideDecimal<18>{-kLargest128 - 1}), "-170141183460469231731.687303715884105728");
  EXPECT_EQ(Text(WideDecimal<6>{static_cast<Int128>(UINT64_MAX) + 1}), "18446744073709.551616");
}

TEST(AppendDecimal, OfARandomDecimalReadsBackAsItself) {
  testing::Random random(TestSeed());
  for (int i = 0; i < 200'000; ++i) {
    const Decimal<6> d{static_cast<int64_t>(random.Next()) >> random.Below(64)};
    Decimal<6> back;
    ASSERT_THAT(ParseDecimal(Text(d), back), IsOk()) << Text(d);
    ASSERT_EQ(back, d) << Text(d);
  }
}

TEST(WideDecimal, HoldsSumsBeyond64Bits) {
  WideDecimal<6> sum;
  for (int i = 0; i < 1000; ++i) sum += Decimal<6>{INT64_MAX} * 1000;
  EXPECT_EQ(Text(sum), "9223372036854775807");
}

TEST(WideDecimal, ComesFromAPriceTimesAQuantity) {
  EXPECT_EQ(Text(Decimal<6>{24'990'000} * -3), "-74.97");
  EXPECT_EQ((Decimal<6>{INT64_MIN} * INT64_MIN).mantissa, static_cast<Int128>(INT64_MIN) * INT64_MIN);
}

TEST(WideDecimal, TakesAndGivesDecimals) {
  WideDecimal<2> sum;
  sum += Decimal<2>{1050};
  sum += Decimal<2>{25};
  sum -= Decimal<2>{1};
  EXPECT_EQ(Text(sum), "10.74");
  sum -= WideDecimal<2>{1000};
  EXPECT_EQ(Text(sum), "0.74");
}

TEST(WideDecimal, IsTheSumAndTheDifferenceOfDecimals) {
  EXPECT_EQ((Decimal<2>{INT64_MAX} + Decimal<2>{INT64_MAX}).mantissa, static_cast<Int128>(INT64_MAX) * 2);
  EXPECT_EQ((Decimal<2>{INT64_MIN} - Decimal<2>{INT64_MAX}).mantissa, static_cast<Int128>(INT64_MIN) - INT64_MAX);
}

TEST(WideDecimal, IsNarrowedWhereItFits) {
  Decimal<2> narrow{7};
  EXPECT_TRUE(Narrow(WideDecimal<2>{INT64_MIN}, narrow));
  EXPECT_EQ(narrow.mantissa, INT64_MIN);
  EXPECT_FALSE(Narrow(WideDecimal<2>{static_cast<Int128>(INT64_MAX) + 1}, narrow));
  EXPECT_FALSE(Narrow(WideDecimal<2>{static_cast<Int128>(INT64_MIN) - 1}, narrow));
  EXPECT_EQ(narrow.mantissa, INT64_MIN);
}

TEST(Decimal, IsOrderedByValue) {
  EXPECT_LT(Decimal<6>{-1}, Decimal<6>{0});
  EXPECT_EQ(Decimal<6>::FromUnits(3), (Decimal<6>{3'000'000}));
}

}  // namespace
}  // namespace rtstream
