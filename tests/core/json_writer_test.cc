#include "rtstream/core/json_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cmath>
#include <string>

#include "rtstream/core/json_reader.h"
#include "rtstream/testing/matchers.h"
#include "tests/base/seed.h"
#include "tests/core/everything.h"
#include "tests/core/random_record.h"

namespace rtstream {
namespace {

using testing::IsOk;

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(text, out);
  return out;
}

TEST(JsonWriter, WritesFieldsInDeclaredOrder) {
  SaleEvent sale;
  sale.event_id = "a";
  sale.quantity = -2;
  sale.price.mantissa = 24'990'000;
  sale.schema_version = 3;
  std::string out;
  AppendJson(sale, out);
  EXPECT_EQ(out, R"({"eventId":"a","quantity":-2,"price":24.99,"timestamp":"1970-01-01T00:00:00.000Z",)"
                 R"("source":"unknown","channel":"shop","schemaVersion":3})");
}

TEST(JsonWriter, WritesMembersWithoutBraces) {
  Everything record;
  std::string out;
  AppendJsonMembers(record, out);
  EXPECT_THAT(out, ::testing::StartsWith("\"i8\":0,\"i32\":0,"));
  EXPECT_THAT(out, ::testing::EndsWith(",\"maybe\":null,\"note\":null"));
}

TEST(JsonWriter, EscapesWhatAStringCannotHold) {
  EXPECT_EQ(Quoted("\"\\/\b\f\n\r\t"), R"("\"\\/\b\f\n\r\t")");
  EXPECT_EQ(Quoted(std::string_view("\0\x1f\x7f", 3)), "\"\\u0000\\u001f\x7f\"");
  EXPECT_EQ(Quoted("é日😀"), "\"é日😀\"");
}

TEST(JsonWriter, FindsEveryEscapeAtEveryPlace) {
  for (size_t n = 0; n < 24; ++n) {
    for (int c = 0; c < 0x80; ++c) {
      std::string text(24, 'a');
      text[n] = static_cast<char>(c);
      const bool is_escaped = c < 0x20 || c == '"' || c == '\\';
      ASSERT_EQ(Quoted(text).find('\\') != std::string::npos, is_escaped) << c << " at " << n;
    }
  }
}

TEST(JsonWriter, WritesTheEndsOfIntegers) {
  Everything record;
  record.i8 = -128;
  record.i64 = INT64_MIN;
  record.u64 = UINT64_MAX;
  std::string out;
  AppendJson(record, out);
  EXPECT_THAT(out, ::testing::HasSubstr("\"i8\":-128,"));
  EXPECT_THAT(out, ::testing::HasSubstr("\"i64\":-9223372036854775808,"));
  EXPECT_THAT(out, ::testing::HasSubstr("\"u64\":18446744073709551615,"));
}

TEST(JsonWriter, ARecordFullOfEscapesReadsBackAsItself) {
  testing::Random random(TestSeed());
  for (int i = 0; i < 20'000; ++i) {
    const std::string id(random.Below(40), static_cast<char>(random.Below(0x20)));
    SaleEvent sale;
    sale.event_id = id;
    sale.source = RandomUtf8(random, 0);
    sale.quantity = INT32_MIN;
    sale.price.mantissa = INT64_MIN;
    sale.schema_version = UINT32_MAX;
    std::string text = "before";
    AppendJson(sale, text);
    Arena arena;
    SaleEvent back;
    ASSERT_THAT(ReadJson(std::string_view(text).substr(6), arena, back), IsOk()) << text;
    ASSERT_EQ(back.event_id, id);
    ASSERT_EQ(back.source, sale.source);
    ASSERT_EQ(back.price, sale.price);
  }
}

// Escapes make a line longer than the room that was made for it.
TEST(JsonWriter, WritesTheSameToABuffer) {
  testing::Random random(TestSeed());
  ByteBuffer buffer;
  std::string text;
  for (int i = 0; i < 20'000; ++i) {
    const std::string id(random.Below(40), static_cast<char>(random.Chance(0.5) ? random.Below(0x20) : 'x'));
    SaleEvent sale;
    sale.event_id = id;
    sale.source = RandomUtf8(random, 0);
    sale.quantity = static_cast<int32_t>(random.Next());
    sale.price.mantissa = static_cast<int64_t>(random.Next());
    AppendJson(sale, text);
    AppendJson(sale, buffer);
  }
  EXPECT_TRUE(buffer.view() == text);
}

TEST(JsonWriter, ARandomRecordReadsBackAsItself) {
  testing::Random random(TestSeed());
  simdjson::dom::parser parser;
  for (int i = 0; i < 30'000; ++i) {
    Arena arena;
    const Everything record = RandomRecord(random, arena, 0);
    std::string text;
    AppendJson(record, text);
    Everything back;
    ASSERT_THAT(ReadJson(text, arena, back), IsOk()) << text;
    ASSERT_EQ(back, record) << text;
    // The DOM has no numbers beyond 64 bits without a fraction or an exponent.
    if (std::abs(record.real) < 1e18) {
      ASSERT_EQ(parser.parse(text).error(), simdjson::SUCCESS) << text;
    }
  }
}

}  // namespace
}  // namespace rtstream
