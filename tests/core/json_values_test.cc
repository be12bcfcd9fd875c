#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "rtstream/base/text.h"
#include "rtstream/core/json_reader.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/random.h"
#include "tests/base/seed.h"
#include "tests/core/everything.h"

namespace rtstream {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::IsOk;
using testing::StatusIs;

class Json : public ::testing::Test {
 protected:
  // The record of `{"name":value}`.
  Everything With(std::string_view name, std::string_view value) {
    text_ = Concat("{\"", name, "\":", value, "}");
    Everything out;
    EXPECT_THAT(ReadJson(text_, arena_, out), IsOk()) << text_;
    return out;
  }
  std::string Refusal(std::string_view name, std::string_view value) {
    text_ = Concat("{\"", name, "\":", value, "}");
    Everything out;
    const absl::Status status = ReadJson(text_, arena_, out);
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument)) << text_;
    return std::string(MessageOf(status));
  }
  absl::Status ReadSale(std::string_view text, SaleEvent& out) { return ReadJson(text, arena_, out); }

  Arena arena_;
  std::string text_;
};

TEST_F(Json, IntegersReachTheEndsOfTheirTypes) {
  EXPECT_EQ(With("i8", "-128").i8, -128);
  EXPECT_EQ(With("i8", "127").i8, 127);
  EXPECT_EQ(With("i32", "-2147483648").i32, INT32_MIN);
  EXPECT_EQ(With("i64", "-9223372036854775808").i64, INT64_MIN);
  EXPECT_EQ(With("i64", "9223372036854775807").i64, INT64_MAX);
  EXPECT_EQ(With("u8", "255").u8, 255);
  EXPECT_EQ(With("u32", "4294967295").u32, UINT32_MAX);
  EXPECT_EQ(With("u64", "18446744073709551615").u64, UINT64_MAX);
}

TEST_F(Json, IntegersBeyondTheEndsOfTheirTypesAreRefused) {
  EXPECT_EQ(Refusal("i8", "128"), "i8: want an 8-bit integer, got a number at byte 6");
  EXPECT_EQ(Refusal("i8", "-129"), "i8: want an 8-bit integer, got a number at byte 6");
  EXPECT_THAT(Refusal("i32", "2147483648"), HasSubstr("want a 32-bit integer"));
  EXPECT_THAT(Refusal("i64", "9223372036854775808"), HasSubstr("want a 64-bit integer"));
  EXPECT_THAT(Refusal("u8", "256"), HasSubstr("want an unsigned 8-bit integer"));
  EXPECT_THAT(Refusal("u8", "-1"), HasSubstr("want an unsigned 8-bit integer"));
  EXPECT_THAT(Refusal("u64", "18446744073709551616"), HasSubstr("want an unsigned 64-bit integer"));
}

// A number that a blank follows takes the long way through the reader.
TEST_F(Json, NumbersAreTheSameOnTheShortWayAndTheLong) {
  testing::Random random(TestSeed());
  int taken = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string number = random.Chance(0.3) ? "-" : "";
    for (uint64_t n = random.Below(21); n > 0; --n) {
      number += static_cast<char>('0' + (random.Chance(0.4) ? 0 : random.Below(10)));
    }
    if (random.Chance(0.6)) number.insert(random.Below(number.size() + 1), 1, '.');
    if (random.Chance(0.05)) number += "e2";
    for (const char* name : {"i8", "i32", "i64", "u32", "u64", "cents", "real"}) {
      const std::string short_way = Concat("{\"", name, "\":", number, "}");
      const std::string long_way = Concat("{\"", name, "\":", number, " }");
      Everything a, b;
      const absl::Status status = ReadJson(short_way, arena_, a);
      ASSERT_EQ(status.code(), ReadJson(long_way, arena_, b).code()) << short_way;
      if (!status.ok()) continue;
      ++taken;
      ASSERT_TRUE(a.i8 == b.i8 && a.i32 == b.i32 && a.i64 == b.i64 && a.u32 == b.u32 &&
                  a.u64 == b.u64 && a.cents == b.cents && a.real == b.real)
          << short_way;
    }
  }
  EXPECT_GT(taken, 1'000);
}

TEST_F(Json, IntegersHaveNeitherFractionNorExponent) {
  EXPECT_EQ(Refusal("i64", "1.0"), "i64: want a 64-bit integer, got a number with a fraction at byte 7");
  EXPECT_EQ(Refusal("i64", "1e2"), "i64: want a 64-bit integer, got a number with an exponent at byte 7");
}

TEST_F(Json, MinusZeroIsAnIntegerWhereTheTypeHasASign) {
  EXPECT_EQ(With("i64", "-0").i64, 0);
  EXPECT_THAT(Refusal("u64", "-0"), HasSubstr("want an unsigned 64-bit integer"));
}

TEST_F(Json, DoublesAreTheNearest) {
  EXPECT_EQ(With("real", "0.1").real, 0.1);
  EXPECT_EQ(With("real", "1e2").real, 100);
  EXPECT_EQ(With("real", "-1.5E-3").real, -1.5e-3);
  EXPECT_EQ(With("real", "9007199254740993").real, 9007199254740992.0);
  EXPECT_EQ(With("real", "1.7976931348623157e308").real, 1.7976931348623157e308);
  EXPECT_EQ(With("real", "5e-324").real, 5e-324);
  EXPECT_TRUE(std::signbit(With("real", "-0").real));
}

TEST_F(Json, DoublesBeyondTheRangeAreRefused) {
  EXPECT_EQ(Refusal("real", "1e400"),
            "real: want a number in the range of a double, got a number with an exponent at byte 8");
  EXPECT_THAT(Refusal("real", "-1e400"), HasSubstr("in the range of a double"));
  EXPECT_THAT(Refusal("real", "1e-400"), HasSubstr("in the range of a double"));
}

TEST_F(Json, DecimalsAreExact) {
  EXPECT_EQ(With("price", "24.99").price.mantissa, 24'990'000);
  EXPECT_EQ(With("price", "1e2").price.mantissa, 100'000'000);
  EXPECT_EQ(With("price", "12.340000000").price.mantissa, 12'340'000);
  EXPECT_EQ(With("cents", "-0.01").cents.mantissa, -1);
}

TEST_F(Json, DecimalsThatWouldBeRoundedAreRefused) {
  EXPECT_EQ(Refusal("cents", "0.001"),
            "cents: want a number in range with at most 2 decimals, got a number with a fraction at byte 9");
  EXPECT_THAT(Refusal("price", "1e-7"), HasSubstr("at most 6 decimals"));
  EXPECT_THAT(Refusal("price", "1e300"), HasSubstr("at most 6 decimals"));
}

TEST_F(Json, ADecimalInQuotesIsNoNumber) {
  EXPECT_EQ(Refusal("price", "\"24.99\""), "price: want a number, got a string at byte 9");
}

TEST_F(Json, ALongNumberIsRefused) {
  EXPECT_EQ(With("real", "0." + std::string(62, '1')).real, 1.0 / 9);
  EXPECT_THAT(Refusal("real", "0." + std::string(63, '1')), HasSubstr("want a shorter number"));
}

TEST_F(Json, TimesAreRfc3339) {
  EXPECT_EQ(With("time", "\"1970-01-01T00:00:01.5Z\"").time, Time(Duration(1'500'000)));
  EXPECT_EQ(With("time", R"("1970-01-01\u005400:00:01Z")").time, Time(Duration(1'000'000)));
  EXPECT_EQ(Refusal("time", "\"1970-01-01\""), "time: want a time of RFC 3339, got a string at byte 8");
  EXPECT_EQ(Refusal("time", "0"), "time: want a string, got a number at byte 8");
}

TEST_F(Json, UuidsAre36Characters) {
  EXPECT_EQ(With("uuid", "\"00000000-0000-000A-0000-00000000000b\"").uuid, (Uuid{10, 11}));
  EXPECT_EQ(Refusal("uuid", "\"00000000-0000-000A-0000-00000000000\""),
            "uuid: want a UUID, got a string at byte 8");
}

TEST_F(Json, CodesHaveAMostLengthAndNoZeroByte) {
  EXPECT_EQ(With("code", "\"EUR\"").code.view(), "EUR");
  EXPECT_EQ(With("code", "\"\"").code.view(), "");
  EXPECT_EQ(Refusal("code", "\"EURO\""),
            "code: want a text of at most 3 bytes, none zero, got a string at byte 8");
  EXPECT_THAT(Refusal("code", R"("a\u0000")"), HasSubstr("none zero"));
}

TEST_F(Json, BooleansAreWords) {
  EXPECT_TRUE(With("flag", "true").flag);
  EXPECT_EQ(Refusal("flag", "1"), "flag: want true or false, got a number at byte 8");
  EXPECT_EQ(Refusal("flag", "\"true\""), "flag: want true or false, got a string at byte 8");
  EXPECT_EQ(Refusal("flag", "null"), "flag: want true or false, got null at byte 8");
}

TEST_F(Json, TextWithoutEscapesIsAViewOfTheRecord) {
  const std::string_view view = With("view", "\"TSHIRT-001\"").view;
  EXPECT_EQ(view, "TSHIRT-001");
  EXPECT_TRUE(text_.data() < view.data() && view.data() < text_.data() + text_.size());
}

TEST_F(Json, TextWithEscapesIsUnescaped) {
  EXPECT_EQ(With("view", R"("\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\uD83D\uDE00é")").view,
            "\"\\/\b\f\n\r\tAé€😀é");
  EXPECT_EQ(With("text", R"("a\u0000b")").text, std::string("a\0b", 3));
}

TEST_F(Json, TextOfAnyLengthAroundTheWideLoopIsRead) {
  for (size_t n = 0; n < 70; ++n) {
    const std::string plain(n, 'a');
    ASSERT_EQ(With("text", "\"" + plain + "\"").text, plain);
    ASSERT_EQ(With("text", "\"" + plain + "\\n\"").text, plain + "\n");
    ASSERT_EQ(With("text", "\"" + plain + "é\"").text, plain + "é");
  }
}

TEST_F(Json, ALongTextIsRefused) {
  EXPECT_EQ(With("text", "\"" + std::string(256 << 10, 'a') + "\"").text.size(), 256u << 10);
  EXPECT_EQ(Refusal("text", "\"" + std::string((256 << 10) + 1, 'a') + "\""),
            "text: want a shorter string, got another character at byte 9");
}

TEST_F(Json, NullAndAbsentAreNoValue) {
  EXPECT_EQ(With("maybe", "null").maybe, std::nullopt);
  EXPECT_EQ(With("maybe", "7").maybe, 7);
  EXPECT_EQ(With("x", "1").maybe, std::nullopt);
  EXPECT_EQ(Refusal("maybe", "\"7\""), "maybe: want a number, got a string at byte 9");
}

TEST_F(Json, AnAbsentFieldKeepsItsDefault) {
  SaleEvent sale;
  EXPECT_THAT(ReadSale(R"({"eventId":"a","quantity":1,"price":1,"timestamp":"2025-11-28T14:23:45Z","schemaVersion":1})",
                       sale),
              IsOk());
  EXPECT_EQ(sale.source, "unknown");
  EXPECT_EQ(sale.channel, "shop");
}

TEST_F(Json, AFieldThatMustComeIsNamedWhenItIsMissing) {
  SaleEvent sale;
  EXPECT_THAT(ReadSale("{}", sale), StatusIs(absl::StatusCode::kInvalidArgument,
                                             "eventId: want the field, it is missing"));
  EXPECT_THAT(ReadSale(R"({"eventId":"a","quantity":1,"price":1,"timestamp":"2025-11-28T14:23:45Z"})", sale),
              StatusIs(absl::StatusCode::kInvalidArgument, "schemaVersion: want the field, it is missing"));
}

TEST_F(Json, AFieldOfALaterVersionMustComeFromThenOn) {
  constexpr std::string_view kBefore = R"({"schemaVersion":)";
  constexpr std::string_view kBehind = R"(,"eventId":"a","quantity":1,"price":1,"timestamp":"2025-11-28T14:23:45Z"})";
  SaleEvent sale;
  EXPECT_THAT(ReadSale(Concat(kBefore, 2, kBehind), sale), IsOk());
  EXPECT_THAT(ReadSale(Concat(kBefore, 3, kBehind), sale),
              StatusIs(absl::StatusCode::kInvalidArgument, "channel: want the field, it is missing"));
  EXPECT_THAT(ReadSale(Concat(kBefore, 99, kBehind), sale), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(Json, AFieldThatComesTwiceIsNamed) {
  SaleEvent sale;
  EXPECT_THAT(ReadSale(R"({"quantity":1,"x":2,"quantity":1})", sale),
              StatusIs(absl::StatusCode::kInvalidArgument, "quantity: want one field, got two"));
}

TEST_F(Json, ANameWithEscapesIsTheSameName) {
  SaleEvent sale;
  EXPECT_THAT(ReadSale(R"({"\u0065ventId":"a","event\u0049d":"b"})", sale),
              StatusIs(absl::StatusCode::kInvalidArgument, "eventId: want one field, got two"));
}

TEST_F(Json, ANameThatOnlyBeginsLikeAFieldIsAnother) {
  EXPECT_EQ(With("i64x", "\"a\"").i64, 0);
  EXPECT_EQ(With("i6", "\"a\"").i64, 0);
  EXPECT_EQ(With("I64", "\"a\"").i64, 0);
}

TEST_F(Json, ALongNameIsRefused) {
  With(std::string(1024, 'a'), "1");
  EXPECT_EQ(Refusal(std::string(1025, 'a'), "1"), "want a shorter string, got another character at byte 2");
}

TEST_F(Json, TooManyMembersAreRefused) {
  std::string many = "[1";
  for (int i = 2; i < 10'000; ++i) many += ",1";
  With("x", many + "]");
  EXPECT_THAT(Refusal("x", many + ",1]"), HasSubstr("want fewer members"));
}

TEST_F(Json, ALongRecordIsRefusedBeforeItIsLookedAt) {
  Everything out;
  EXPECT_THAT(ReadJson(std::string((1 << 20) + 1, ' '), arena_, out),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("want a shorter record")));
  EXPECT_EQ(arena_.memory(), 0u);
}

TEST_F(Json, LimitsAreTheCallers) {
  Everything out;
  JsonLimits limits;
  limits.depth = 2;
  EXPECT_THAT(ReadJson(R"({"x":[1]})", arena_, out, limits), IsOk());
  EXPECT_THAT(ReadJson(R"({"x":[[1]]})", arena_, out, limits),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("want less nesting")));
}

TEST_F(Json, MessagesSayWhatWasMetAndWhere) {
  EXPECT_EQ(Refusal("i64", "{}"), "i64: want a number, got an object at byte 7");
  EXPECT_EQ(Refusal("i64", "[]"), "i64: want a number, got an array at byte 7");
  EXPECT_EQ(Refusal("i64", "true"), "i64: want a number, got a boolean at byte 7");
  EXPECT_EQ(Refusal("i64", ""), "i64: want a number, got another character at byte 7");
  EXPECT_EQ(Refusal("text", "\"a"), "text: want a closing quote, got the end at byte 11");
  EXPECT_EQ(Refusal("x", "?"), "want a value, got another character at byte 5");
  EXPECT_EQ(Refusal("x", "\"ok\",\"text\":\"caf\xe9\""), "want UTF-8, got another character at byte 21");
}

TEST_F(Json, MessagesNeverHoldPayload) {
  for (std::string_view value : {"\"4111111111111111", "\"4111\\q\"", "\"4111\n\"", "4111.", "4111x", "\"4111\xff\"",
                                 "{\"4111\":}", "[4111,]"}) {
    EXPECT_THAT(Refusal("i64", value), Not(HasSubstr("4111"))) << value;
    EXPECT_THAT(Refusal("4111", Concat(value, "?")), Not(HasSubstr("4111"))) << value;
  }
}

}  // namespace
}  // namespace rtstream
