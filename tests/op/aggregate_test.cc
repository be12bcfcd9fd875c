#include "rtstream/op/aggregate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "rtstream/op/map.h"
#include "rtstream/state/keyed_state.h"
#include "rtstream/testing/matchers.h"
#include "tests/op/sale_test_base.h"

namespace rtstream {
namespace {

using ::testing::ElementsAre;
using testing::IsOk;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

void AddUnits(int64_t& sum, const Sale& sale) { sum += sale.units; }

class AggregateTest : public SaleTestBase {
 protected:
  void UseSums() {
    Use([this] {
      return Sales() | Aggregate("sums", &Sale::sku, AddUnits) |
             Map("text",
                 [](const Aggregated<std::string, int64_t>& a) {
                   EXPECT_EQ(a.window, Window{});
                   return a.key + "=" + std::to_string(a.value);
                 }) |
             To(texts_);
    });
  }
  std::map<std::string, int64_t> Committed() {
    std::map<std::string, int64_t> sums;
    EXPECT_THAT((ReadSums<std::string, int64_t>(
                    driver_->store(), "sums", [&](const std::string& sku, const int64_t& sum) { sums[sku] = sum; })),
                IsOk());
    return sums;
  }
  MemorySink<std::string> texts_{"texts"};
};

TEST_F(AggregateTest, EmitsItsKeysSumAfterEachRecord) {
  UseSums();
  Push("", "hat", 1);
  Push("", "shirt", 5);
  Push("", "hat", 2);
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(texts_.all(), ElementsAre("hat=1", "shirt=5", "hat=3"));
}

TEST_F(AggregateTest, SumsSurviveACrashExactly) {
  UseSums();
  Push("", "hat", 1);
  ASSERT_THAT(DrainAndCommit(), IsOk());
  Push("", "hat", 2);
  ASSERT_THAT(driver_->Drain(), IsOk());
  ASSERT_THAT(driver_->Crash(), IsOk());
  ASSERT_THAT(DrainAndCommit(), IsOk());
  EXPECT_THAT(texts_.all(), ElementsAre("hat=1", "hat=3"));
  EXPECT_THAT(Committed(), UnorderedElementsAre(Pair("hat", 3)));
}

TEST_F(AggregateTest, SumsInTablesOfAnExpectedSizeSurviveACrashExactly) {
  Use([this] {
    return Sales() |
           Aggregate("sums", [](const Sale& s) { return s.units; },
                     [](int64_t& sum, const Sale& s) { sum += s.units; }, Running{.expected_keys = 10}) |
           Map("text", [](const Aggregated<int64_t, int64_t>& a) { return std::to_string(a.value); }) |
           To(texts_);
  });
  for (int64_t units = 1; units <= 1'000; ++units) Push("", "hat", units);
  ASSERT_THAT(DrainAndCommit(), IsOk());
  ASSERT_THAT(driver_->Crash(), IsOk());
  Push("", "hat", 1'000);
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_EQ(texts_.all().back(), "2000");
  EXPECT_EQ(driver_->Stats("sums").keys, 1'000u);
}

TEST_F(AggregateTest, LateRecordsCountLikeAnyOther) {
  UseSums();
  Push("", "hat", 1, At(1000));
  Push("", "hat", 2, At(0));
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(texts_.all(), ElementsAre("hat=1", "hat=3"));
}

TEST_F(AggregateTest, CountsRecordsAndTheKeysHeld) {
  UseSums();
  Push("", "hat", 1);
  Push("", "shirt", 5);
  Push("", "hat", 2);
  ASSERT_THAT(DrainAndCommit(), IsOk());
  EXPECT_EQ(driver_->Stats("sums").in, 3u);
  EXPECT_EQ(driver_->Stats("sums").out, 3u);
  EXPECT_EQ(driver_->Stats("sums").keys, 2u);
}

TEST_F(AggregateTest, CountsTheSameWhenNobodyLooksAtTheResults) {
  Use([this] { return Sales() | Aggregate("sums", &Sale::sku, AddUnits) | Discard(); });
  Push("", "hat", 1);
  Push("", "hat", 2);
  ASSERT_THAT(DrainAndCommit(), IsOk());
  EXPECT_EQ(driver_->Stats("sums").out, 2u);
  EXPECT_THAT(Committed(), UnorderedElementsAre(Pair("hat", 3)));
}

TEST_F(AggregateTest, TakesTuplesAsKeys) {
  Use([this] {
    return Sales() |
           Aggregate(
               "sums",
               [](const Sale& s) {
                 return std::pair<std::string_view, int64_t>(s.sku, s.units % 2);
               },
               AddUnits) |
           Discard();
  });
  for (int64_t units : {1, 2, 3}) Push("", "hat", units);
  ASSERT_THAT(DrainAndCommit(), IsOk());
  std::map<std::pair<std::string, int64_t>, int64_t> sums;
  ASSERT_THAT((ReadSums<std::pair<std::string, int64_t>, int64_t>(
                  driver_->store(), "sums", [&](const auto& key, const int64_t& sum) { sums[key] = sum; })),
              IsOk());
  EXPECT_THAT(sums, ElementsAre(Pair(Pair("hat", 0), 2), Pair(Pair("hat", 1), 4)));
}

}  // namespace
}  // namespace rtstream
