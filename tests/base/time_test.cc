#include "rtstream/base/time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtstream/testing/matchers.h"
#include "rtstream/testing/random.h"
#include "tests/base/seed.h"

namespace rtstream {
namespace {

using ::testing::HasSubstr;
using testing::IsOkAndHolds;
using testing::StatusIs;

constexpr Duration kDay = std::chrono::hours(24);

Time Us(int64_t us) { return Time(Duration(us)); }

// The standard library's calendar, as the reference.
Time Civil(int year, unsigned month, unsigned day, Duration time_of_day = {}) {
  using namespace std::chrono;
  return Time(sys_days(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day)) +
              time_of_day);
}

std::string Text(Time t) {
  std::string out;
  AppendRfc3339(t, out);
  return out;
}

const Time kFirst = Civil(0, 1, 1);
const Time kLast = Civil(9999, 12, 31) + kDay - Duration(1);

struct Accepted {
  std::string_view text;
  Time time;
};

class AcceptedTime : public ::testing::TestWithParam<Accepted> {};

TEST_P(AcceptedTime, IsReadAsItsMoment) {
  EXPECT_THAT(ParseRfc3339(GetParam().text), IsOkAndHolds(GetParam().time)) << GetParam().text;
}

constexpr Duration kAfternoon = std::chrono::hours(14) + std::chrono::minutes(23) + std::chrono::seconds(45);

INSTANTIATE_TEST_SUITE_P(
    Rfc3339, AcceptedTime,
    ::testing::Values(
        Accepted{"1970-01-01T00:00:00Z", Us(0)},
        Accepted{"2025-11-28T14:23:45Z", Civil(2025, 11, 28, kAfternoon)},
        Accepted{"2025-11-28t14:23:45z", Civil(2025, 11, 28, kAfternoon)},
        Accepted{"2025-11-28T14:23:45.1Z", Civil(2025, 11, 28, kAfternoon + Duration(100'000))},
        Accepted{"2025-11-28T14:23:45.123Z", Civil(2025, 11, 28, kAfternoon + Duration(123'000))},
        Accepted{"2025-11-28T14:23:45.000001Z", Civil(2025, 11, 28, kAfternoon + Duration(1))},
        Accepted{"2025-11-28T14:23:45.9999999Z", Civil(2025, 11, 28, kAfternoon + Duration(999'999))},
        Accepted{"2025-11-28T14:23:45.00000000000000000000000000000001Z", Civil(2025, 11, 28, kAfternoon)},
        Accepted{"1969-12-31T23:59:59.999999Z", Us(-1)},
        Accepted{"1969-12-31T23:59:59.5Z", Us(-500'000)},
        Accepted{"2025-11-28T14:23:45+00:00", Civil(2025, 11, 28, kAfternoon)},
        Accepted{"2025-11-28T14:23:45-00:00", Civil(2025, 11, 28, kAfternoon)},
        Accepted{"2025-11-28T14:23:45+01:00", Civil(2025, 11, 28, kAfternoon - std::chrono::hours(1))},
        Accepted{"2025-11-28T14:23:45-05:30", Civil(2025, 11, 28, kAfternoon + std::chrono::minutes(330))},
        Accepted{"2025-11-28T14:23:45+23:59", Civil(2025, 11, 27, kAfternoon + std::chrono::minutes(1))},
        Accepted{"2026-01-01T00:30:00+01:00", Civil(2025, 12, 31, std::chrono::minutes(23 * 60 + 30))},
        Accepted{"2025-12-31T23:30:00-01:00", Civil(2026, 1, 1, std::chrono::minutes(30))},
        Accepted{"2024-03-01T00:30:00+01:00", Civil(2024, 2, 29, std::chrono::minutes(23 * 60 + 30))},
        Accepted{"2024-02-29T00:00:00Z", Civil(2024, 2, 29)},
        Accepted{"2000-02-29T00:00:00Z", Civil(2000, 2, 29)},
        Accepted{"0000-02-29T00:00:00Z", Civil(0, 2, 29)},
        Accepted{"0000-01-01T00:00:00Z", kFirst},
        Accepted{"9999-12-31T23:59:59.999999Z", kLast},
        Accepted{"9999-12-31T23:59:59+00:01", Civil(9999, 12, 31, kDay - std::chrono::seconds(61))},
        Accepted{"0000-01-01T00:00:00-00:01", Civil(0, 1, 1, std::chrono::minutes(1))}));

class RefusedTime : public ::testing::TestWithParam<std::string_view> {};

TEST_P(RefusedTime, IsNoRfc3339) {
  EXPECT_THAT(ParseRfc3339(GetParam()), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("want a time")))
      << GetParam();
}

INSTANTIATE_TEST_SUITE_P(
    Rfc3339, RefusedTime,
    ::testing::Values(
        "", "2", "2025-11-28", "2025-11-28T", "2025-11-28T14:23:45", "2025-11-28T14:23Z",
        "2025-11-28T14:23:45.Z", "2025-11-28T14:23:45,5Z", "2025-11-28 14:23:45Z",
        "2025-11-28T14:23:60Z", "2016-12-31T23:59:60Z", "2025-11-28T14:60:00Z",
        "2025-11-28T24:00:00Z", "2025-00-28T14:23:45Z", "2025-13-28T14:23:45Z",
        "2025-11-00T14:23:45Z", "2025-11-31T14:23:45Z", "2025-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2024-02-30T00:00:00Z",
        "2025-11-28T14:23:45ZZ", "2025-11-28T14:23:45Z ", " 2025-11-28T14:23:45Z",
        "2025-11-28T14:23:45+0100", "2025-11-28T14:23:45+01", "2025-11-28T14:23:45+01:60",
        "2025-11-28T14:23:45+24:00", "2025-11-28T14:23:45+01:00Z", "2025-11-28T14:23:45~01:00",
        "25-11-28T14:23:45Z", "02025-11-28T14:23:45Z", "-2025-11-28T14:23:45Z",
        "2025-1-28T14:23:45Z", "2025-11-28T1:23:45Z", "2025/11/28T14:23:45Z",
        "2025-11-28T14:23:4/Z", "2025-11-28T14:23:4:Z", "2025-11-28T14:23:45.12a3Z",
        "2025-11-28T14:23:45.-1Z", "2025-11-28T14:23:45.123", "+025-11-28T14:23:45Z",
        std::string_view("2025-11-28T14:23:45Z\0", 21),
        // Moments that no four-digit year can say.
        "9999-12-31T23:59:59-00:01", "9999-12-31T01:00:00-23:00", "0000-01-01T00:00:59+00:01"));

TEST(Rfc3339, EveryDayFromYear0To9999IsReadAndWrittenAsTheCalendarSays) {
  std::string date;
  Time t = kFirst;
  for (std::chrono::sys_days day = std::chrono::sys_days(std::chrono::year(0) / 1 / 1); t < kLast;
       day += std::chrono::days(1), t += kDay) {
    const std::chrono::year_month_day ymd(day);
    char want[32];
    std::snprintf(want, sizeof want, "%04d-%02u-%02u", static_cast<int>(ymd.year()),
                  static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()));
    date.clear();
    AppendDate(t, date);
    ASSERT_EQ(date, want);
    date.append("T00:00:00Z");
    const absl::StatusOr<Time> read = ParseRfc3339(date);
    ASSERT_TRUE(read.ok() && *read == t) << date;
  }
}

TEST(Rfc3339, ARandomTimeReadsBackAsItself) {
  testing::Random random(TestSeed());
  for (int i = 0; i < 200'000; ++i) {
    const Time t = Us(random.Between(kFirst.time_since_epoch().count(), kLast.time_since_epoch().count()));
    const std::string text = Text(t);
    ASSERT_THAT(ParseRfc3339(text), IsOkAndHolds(t)) << text;
  }
}

TEST(Rfc3339, AnyBytesAreReadOrRefused) {
  testing::Random random(TestSeed());
  constexpr std::string_view kAlphabet = "0123456789-:.TtZz+ ";
  for (int i = 0; i < 200'000; ++i) {
    std::string text = "2025-11-28T14:23:45.123+01:00";
    for (uint64_t n = random.Below(3) + 1; n > 0; --n) {
      const size_t at = random.Below(text.size());
      switch (random.Below(3)) {
        case 0: text[at] = kAlphabet[random.Below(kAlphabet.size())]; break;
        case 1: text.erase(at, 1); break;
        default: text.insert(at, 1, kAlphabet[random.Below(kAlphabet.size())]);
      }
    }
    const absl::StatusOr<Time> t = ParseRfc3339(text);
    if (!t.ok()) continue;
    ASSERT_THAT(*t, ::testing::AllOf(::testing::Ge(kFirst), ::testing::Le(kLast))) << text;
    ASSERT_THAT(ParseRfc3339(Text(*t)), IsOkAndHolds(*t)) << text;
  }
}

TEST(Rfc3339, IsWrittenWithThreeDigitsOfFraction) {
  EXPECT_EQ(Text(Civil(2025, 11, 28, kAfternoon)), "2025-11-28T14:23:45.000Z");
  EXPECT_EQ(Text(Civil(2025, 11, 28, kAfternoon + Duration(7'000))), "2025-11-28T14:23:45.007Z");
}

TEST(Rfc3339, IsWrittenWithSixDigitsWhereTheyAreNeeded) {
  EXPECT_EQ(Text(Civil(2025, 11, 28, kAfternoon + Duration(7'001))), "2025-11-28T14:23:45.007001Z");
  EXPECT_EQ(Text(Us(-1)), "1969-12-31T23:59:59.999999Z");
}

TEST(CivilTime, IsReadAsUtc) {
  EXPECT_THAT(ParseCivil("2010-12-01 08:26:00"),
              IsOkAndHolds(Civil(2010, 12, 1, std::chrono::minutes(8 * 60 + 26))));
  EXPECT_THAT(ParseCivil("2010-12-01 08:26:00.5"),
              IsOkAndHolds(Civil(2010, 12, 1, std::chrono::minutes(8 * 60 + 26) + Duration(500'000))));
}

TEST(CivilTime, WithAZoneOrAnotherSeparatorIsRefused) {
  for (std::string_view text : {"2010-12-01T08:26:00", "2010-12-01 08:26:00Z", "2010-12-01 08:26",
                                "2010-12-01 08:26:00+01:00", "2010-12-01  8:26:00", ""}) {
    EXPECT_THAT(ParseCivil(text), StatusIs(absl::StatusCode::kInvalidArgument)) << text;
  }
}

TEST(Hour, IsWrittenAsItsBeginning) {
  std::string out;
  AppendHour(Civil(2025, 11, 28, kAfternoon), out);
  AppendHour(Us(-1), out);
  EXPECT_EQ(out, "2025-11-28T14:00:00Z1969-12-31T23:00:00Z");
}

TEST(FloorTo, GoesDownBefore1970Too) {
  EXPECT_EQ(FloorTo(Us(-1), kDay), Civil(1969, 12, 31));
  EXPECT_EQ(FloorTo(Civil(1969, 12, 31), kDay), Civil(1969, 12, 31));
  EXPECT_EQ(FloorTo(Us(kDay.count() - 1), kDay), Us(0));
  EXPECT_EQ(FloorTo(Us(-7), Duration(5)), Us(-10));
}

TEST(FloorTo, IsHeldAtTheEndsOfTime) {
  EXPECT_EQ(FloorTo(kMinTime, kDay), kMinTime);
  EXPECT_EQ(FloorTo(kMinTime + Duration(1), kDay), kMinTime);
  EXPECT_EQ(FloorTo(kMaxTime, Duration(1)), kMaxTime);
  EXPECT_EQ(FloorTo(Us(5), Duration::max()), Us(0));
}

TEST(SaturatingArithmetic, IsExactWithinTheRange) {
  EXPECT_EQ(SaturatingAdd(Us(3), Duration(-5)), Us(-2));
  EXPECT_EQ(SaturatingSubtract(Us(3), Duration(5)), Us(-2));
  EXPECT_EQ(SaturatingAdd(kMinTime, Duration::max()), Us(-1));
}

TEST(SaturatingArithmetic, IsHeldAtTheEndsOfTime) {
  EXPECT_EQ(SaturatingAdd(kMaxTime, Duration(1)), kMaxTime);
  EXPECT_EQ(SaturatingAdd(kMinTime, Duration(-1)), kMinTime);
  EXPECT_EQ(SaturatingSubtract(kMinTime, Duration(1)), kMinTime);
  EXPECT_EQ(SaturatingSubtract(kMaxTime, Duration(-1)), kMaxTime);
  EXPECT_EQ(SaturatingSubtract(Us(0), Duration::min()), kMaxTime);
  EXPECT_EQ(SaturatingSubtract(kMinTime, Duration::min()), Us(0));
}

TEST(FormatRfc3339, GivesWhatIsAppended) {
  EXPECT_EQ(FormatRfc3339(Us(1'500'000)), "1970-01-01T00:00:01.500Z");
}

TEST(FormatRfc3339, HoldsTimesThatHaveNoSuchTextAtTheEnds) {
  EXPECT_EQ(FormatRfc3339(kMinTime), Text(kFirst));
  EXPECT_EQ(FormatRfc3339(kMaxTime), Text(kLast));
}

}  // namespace
}  // namespace rtstream
