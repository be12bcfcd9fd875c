#include "rtstream/base/digits.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <random>
#include <string>

#include "rtstream/base/decimal.h"

namespace rtstream::internal {
namespace {

constexpr char kUntouched = '#';

// What `put` puts, if it keeps to `bound` bytes.
template <typename Put>
std::string Text(int bound, Put put) {
  std::string room(64, kUntouched);
  char* const end = put(room.data());
  EXPECT_EQ(room.find_first_not_of(kUntouched, static_cast<size_t>(bound)), std::string::npos);
  return room.substr(0, static_cast<size_t>(end - room.data()));
}

std::string UnsignedText(uint64_t v) {
  return Text(kMostDigits, [&](char* p) { return PutUnsigned(v, p); });
}
std::string SignedText(int64_t v) {
  return Text(kMostDigits + 1, [&](char* p) { return PutSigned(v, p); });
}
template <int kScale>
std::string ScaledText(uint64_t v) {
  return Text(kMostDigits + 9, [&](char* p) { return PutScaled<kScale>(v, p); });
}

// Numbers of every length.
template <typename F>
void ForManyNumbers(F&& f) {
  std::mt19937_64 random(7);
  for (int bits = 0; bits < 64; ++bits) {
    for (int i = 0; i < 2000; ++i) f(random() >> bits);
  }
  for (uint64_t power = 1; power < UINT64_MAX / 10; power *= 10) {
    for (const uint64_t v : {power - 1, power, power + 1, 2 * power, 9 * power}) f(v);
  }
}

TEST(Digits, EveryNumberOfFourDigitsIsRightInBothHalves) {
  for (uint32_t v = 0; v < 10'000; ++v) {
    char text[16];
    std::snprintf(text, sizeof text, "%04u%04u", 9'999 - v, v);
    char digits[9] = {};
    PutEight(ToEightDigits((9'999 - v) * 10'000 + v) | kEightZeros, digits);
    ASSERT_STREQ(digits, text);
  }
}

TEST(Digits, IntegersAreWhatTheLibraryPrints) {
  ForManyNumbers([](uint64_t v) {
    ASSERT_EQ(UnsignedText(v), std::to_string(v));
    ASSERT_EQ(SignedText(static_cast<int64_t>(v)), std::to_string(static_cast<int64_t>(v)));
  });
  EXPECT_EQ(UnsignedText(UINT64_MAX), "18446744073709551615");
  EXPECT_EQ(SignedText(INT64_MIN), "-9223372036854775808");
}

TEST(Digits, DecimalsAreThoseOfTheSlowWay) {
  ForManyNumbers([](uint64_t v) {
    const auto slow = [&](int scale) {
      std::string text;
      AppendDecimal(static_cast<Int128>(v), scale, text);
      return text;
    };
    ASSERT_EQ(ScaledText<1>(v), slow(1));
    ASSERT_EQ(ScaledText<2>(v), slow(2));
    ASSERT_EQ(ScaledText<6>(v), slow(6));
    ASSERT_EQ(ScaledText<8>(v), slow(8));
  });
}

}  // namespace
}  // namespace rtstream::internal
