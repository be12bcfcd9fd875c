#include "rtstream/core/row_binary_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/core/everything.h"

namespace rtstream {
namespace {

using ::testing::ElementsAre;

template <typename V>
std::string BytesOf(const V& v) {
  std::string out(RowBinaryCodec<V>::Bound(v) + 1, '?');
  out.resize(static_cast<size_t>(RowBinaryCodec<V>::Put(v, out.data()) - out.data()));
  return out;
}

// "01 ff" as two bytes.
std::string Hex(std::string_view text) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ' ') continue;
    bytes.push_back(static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
    ++i;
  }
  return bytes;
}

struct Fact {
  Uuid id;
  std::string_view store;
  int32_t quantity = 0;
  Decimal<6> price;
  Time time{};
  std::optional<uint16_t> rank;
};

}  // namespace

template <>
struct Mapping<Fact> {
  static constexpr auto kFields = std::tuple{
      Field("id", &Fact::id),       Field("store", &Fact::store), Field("quantity", &Fact::quantity),
      Field("price", &Fact::price), Field("time", &Fact::time),   Field("rank", &Fact::rank)};
};

namespace {

TEST(RowBinary, IntegersBeginWithTheirLowestByte) {
  EXPECT_EQ(BytesOf<int8_t>(-2), Hex("fe"));
  EXPECT_EQ(BytesOf<uint8_t>(200), Hex("c8"));
  EXPECT_EQ(BytesOf<int16_t>(-2), Hex("fe ff"));
  EXPECT_EQ(BytesOf<int32_t>(0x01020304), Hex("04 03 02 01"));
  EXPECT_EQ(BytesOf<uint32_t>(0xfffefdfc), Hex("fc fd fe ff"));
  EXPECT_EQ(BytesOf<int64_t>(-1), Hex("ff ff ff ff ff ff ff ff"));
  EXPECT_EQ(BytesOf<uint64_t>(0x0102030405060708), Hex("08 07 06 05 04 03 02 01"));
}

TEST(RowBinary, BooleansAreAByteAndDoublesTheirBits) {
  EXPECT_EQ(BytesOf(true), Hex("01"));
  EXPECT_EQ(BytesOf(false), Hex("00"));
  EXPECT_EQ(BytesOf(1.5), Hex("00 00 00 00 00 00 f8 3f"));
  EXPECT_EQ(BytesOf(-0.0), Hex("00 00 00 00 00 00 00 80"));
}

TEST(RowBinary, ALengthHasSevenBitsAByte) {
  EXPECT_EQ(BytesOf(std::string_view()), Hex("00"));
  EXPECT_EQ(BytesOf(std::string_view("a\0b", 3)), Hex("03 61 00 62"));
  EXPECT_EQ(BytesOf(std::string(127, 'x')), Hex("7f") + std::string(127, 'x'));
  EXPECT_EQ(BytesOf(std::string(128, 'x')), Hex("80 01") + std::string(128, 'x'));
  EXPECT_EQ(BytesOf(std::string(16'384, 'x')), Hex("80 80 01") + std::string(16'384, 'x'));
}

TEST(RowBinary, TextsOfEverySizeAreCopiedWhole) {
  const std::string text = "The quick brown fox jumps over the lazy dog, then over another one.";
  for (size_t size = 0; size <= text.size(); ++size) {
    const std::string part = text.substr(0, size);
    EXPECT_EQ(BytesOf(part).substr(1), part);
  }
}

TEST(RowBinary, AFixedStringIsFilledUpWithZeroBytes) {
  FixedString<3> code;
  code.Assign("EU");
  EXPECT_EQ(BytesOf(code), Hex("45 55 00"));
}

// The example of ClickHouse's documentation of UUIDs in this format.
TEST(RowBinary, AUuidIsTwoHalvesEachWithItsLowestByteFirst) {
  Uuid uuid;
  ASSERT_TRUE(ParseUuid("61f0c404-5cb3-11e7-907b-a6006ad3dba0", uuid));
  EXPECT_EQ(BytesOf(uuid), Hex("e7 11 b3 5c 04 c4 f0 61 a0 db d3 6a 00 a6 7b 90"));
}

TEST(RowBinary, DecimalsAreTheirMantissas) {
  EXPECT_EQ(BytesOf(Decimal<2>{-1}), Hex("ff ff ff ff ff ff ff ff"));
  EXPECT_EQ(BytesOf(Decimal<6>{24'990'000}), Hex("30 51 7d 01 00 00 00 00"));
  EXPECT_EQ(BytesOf(WideDecimal<6>{-2}), Hex("fe") + std::string(15, '\xff'));
}

TEST(RowBinary, TimesAreTicksSince1970) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  EXPECT_EQ(BytesOf(Time(Duration(1'000'001))), Hex("41 42 0f 00 00 00 00 00"));
  EXPECT_EQ(BytesOf(Time(Duration(-1))), std::string(8, '\xff'));
  EXPECT_EQ(BytesOf(std::chrono::sys_time<milliseconds>(milliseconds(1'001))), Hex("e9 03 00 00 00 00 00 00"));
  EXPECT_EQ(BytesOf(std::chrono::sys_seconds(seconds(0xfedcba98))), Hex("98 ba dc fe"));
}

TEST(RowBinary, NothingFollowsANull) {
  EXPECT_EQ(BytesOf(std::optional<int32_t>()), Hex("01"));
  EXPECT_EQ(BytesOf(std::optional<int32_t>(7)), Hex("00 07 00 00 00"));
  EXPECT_EQ(BytesOf(std::optional<std::string>("")), Hex("00 00"));
}

TEST(RowBinary, ARowIsItsFieldsInDeclaredOrder) {
  Fact fact{{1, 2}, "S-1", -3, {24'990'000}, Time(Duration(5)), 7};
  const std::string row = Hex("01 00 00 00 00 00 00 00 02 00 00 00 00 00 00 00"
                              "03 53 2d 31"
                              "fd ff ff ff"
                              "30 51 7d 01 00 00 00 00"
                              "05 00 00 00 00 00 00 00"
                              "00 07 00");
  std::string out = "before";
  AppendRowBinary(fact, out);
  EXPECT_EQ(out, "before" + row);

  RowBinaryWriter<Fact> writer;
  std::string all;
  for (int i = 0; i < 1'000; ++i) {
    writer.Append(fact);
    all += row;
  }
  EXPECT_EQ(writer.bytes(), all);
  EXPECT_EQ(writer.rows(), 1'000u);
  writer.Clear();
  EXPECT_EQ(writer.bytes(), "");
  EXPECT_EQ(writer.rows(), 0u);
}

TEST(RowBinary, ATextLongerThanTheWritersMemoryFits) {
  const std::string text(100'000, 'x');
  RowBinaryWriter<Fact> writer;
  writer.Append({});
  const size_t empty = writer.bytes().size();
  writer.Append({.id = {}, .store = text, .quantity = 0, .price = {}, .time = {}, .rank = {}});
  EXPECT_EQ(writer.bytes().size(), 2 * empty + 2 + text.size());
}

TEST(RowBinary, ColumnsHaveTheNamesOfTheFieldsAndClickHousesTypes) {
  EXPECT_THAT(RowBinaryColumns<Fact>(),
              ElementsAre(RowBinaryColumn{"id", "UUID"}, RowBinaryColumn{"store", "String"},
                          RowBinaryColumn{"quantity", "Int32"}, RowBinaryColumn{"price", "Decimal(18, 6)"},
                          RowBinaryColumn{"time", "DateTime64(6, 'UTC')"},
                          RowBinaryColumn{"rank", "Nullable(UInt16)"}));
  std::vector<std::string> types;
  for (const RowBinaryColumn& column : RowBinaryColumns<Everything>()) types.push_back(column.type);
  EXPECT_THAT(types, ElementsAre("Int8", "Int32", "Int64", "UInt8", "UInt32", "UInt64", "Float64", "Bool",
                                 "String", "String", "Decimal(18, 6)", "Decimal(18, 2)", "DateTime64(6, 'UTC')",
                                 "UUID", "FixedString(3)", "Nullable(Int64)", "Nullable(String)"));
  EXPECT_EQ((RowBinaryCodec<std::chrono::sys_time<std::chrono::milliseconds>>::Type()), "DateTime64(3, 'UTC')");
  EXPECT_EQ(RowBinaryCodec<std::chrono::sys_seconds>::Type(), "DateTime('UTC')");
  EXPECT_EQ(RowBinaryCodec<WideDecimal<6>>::Type(), "Decimal(38, 6)");
}

}  // namespace
}  // namespace rtstream
