#include "rtstream/core/csv_writer.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/core/everything.h"

namespace rtstream {
namespace {

struct Note {
  std::string text;
};
struct Names {
  int plain = 0;
  int comma = 0;
};

}  // namespace

template <>
struct Mapping<Note> {
  static constexpr auto kFields = std::tuple{Field("text", &Note::text)};
};
template <>
struct Mapping<Names> {
  static constexpr auto kFields = std::tuple{Field("plain", &Names::plain), Field("a,b", &Names::comma)};
};

namespace {

std::string Written(std::string text, char separator = ',') {
  std::string out;
  AppendCsv(Note{std::move(text)}, out, separator);
  return out;
}

TEST(CsvWriter, WritesFieldsInDeclaredOrder) {
  SaleEvent sale;
  sale.event_id = "a";
  sale.quantity = -2;
  sale.price.mantissa = 24'990'000;
  sale.schema_version = 3;
  std::string out = "before ";
  AppendCsv(sale, out, ';');
  EXPECT_EQ(out, "before a;-2;24.99;1970-01-01T00:00:00.000Z;unknown;shop;3");
}

TEST(CsvWriter, PutsQuotesOnlyWhereTheyAreNeeded) {
  EXPECT_EQ(Written("plain text; é"), "plain text; é");
  EXPECT_EQ(Written("a,b"), "\"a,b\"");
  EXPECT_EQ(Written("a,b", ';'), "a,b");
  EXPECT_EQ(Written("a\tb", '\t'), "\"a\tb\"");
  EXPECT_EQ(Written("a\r"), "\"a\r\"");
  EXPECT_EQ(Written("a\nb"), "\"a\nb\"");
}

TEST(CsvWriter, DoublesQuotes) {
  EXPECT_EQ(Written("\""), "\"\"\"\"");
  EXPECT_EQ(Written("say \"hello\""), "\"say \"\"hello\"\"\"");
}

TEST(CsvWriter, TellsAnEmptyTextFromNoValue) {
  Everything record;
  std::string out;
  AppendCsv(record, out);
  EXPECT_EQ(out, "0,0,0,0,0,0,0,false,\"\",\"\",0,0,1970-01-01T00:00:00.000Z,"
                 "00000000-0000-0000-0000-000000000000,\"\",,");
  record.note = "";
  out.clear();
  AppendCsv(record, out);
  EXPECT_EQ(out, "0,0,0,0,0,0,0,false,\"\",\"\",0,0,1970-01-01T00:00:00.000Z,"
                 "00000000-0000-0000-0000-000000000000,\"\",,\"\"");
}

TEST(CsvWriter, ARecordIsNeverAnEmptyLine) { EXPECT_EQ(Written(""), "\"\""); }

TEST(CsvWriter, WritesTheNamesOfTheFields) {
  std::string out;
  AppendCsvHeader<SaleEvent>(out);
  EXPECT_EQ(out, "eventId,quantity,price,timestamp,source,channel,schemaVersion");
}

TEST(CsvWriter, PutsQuotesAroundANameThatNeedsThem) {
  std::string out;
  AppendCsvHeader<Names>(out);
  EXPECT_EQ(out, "plain,\"a,b\"");
}

}  // namespace
}  // namespace rtstream
