#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/baseline/hand_sale.h"
#include "benchmarks/baseline/simdjson_sale.h"
#include "benchmarks/workload/lines.h"
#include "benchmarks/workload/row_binary.h"
#include "rtstream/base/arena.h"
#include "rtstream/core/json_reader.h"
#include "rtstream/testing/random.h"

namespace bench {
namespace {

// A verdict and, if it is good, the sale as a row.
struct Verdict {
  bool is_valid = false;
  std::string row;
  friend bool operator==(const Verdict&, const Verdict&) = default;
};
Verdict Of(bool is_valid, const Sale& sale) {
  Verdict verdict{is_valid, {}};
  if (is_valid) AppendRow(sale, verdict.row);
  return verdict;
}

Verdict ByLibrary(std::string_view line) {
  rt::Arena arena;
  Sale sale;
  const bool is_read = rt::ReadJson(line, arena, sale).ok();
  return Of(is_read && IsValid(sale), sale);
}

Verdict BySimdjson(SaleReader& reader, const Lines& line) {
  Sale sale;
  const bool is_read = reader.Read(line.text().substr(0, line.text().size() - 1), sale);
  return Of(is_read && IsValid(sale), sale);
}

Verdict ByHand(hand::SaleParser& parser, const Lines& line) {
  parser.NextBatch();
  hand::SaleRow row;
  bool is_valid = false;
  const std::string_view text = line.text();
  const char* const lf = parser.Read(text.data(), text.data() + text.size(), row, is_valid);
  EXPECT_EQ(lf, text.data() + text.size() - 1);
  if (!is_valid) return {};
  Sale sale;
  sale.event_id = {row.id_high, row.id_low};
  sale.retailer_id = {row.text + row.retailer_at, row.retailer_size};
  sale.store_id = {row.text + row.store_at, row.store_size};
  sale.sku = {row.text + row.sku_at, row.sku_size};
  sale.quantity = static_cast<int32_t>(row.quantity);
  sale.price.mantissa = row.cents;
  char currency[4] = {};
  std::memcpy(currency, &row.currency, 3);
  EXPECT_TRUE(sale.currency.Assign(currency));
  sale.timestamp = rt::Time(std::chrono::milliseconds(int64_t{row.day} * 86'400'000 + row.ms_of_day));
  sale.source = {row.text + row.source_at, row.source_size};
  sale.schema_version = row.schema_version;
  return Of(true, sale);
}

std::vector<std::string> GeneratedLines(uint64_t n) {
  absl::StatusOr<Lines> lines = Lines::Generate(n);
  EXPECT_TRUE(lines.ok());
  std::vector<std::string> out;
  for (std::string_view rest = lines->text(); !rest.empty();) {
    const size_t lf = rest.find('\n');
    out.emplace_back(rest.substr(0, lf));
    rest.remove_prefix(lf + 1);
  }
  return out;
}

// Changes one place as somebody who writes JSON by hand would.
void Mutate(rtstream::testing::Random& random, std::string& line) {
  static constexpr std::string_view kPieces[] = {
      "\"", "\\", "\\\"", "\\u0041", "\\ud83d", "\\ud83d\\ude00", "\\u0000", "{", "}", "[", "]", ",", ":",
      " ",  "\t", "\r",   "0",       "00",      "1",              "9",       "-", "+", ".", ".5", "e1", "E-1",
      "T",  "t",  "Z",    "z",       "+01:00",  "\x7f",           "\x01",    "\xc3\xa9", "\xff", "\xc3",
      "null", "true", "1.5", "\"x\":1,", "\"x\":[1,{\"y\":null}],", "\"sku\":\"SKU-000001\",", "A", "f", "_"};
  const size_t at = random.Below(line.size() + 1);
  const std::string_view piece = kPieces[random.Below(std::size(kPieces))];
  switch (random.Below(4)) {
    case 0: line.insert(at, piece); break;
    case 1: line.replace(at, std::min(piece.size(), line.size() - at), piece); break;
    case 2: line.erase(at, 1 + random.Below(3)); break;
    default: line.erase(at, random.Below(40)); break;
  }
  std::erase(line, '\n');
}

TEST(SaleParsers, AgreeWithTheLibraryOnWhatTheGeneratorWrites) {
  SaleReader reader;
  hand::SaleParser parser;
  size_t valid = 0;
  for (const std::string& line : GeneratedLines(20'000)) {
    const Lines copy = Lines::Copy(line + "\n");
    const Verdict expected = ByLibrary(line);
    valid += expected.is_valid ? 1 : 0;
    ASSERT_EQ(BySimdjson(reader, copy), expected) << line;
    ASSERT_EQ(ByHand(parser, copy), expected) << line;
  }
  EXPECT_GT(valid, 19'800u);
}

TEST(SaleParsers, AgreeWithTheLibraryOnChangedLines) {
  constexpr uint64_t kSeed = 7;
  rtstream::testing::Random random(kSeed);
  const std::vector<std::string> lines = GeneratedLines(2'000);
  SaleReader reader;
  hand::SaleParser parser;
  size_t valid = 0;
  for (int i = 0; i < 60'000; ++i) {
    std::string line = lines[random.Below(lines.size())];
    for (uint64_t n = 1 + random.Below(2); n > 0; --n) Mutate(random, line);
    const Lines copy = Lines::Copy(line + "\n");
    const Verdict expected = ByLibrary(line);
    valid += expected.is_valid ? 1 : 0;
    ASSERT_EQ(BySimdjson(reader, copy), expected) << "seed " << kSeed << ", round " << i << ": " << line;
    ASSERT_EQ(ByHand(parser, copy), expected) << "seed " << kSeed << ", round " << i << ": " << line;
  }
  EXPECT_GT(valid, 4'000u);
}

}  // namespace
}  // namespace bench
