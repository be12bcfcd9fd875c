
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>

#include "rtstream/testing/matchers.h"

TEST(Readme, TheShopArchivesEachSaleOnceAndCountsItsStores) {
  std::ofstream("sales.ndjson") << R"({"id":"a","store":"north","sku":"hat","units":2,"at":"2026-03-02T08:00:00Z"}
{"id":"b","store":"south","sku":"hat","units":0,"at":"2026-03-02T08:00:00Z"}
{"id":"a","store":"north","sku":"hat","units":2,"at":"2026-03-02T08:00:00Z"}
{"id":"c","store":"north","sku":"cap","units":3,"at":"2026-03-02T08:00:01Z"}
)";
  ASSERT_THAT(RunShop(), rt::testing::IsOk());
  std::ifstream archive("archive.ndjson");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(archive), {}),
            R"({"id":"a","store":"north","sku":"hat","units":2,"at":"2026-03-02T08:00:00.000Z"}
{"id":"c","store":"north","sku":"cap","units":3,"at":"2026-03-02T08:00:01.000Z"}
)");
  const auto state = rt::LogStore::OpenReadOnly("state");
  ASSERT_THAT(state, rt::testing::IsOk());
  std::map<std::string, int64_t> units;
  const auto add = [&](std::string_view store, int64_t sum) { units[std::string(store)] = sum; };
  ASSERT_THAT((rt::ReadSums<std::string_view, int64_t>(**state, "units_of_store", add)), rt::testing::IsOk());
  EXPECT_THAT(units, ::testing::ElementsAre(std::pair("north", 5)));
}
