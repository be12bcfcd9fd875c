#include "rtstream/op/update_inventory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>

#include "rtstream/op/map.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/random.h"
#include "tests/op/sale_test_base.h"

namespace rtstream {
namespace {

using ::testing::IsEmpty;
using testing::IsOk;

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

TEST(ApplyMovement, SellTakesFreeUnitsOnly) {
  Stock stock{.on_hand = 10, .reserved = 4};
  EXPECT_EQ(ApplyMovement({MovementKind::kSell, 7}, stock), MovementResult::kNotEnoughFree);
  EXPECT_EQ(ApplyMovement({MovementKind::kSell, 6}, stock), MovementResult::kApplied);
  EXPECT_EQ(stock.on_hand, 4);
  EXPECT_EQ(stock.reserved, 4);
}

TEST(ApplyMovement, ReserveSetsFreeUnitsAside) {
  Stock stock{.on_hand = 10, .reserved = 4};
  EXPECT_EQ(ApplyMovement({MovementKind::kReserve, 7}, stock), MovementResult::kNotEnoughFree);
  EXPECT_EQ(ApplyMovement({MovementKind::kReserve, 6}, stock), MovementResult::kApplied);
  EXPECT_EQ(stock.on_hand, 10);
  EXPECT_EQ(stock.reserved, 10);
}

TEST(ApplyMovement, ReleaseFreesReservedUnitsOnly) {
  Stock stock{.on_hand = 10, .reserved = 4};
  EXPECT_EQ(ApplyMovement({MovementKind::kRelease, 5}, stock), MovementResult::kNotEnoughReserved);
  EXPECT_EQ(ApplyMovement({MovementKind::kRelease, 4}, stock), MovementResult::kApplied);
  EXPECT_EQ(stock.reserved, 0);
}

TEST(ApplyMovement, ReturnPutsUnitsBack) {
  Stock stock{.on_hand = 0, .reserved = 0};
  EXPECT_EQ(ApplyMovement({MovementKind::kReturn, 3}, stock), MovementResult::kApplied);
  EXPECT_EQ(stock.on_hand, 3);
}

TEST(ApplyMovement, QuantitiesThatAreNotPositiveAreInvalid) {
  Stock stock{.on_hand = 10, .reserved = 4};
  for (MovementKind kind : {MovementKind::kSell, MovementKind::kReturn, MovementKind::kReserve,
                            MovementKind::kRelease}) {
    for (int64_t quantity : {int64_t{0}, int64_t{-1}, -kMost - 1}) {
      EXPECT_EQ(ApplyMovement({kind, quantity}, stock), MovementResult::kInvalidQuantity);
    }
  }
  EXPECT_EQ(stock.on_hand, 10);
}

TEST(ApplyMovement, AReturnBeyondTheRangeIsInvalid) {
  Stock stock{.on_hand = 10, .reserved = 0};
  EXPECT_EQ(ApplyMovement({MovementKind::kReturn, kMost}, stock), MovementResult::kInvalidQuantity);
  EXPECT_EQ(stock.on_hand, 10);
}

// A movement of units of a sku: sales, with the kind in the id.
Movement MovementOf(const Sale& sale) {
  const char kind = sale.id.empty() ? 's' : sale.id[0];
  return {kind == 's'   ? MovementKind::kSell
          : kind == 'b' ? MovementKind::kReturn
          : kind == 'h' ? MovementKind::kReserve
                        : MovementKind::kRelease,
          sale.units};
}

// An outcome that owns what it holds.
struct Seen {
  std::string id;
  MovementResult result{};
  Stock stock;
  uint64_t version = 0;
  int64_t initial = 0;
  bool is_first = false;
};

class UpdateInventoryTest : public SaleTestBase {
 protected:
  void UseInventory(int64_t initial, size_t batch_rows = 512) {
    Use(
        [this, initial] {
          return Sales() |
                 UpdateInventory("inventory", &Sale::sku, MovementOf,
                                 [initial](const Sale&) { return initial; }) |
                 Map("own",
                     [](const InventoryOutcome<Sale>& o) {
                       return Seen{o.record->id, o.result,  o.stock,
                                   o.version,    o.initial, o.is_first};
                     }) |
                 To(seen_);
        },
        {.batch_rows = batch_rows});
  }
  std::map<std::string, Item<Stock>> Committed() {
    std::map<std::string, Item<Stock>> items;
    EXPECT_THAT((ReadItems<std::string, Stock>(
                    driver_->store(), "inventory",
                    [&](const std::string& sku, const Item<Stock>& item) { items[sku] = item; })),
                IsOk());
    return items;
  }
  MemorySink<Seen> seen_{"seen"};
};

TEST_F(UpdateInventoryTest, AnItemBeginsWithTheInitialStock) {
  UseInventory(100);
  Push("s", "hat", 30);
  ASSERT_THAT(driver_->Drain(), IsOk());
  const Seen& first = seen_.all().at(0);
  EXPECT_TRUE(first.is_first);
  EXPECT_EQ(first.initial, 100);
  EXPECT_EQ(first.stock.on_hand, 70);
  EXPECT_EQ(first.version, 1u);
}

TEST_F(UpdateInventoryTest, ARefusedMovementIsDataAndMakesTheItem) {
  UseInventory(10);
  Push("s", "hat", 11);
  ASSERT_THAT(DrainAndCommit(), IsOk());
  EXPECT_EQ(seen_.all().at(0).result, MovementResult::kNotEnoughFree);
  EXPECT_EQ(seen_.all().at(0).stock.on_hand, 10);
  EXPECT_EQ(seen_.all().at(0).version, 0u);
  EXPECT_THAT(driver_->dead_letters(), IsEmpty());
  EXPECT_EQ(Committed()["hat"].value.on_hand, 10);
  EXPECT_EQ(Committed()["hat"].version, 0u);
}

TEST_F(UpdateInventoryTest, ANegativeInitialStockIsNone) {
  UseInventory(-5);
  Push("s", "hat", 1);
  ASSERT_THAT(DrainAndCommit(), IsOk());
  EXPECT_EQ(seen_.all().at(0).initial, 0);
  EXPECT_EQ(Committed()["hat"].value.on_hand, 0);
}

TEST_F(UpdateInventoryTest, LastUpdatedIsTheTimeOfTheLastAppliedMovement) {
  UseInventory(10);
  Push("s", "hat", 5, At(1));
  Push("s", "hat", 99, At(2));
  ASSERT_THAT(DrainAndCommit(), IsOk());
  EXPECT_EQ(Committed()["hat"].last_updated, At(1));
}

TEST_F(UpdateInventoryTest, ManyInOneBatchAreDecidedOneAfterAnother) {
  UseInventory(3);
  for (int i = 0; i < 5; ++i) Push("s", "hat", 1);
  ASSERT_THAT(driver_->Drain(), IsOk());
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(seen_.all()[i].result == MovementResult::kApplied, i < 3) << i;
  }
}

// Random movements against a model that decides one record at a time.
class InventoryPropertyTest : public UpdateInventoryTest,
                              public ::testing::WithParamInterface<uint64_t> {};

TEST_P(InventoryPropertyTest, AgreesWithTheModelAndKeepsItsInvariants) {
  testing::Random random(GetParam());
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  const int64_t initial = random.Between(0, 20);
  UseInventory(initial, 1 + random.Below(40));
  std::map<std::string, Item<Stock>> model;
  std::vector<MovementResult> expected;
  for (int i = 0; i < 2000; ++i) {
    Sale sale{std::string(1, "sbhr"[random.Below(4)]), "sku" + std::to_string(random.Below(8)),
              random.Between(-1, 12), At(i)};
    if (random.Chance(0.01)) sale.units = kMost - random.Between(0, 3);
    Item<Stock>& item = model.try_emplace(sale.sku, Item<Stock>{{initial, 0}}).first->second;
    const int64_t free = item.value.on_hand - item.value.reserved;
    Stock after = item.value;
    bool fits = sale.units > 0;
    switch (sale.id[0]) {
      case 's':
        fits = fits && sale.units <= free;
        if (fits) after.on_hand -= sale.units;
        break;
      case 'b':
        fits = fits && sale.units <= kMost - item.value.on_hand;
        if (fits) after.on_hand += sale.units;
        break;
      case 'h':
        fits = fits && sale.units <= free;
        if (fits) after.reserved += sale.units;
        break;
      default:
        fits = fits && sale.units <= item.value.reserved;
        if (fits) after.reserved -= sale.units;
    }
    if (fits) item = {after, item.version + 1, sale.at};
    expected.push_back(fits ? MovementResult::kApplied : MovementResult::kInvalidQuantity);
    in_.Push(sale);
  }
  while (true) {
    const absl::StatusOr<StepResult> step = driver_->Step();
    ASSERT_THAT(step, IsOk());
    if (*step != StepResult::kBatch) break;
    if (random.Chance(0.2)) {
      ASSERT_THAT(driver_->Commit(), IsOk());
    }
    if (random.Chance(0.1)) {
      ASSERT_THAT(driver_->Crash(), IsOk());
    }
  }
  ASSERT_THAT(driver_->Commit(), IsOk());

  ASSERT_EQ(seen_.all().size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    const Seen& seen = seen_.all()[i];
    ASSERT_EQ(seen.result == MovementResult::kApplied, expected[i] == MovementResult::kApplied)
        << i;
    ASSERT_LE(0, seen.stock.reserved) << i;
    ASSERT_LE(seen.stock.reserved, seen.stock.on_hand) << i;
  }
  const std::map<std::string, Item<Stock>> committed = Committed();
  ASSERT_EQ(committed.size(), model.size());
  for (const auto& [sku, item] : model) {
    const Item<Stock>& found = committed.at(sku);
    EXPECT_EQ(found.value.on_hand, item.value.on_hand) << sku;
    EXPECT_EQ(found.value.reserved, item.value.reserved) << sku;
    EXPECT_EQ(found.version, item.version) << sku;
    EXPECT_EQ(found.last_updated, item.version == 0 ? kMinTime : item.last_updated) << sku;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, InventoryPropertyTest, ::testing::Range<uint64_t>(1, 9));

}  // namespace
}  // namespace rtstream
