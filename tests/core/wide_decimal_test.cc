#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "rtstream/core/csv_reader.h"
#include "rtstream/core/csv_writer.h"
#include "rtstream/core/json_reader.h"
#include "rtstream/core/json_writer.h"
#include "rtstream/testing/matchers.h"

// Sums of decimals as text: what aggregates over money give to files.
namespace rtstream {
namespace {

struct Total {
  std::string account;
  WideDecimal<2> sum;
};

}  // namespace

template <>
struct Mapping<Total> {
  static constexpr auto kFields = std::tuple{Field("account", &Total::account), Field("sum", &Total::sum)};
};

namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

std::string Json(const Total& total) {
  std::string out;
  AppendJson(total, out);
  return out;
}
std::string Csv(const Total& total) {
  std::string out;
  AppendCsv(total, out);
  return out;
}
constexpr WideDecimal<2> kBeyond64Bits{static_cast<Int128>(INT64_MAX) * 1000};

TEST(WideDecimalText, IsANumberInJson) {
  EXPECT_EQ(Json({"a", {-1075}}), R"({"account":"a","sum":-10.75})");
  EXPECT_EQ(Json({"a", kBeyond64Bits}), R"({"account":"a","sum":92233720368547758070})");
}

TEST(WideDecimalText, IsANumberInCsv) {
  EXPECT_EQ(Csv({"a", {-1075}}), "a,-10.75");
  EXPECT_EQ(Csv({"a", kBeyond64Bits}), "a,92233720368547758070");
}

TEST(WideDecimalText, IsReadBackIfADecimalHoldsIt) {
  JsonReader<Total> json;
  Arena arena;
  Total total;
  ASSERT_THAT(json.Read(Json({"a", {-1075}}), arena, total), IsOk());
  EXPECT_EQ(total.sum.mantissa, -1075);
  EXPECT_THAT(json.Read(Json({"a", kBeyond64Bits}), arena, total),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("sum: want a number in range")));
}

}  // namespace
}  // namespace rtstream
