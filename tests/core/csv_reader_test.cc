#include "rtstream/core/csv_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "rtstream/base/text.h"
#include "rtstream/testing/matchers.h"
#include "tests/core/everything.h"

namespace rtstream {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::IsOk;
using testing::StatusIs;

struct Line {
  std::string_view sku;
  int32_t quantity = 0;
  std::string text;
};

// A member type with a codec of its own.
struct Percent {
  int value = 0;
};

struct Discount {
  Percent percent;
};

}  // namespace

template <>
struct CsvCodec<Percent> {
  static bool Read(CsvField& in, Percent& out) {
    const std::string_view text = in.text();
    if (text.empty() || text.back() != '%') return in.Fail("a percentage");
    return CsvCodec<int>::Read(in = CsvField(text.substr(0, text.size() - 1), false), out.value);
  }
  static void Append(const Percent& v, std::string& out) { out += std::to_string(v.value) + "%"; }
};

template <>
struct Mapping<Line> {
  static constexpr auto kFields = std::tuple{Field("sku", &Line::sku), Field("quantity", &Line::quantity),
                                             Field("text", &Line::text)};
};

template <>
struct Mapping<Discount> {
  static constexpr auto kFields = std::tuple{Field("percent", &Discount::percent)};
};

namespace {

class Csv : public ::testing::Test {
 protected:
  template <typename T = Line>
  absl::Status Read(std::string_view text, T& out, const CsvOptions& options = {}) {
    absl::StatusOr<CsvReader<T>> reader = CsvReader<T>::Make(options);
    if (!reader.ok()) return reader.status();
    // An allocation of exactly the text's size, so that a sanitizer sees a read past its end.
    texts_.emplace_back(new char[text.size()]);
    text.copy(texts_.back().get(), text.size());
    return reader->Read({texts_.back().get(), text.size()}, arena_, out);
  }
  template <typename T = Line>
  T Good(std::string_view text, const CsvOptions& options = {}) {
    T out;
    EXPECT_THAT(Read(text, out, options), IsOk()) << text;
    return out;
  }
  template <typename T = Line>
  std::string Refusal(std::string_view text, const CsvOptions& options = {}) {
    T out;
    const absl::Status status = Read(text, out, options);
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument)) << text;
    return std::string(MessageOf(status));
  }

  Arena arena_;
  std::vector<std::unique_ptr<char[]>> texts_;
};

TEST_F(Csv, ReadsFieldsInDeclaredOrder) {
  const Line line = Good("TSHIRT-001,-3,a text");
  EXPECT_EQ(line.sku, "TSHIRT-001");
  EXPECT_EQ(line.quantity, -3);
  EXPECT_EQ(line.text, "a text");
}

TEST_F(Csv, AnEmptyTextIsAValue) {
  const Line line = Good(",0,");
  EXPECT_EQ(line.sku, "");
  EXPECT_EQ(line.text, "");
}

TEST_F(Csv, QuotesAroundAFieldAreNotPartOfIt) {
  EXPECT_EQ(Good("\"a,b\",\"7\",\"line\r\nend\"").text, "line\r\nend");
  EXPECT_EQ(Good("\"a,b\",\"7\",\"\"").sku, "a,b");
  EXPECT_EQ(Good("\"a,b\",\"7\",\"\"").quantity, 7);
}

TEST_F(Csv, ADoubledQuoteIsOne) {
  EXPECT_EQ(Good("\"\"\"\",1,\"say \"\"hello\"\"\"").sku, "\"");
  EXPECT_EQ(Good("a,1,\"say \"\"hello\"\"\"").text, "say \"hello\"");
  EXPECT_EQ(Good("a,1,\"\"\"\"\"\"").text, "\"\"");
}

TEST_F(Csv, OnlyDoubledQuotesTakeMemory) {
  Good("\"TSHIRT,1\",1,é");
  EXPECT_EQ(arena_.memory(), 0u);
  Good("\"TSHIRT\"\"1\",1,é");
  EXPECT_GT(arena_.memory(), 0u);
}

TEST_F(Csv, SpacesBelongToTheField) { EXPECT_EQ(Good(" a ,1,  ").sku, " a "); }

TEST_F(Csv, TakesOtherSeparators) {
  EXPECT_EQ(Good("a,b;1;c", {.separator = ';'}).sku, "a,b");
  EXPECT_EQ(Good("a,b\t1\tc", {.separator = '\t'}).sku, "a,b");
  EXPECT_EQ(Good("\"a\tb\"\t1\tc", {.separator = '\t'}).sku, "a\tb");
  EXPECT_EQ(Good("a|1|c", {.separator = '|'}).sku, "a");
}

TEST_F(Csv, RefusesAnotherNumberOfFields) {
  EXPECT_EQ(Refusal("a,1"), "want 3 fields, got 2");
  EXPECT_EQ(Refusal("a,1,b,c"), "want 3 fields, got 4");
  EXPECT_EQ(Refusal("a,1,b,"), "want 3 fields, got 4");
  EXPECT_EQ(Refusal("\"a\",1,\"b\",c,d"), "want 3 fields, got 5");
  EXPECT_EQ(Refusal(""), "want 3 fields, got 1");
}

TEST_F(Csv, RefusesAQuoteInAFieldWithoutQuotes) {
  EXPECT_EQ(Refusal("a\"b,1,c"), "sku: want quotes around the whole field at byte 1");
  EXPECT_EQ(Refusal(" \"a\",1,c"), "sku: want quotes around the whole field at byte 1");
  EXPECT_EQ(Refusal("a,1,c\""), "text: want quotes around the whole field at byte 5");
}

TEST_F(Csv, RefusesTextBehindAClosingQuote) {
  EXPECT_EQ(Refusal("\"a\"b,1,c"), "sku: want a separator behind the closing quote at byte 3");
  EXPECT_EQ(Refusal("\"a\" ,1,c"), "sku: want a separator behind the closing quote at byte 3");
}

TEST_F(Csv, RefusesAFieldWhoseQuoteIsNotClosed) {
  EXPECT_EQ(Refusal("\"a,1,c"), "sku: want a closing quote at byte 6");
  EXPECT_EQ(Refusal("a,1,\""), "text: want a closing quote at byte 5");
  EXPECT_EQ(Refusal("a,1,\"\"\""), "text: want a closing quote at byte 7");
}

TEST_F(Csv, RefusesLineEndsOutsideOfQuotes) {
  EXPECT_EQ(Refusal("a,1,b\r"), "text: want a line end only between quotes at byte 5");
  EXPECT_EQ(Refusal("a\nb,1,b"), "sku: want a line end only between quotes at byte 1");
}

TEST_F(Csv, RefusesNul) {
  EXPECT_EQ(Refusal(std::string_view("a\0b,1,c", 7)), "sku: want text without NUL at byte 1");
  EXPECT_EQ(Refusal(std::string_view("\"a\0b\",1,c", 9)), "sku: want text without NUL at byte 2");
}

TEST_F(Csv, RefusesWhatIsNotUtf8) {
  EXPECT_EQ(Refusal("a,1,caf\xe9"), "text: want UTF-8 at byte 4");
  EXPECT_EQ(Refusal("\"\xc0\xaf\",1,"), "sku: want UTF-8 at byte 1");
  EXPECT_EQ(Refusal("\"a\",1,\xed\xa0\x80"), "text: want UTF-8 at byte 6");
}

TEST_F(Csv, RefusesLongRecordsAndFields) {
  const CsvOptions options{.limits = {.record = 20, .field = 5}};
  EXPECT_EQ(Good("12345,1,12345", options).sku, "12345");
  EXPECT_EQ(Refusal("12345,1,123456", options), "text: want a shorter field at byte 8");
  EXPECT_EQ(Refusal("\"123456\",1,12345", options), "sku: want a shorter field at byte 1");
  EXPECT_EQ(Refusal(std::string(21, 'a'), options), "want a shorter record at byte 0");
}

TEST_F(Csv, RecordsOfAnyLengthAroundTheBlocksAreCut) {
  for (size_t n = 0; n < 200; ++n) {
    const std::string sku(n, 's'), text(200 - n, 't');
    const Line line = Good(sku + ",1," + text);
    ASSERT_EQ(line.sku, sku);
    ASSERT_EQ(line.text, text);
  }
}

TEST_F(Csv, NumbersHaveJsonsGrammar) {
  EXPECT_EQ(Good("a,-0,").quantity, 0);
  for (std::string_view text : {"+1", "01", "-01", "1.0", "1e2", " 1", "1 ", "0x1", "-", "1-", "2147483648", "one"}) {
    EXPECT_THAT(Refusal(Concat("a,", text, ",b")), HasSubstr("quantity: want a 32-bit integer, got ")) << text;
  }
}

TEST_F(Csv, DoublesHaveJsonsGrammar) {
  const CsvOptions real{.columns = {"real"}};
  EXPECT_EQ(Good<Everything>("-1.5e3", real).real, -1500);
  for (std::string_view text : {"inf", "nan", "1.", ".5", "+1", "01", "1e", "1.e5", "-", "1e400", "infinity", "0x1p3"}) {
    EXPECT_THAT(Refusal<Everything>(text, real), HasSubstr("real: want a number in the range of a double"));
  }
}

TEST_F(Csv, UuidsAndCodesThatDoNotFitAreRefused) {
  EXPECT_THAT(Refusal<Everything>("00000000-0000-0001-0000-00000000000", {.columns = {"uuid"}}),
              HasSubstr("uuid: want a UUID"));
  EXPECT_THAT(Refusal<Everything>("EURO", {.columns = {"code"}}),
              HasSubstr("code: want a text of at most 3 bytes, none zero"));
}

TEST_F(Csv, ReadsAMemberOfEachKind) {
  const Everything record =
      Good<Everything>("-128,1,2,255,3,4,0.5,true,\"v\",t,24.99,-0.01,1970-01-01T00:00:01Z,"
                       "00000000-0000-0001-0000-000000000002,EUR,7,\"\"");
  EXPECT_EQ(record.i8, -128);
  EXPECT_EQ(record.u8, 255);
  EXPECT_EQ(record.real, 0.5);
  EXPECT_TRUE(record.flag);
  EXPECT_EQ(record.price.mantissa, 24'990'000);
  EXPECT_EQ(record.cents.mantissa, -1);
  EXPECT_EQ(record.time, Time(Duration(1'000'000)));
  EXPECT_EQ(record.uuid, (Uuid{1, 2}));
  EXPECT_EQ(record.code.view(), "EUR");
  EXPECT_EQ(record.maybe, 7);
  EXPECT_EQ(record.note, "");
}

TEST_F(Csv, AnEmptyFieldIsNoValue) {
  const Everything record = Good<Everything>(",,,,,,,,,,,,,,,,");
  EXPECT_EQ(record, Everything());
}

TEST_F(Csv, EmptyQuotesAreAnEmptyTextAndNoNumber) {
  const Everything record = Good<Everything>("\"\",\"\"", {.columns = {"maybe", "note"}});
  EXPECT_EQ(record.maybe, std::nullopt);
  EXPECT_EQ(record.note, "");
}

TEST_F(Csv, AFieldThatMustComeIsRefusedWhenItIsEmpty) {
  EXPECT_EQ(Refusal("a,,b"), "quantity: want a 32-bit integer, got an empty field at byte 2");
}

TEST_F(Csv, ColumnsComeInTheFilesOrder) {
  const Line line = Good("one,two,3,four", {.columns = {"text", "unknown", "quantity", "sku"}});
  EXPECT_EQ(line.text, "one");
  EXPECT_EQ(line.quantity, 3);
  EXPECT_EQ(line.sku, "four");
}

TEST_F(Csv, ColumnsThatAreSkippedAreChecked) {
  const CsvOptions options{.columns = {"other", "sku", "quantity", "text"}};
  EXPECT_EQ(Good("\"a\"\"b\",s,1,t", options).sku, "s");
  EXPECT_EQ(Refusal("a\"b,s,1,t", options), "other: want quotes around the whole field at byte 1");
  EXPECT_EQ(Refusal("\xff,s,1,t", options), "other: want UTF-8 at byte 0");
}

TEST_F(Csv, AFieldOfALaterVersionMustComeFromThenOn) {
  const CsvOptions options{.columns = {"schemaVersion", "eventId", "quantity", "price", "timestamp"}};
  EXPECT_EQ(Good<SaleEvent>("2,a,1,1,2025-11-28T14:23:45Z", options).channel, "shop");
  EXPECT_EQ(Refusal<SaleEvent>("3,a,1,1,2025-11-28T14:23:45Z", options),
            "channel: want the field, it is missing");
}

TEST_F(Csv, AnEmptyFieldOfALaterVersionIsAbsent) {
  EXPECT_EQ(Good<SaleEvent>("a,1,1,2025-11-28T14:23:45Z,,,2").channel, "shop");
  EXPECT_EQ(Refusal<SaleEvent>("a,1,1,2025-11-28T14:23:45Z,,,3"), "channel: want the field, it is missing");
  EXPECT_EQ(Good<SaleEvent>("a,1,1,2025-11-28T14:23:45Z,,\"\",3").channel, "");
}

TEST_F(Csv, ATypeMayHaveACodecOfItsOwn) {
  EXPECT_EQ(Good<Discount>("15%").percent.value, 15);
  EXPECT_EQ(Refusal<Discount>("15"), "percent: want a percentage, got a number at byte 0");
  EXPECT_EQ(Refusal<Discount>("x%"), "percent: want a 32-bit integer, got text at byte 0");
}

TEST_F(Csv, AColumnThatComesTwiceIsRefused) {
  EXPECT_EQ(Refusal("", {.columns = {"sku", "quantity", "text", "sku"}}), "want one column 'sku', got two");
  EXPECT_EQ(Refusal("", {.columns = {"x", "sku", "quantity", "text", "x"}}), "want one column 'x', got two");
}

TEST_F(Csv, AFieldThatMustComeWithoutAColumnIsRefused) {
  EXPECT_EQ(Refusal("", {.columns = {"sku", "text"}}),
            "want a column 'quantity': records must have the field");
}

TEST_F(Csv, ASeparatorThatNumbersContainIsRefused) {
  for (char separator : {'.', '-', '1', 'e', '"', '\n', '\0', ' ', ':'}) {
    EXPECT_EQ(Refusal("", {.separator = separator}), "want ',', ';', '|' or a tab as the separator");
  }
}

TEST_F(Csv, MessagesNeverHoldPayload) {
  for (std::string_view text : {"4111,4111x,a", "\"4111,1,a", "41\"11,1,a", "\"4111\"4111,1,a", "4111,1,4111\xff", "4111",
                                "4111,1,a,4111", "4111\n,1,a"}) {
    EXPECT_THAT(Refusal(text), Not(HasSubstr("4111"))) << text;
  }
}

}  // namespace
}  // namespace rtstream
