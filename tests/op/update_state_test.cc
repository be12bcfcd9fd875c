#include "rtstream/op/update_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "rtstream/testing/matchers.h"
#include "tests/op/sale_test_base.h"

namespace rtstream {
namespace {

using testing::DeadLetterIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::IsOk;

struct Tally {
  int64_t units = 0;
  uint64_t version = 0;
  Time at{};
};

// Adds units to the sku's tally; a sale of zero units looks, a negative one is refused.
absl::StatusOr<Tally> AddUnits(ItemUpdate<int64_t>& item, const Sale& sale) {
  if (sale.units < 0) {
    item.Set(-1);
    return absl::FailedPreconditionError("want units >= 0");
  }
  const int64_t units = (item.exists() ? item.value() : 0) + sale.units;
  if (sale.units > 0) item.Set(units);
  return Tally{units, item.version(), item.last_updated()};
}

class UpdateStateTest : public SaleTestBase {
 protected:
  void UseTally(size_t batch_rows = 512) {
    Use([this] { return Sales() | UpdateState("tally", &Sale::sku, AddUnits) | To(tallies_); },
        {.batch_rows = batch_rows});
  }
  std::map<std::string, Item<int64_t>> Committed() {
    std::map<std::string, Item<int64_t>> items;
    const absl::Status status = ReadItems<std::string, int64_t>(
        driver_->store(), "tally",
        [&](const std::string& sku, const Item<int64_t>& item) { items[sku] = item; });
    EXPECT_THAT(status, IsOk());
    return items;
  }
  MemorySink<Tally> tallies_{"tallies"};
};

TEST_F(UpdateStateTest, DecidesTheRecordsOfAKeyOneAfterAnother) {
  UseTally();
  for (int64_t units : {1, 2, 3}) Push("", "hat", units);
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_EQ(tallies_.all()[0].units, 1);
  EXPECT_EQ(tallies_.all()[1].units, 3);
  EXPECT_EQ(tallies_.all()[2].units, 6);
}

TEST_F(UpdateStateTest, KeysDoNotTouchEachOther) {
  UseTally();
  Push("", "hat", 1);
  Push("", "shirt", 5);
  Push("", "hat", 1);
  ASSERT_THAT(DrainAndCommit(), IsOk());
  EXPECT_EQ(Committed()["hat"].value, 2);
  EXPECT_EQ(Committed()["shirt"].value, 5);
}

TEST_F(UpdateStateTest, TheVersionCountsUpdatesAndTheTimeIsThatOfTheLast) {
  UseTally();
  Push("", "hat", 1, At(1));
  Push("", "hat", 1, At(9));
  Push("", "hat", 1, At(5));
  ASSERT_THAT(DrainAndCommit(), IsOk());
  EXPECT_EQ(Committed()["hat"].version, 3u);
  EXPECT_EQ(Committed()["hat"].last_updated, At(5));
}

TEST_F(UpdateStateTest, LookingMakesNoItem) {
  UseTally();
  Push("", "hat", 0);
  ASSERT_THAT(DrainAndCommit(), IsOk());
  EXPECT_THAT(Committed(), IsEmpty());
  EXPECT_EQ(tallies_.all().size(), 1u);
}

TEST_F(UpdateStateTest, SetGivesTheNewValueWhileValueStaysWhatWasRead) {
  const Item<int64_t> stored{.value = 7, .version = 3, .last_updated = At(1)};
  ItemUpdate<int64_t> update(&stored, At(2));
  EXPECT_EQ(update.Set(update.value_or(0) + 1), 8);
  EXPECT_EQ(update.value(), 7);
  EXPECT_EQ(std::move(update).Take().value, 8);
}

TEST_F(UpdateStateTest, AnItemThatIsNotThereHasTheValueThatItIsGiven) {
  EXPECT_EQ(ItemUpdate<int64_t>(nullptr, At(0)).value_or(5), 5);
}

TEST_F(UpdateStateTest, CreateMakesAnItemOfVersionZero) {
  Use([this] {
    return Sales() |
           UpdateState("tally", &Sale::sku,
                       [](ItemUpdate<int64_t>& item, const Sale&) {
                         if (!item.exists()) item.Create(100);
                         return Tally{item.exists() ? item.value() : 0, item.version(),
                                      item.last_updated()};
                       }) |
           To(tallies_);
  });
  Push("", "hat");
  Push("", "hat");
  ASSERT_THAT(DrainAndCommit(), IsOk());
  EXPECT_EQ(tallies_.all()[1].units, 100);
  EXPECT_EQ(Committed()["hat"].version, 0u);
  EXPECT_EQ(Committed()["hat"].last_updated, kMinTime);
}

TEST_F(UpdateStateTest, ARefusedRecordLeavesTheItemAsItWas) {
  UseTally();
  Push("", "hat", 4);
  Push("", "hat", -1);
  Push("", "shirt", -1);
  ASSERT_THAT(DrainAndCommit(), IsOk());
  EXPECT_EQ(Committed()["hat"].value, 4);
  EXPECT_EQ(Committed()["hat"].version, 1u);
  EXPECT_EQ(Committed().count("shirt"), 0u);
  EXPECT_THAT(driver_->dead_letters(),
              ElementsAre(DeadLetterIs("tally", absl::StatusCode::kFailedPrecondition, "units"),
                          DeadLetterIs("tally", absl::StatusCode::kFailedPrecondition, "units")));
}

TEST_F(UpdateStateTest, ItemsSurviveACrashExactly) {
  UseTally(1);
  Push("", "hat", 4, At(1));
  ASSERT_THAT(DrainAndCommit(), IsOk());
  Push("", "hat", 5, At(2));
  ASSERT_THAT(driver_->Drain(), IsOk());
  ASSERT_THAT(driver_->Crash(), IsOk());
  ASSERT_THAT(DrainAndCommit(), IsOk());
  EXPECT_EQ(Committed()["hat"].value, 9);
  EXPECT_EQ(Committed()["hat"].version, 2u);
  EXPECT_EQ(Committed()["hat"].last_updated, At(2));
}

TEST_F(UpdateStateTest, CountsRecordsAndTheItemsHeldAsKeys) {
  UseTally();
  Push("", "hat", 1);
  Push("", "shirt", 1);
  Push("", "shirt", -1);
  ASSERT_THAT(DrainAndCommit(), IsOk());
  const OperatorStats stats = driver_->Stats("tally");
  EXPECT_EQ(stats.in, 3u);
  EXPECT_EQ(stats.out, 2u);
  EXPECT_EQ(stats.refused, 1u);
  EXPECT_EQ(stats.keys, 2u);
}

}  // namespace
}  // namespace rtstream
