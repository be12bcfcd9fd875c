#include "tests/op/everything.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtstream/op/update_inventory.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/pipeline_driver.h"
#include "rtstream/testing/random.h"

namespace rtstream {
namespace {

using testing::IsOk;

// Pushes the sales piece by piece and crashes and commits at random steps between.
Outcome RunWithCrashes(const std::vector<Sale>& sales, uint64_t seed, size_t batch_rows) {
  testing::Random random(seed);
  Everything e;
  testing::PipelineDriver driver([&] { return MakeEverything(e.ends()); }, {.batch_rows = batch_rows});
  for (size_t pushed = 0; pushed < sales.size();) {
    for (uint64_t n = random.Below(2 * batch_rows) + 1; n > 0 && pushed < sales.size(); --n) {
      e.in.Push(sales[pushed++]);
    }
    for (uint64_t steps = random.Below(4); steps > 0; --steps) EXPECT_THAT(driver.Step(), IsOk());
    if (random.Chance(0.2)) {
      EXPECT_THAT(driver.Commit(), IsOk());
    }
    if (random.Chance(0.05)) {
      EXPECT_THAT(driver.Crash(), IsOk());
    }
  }
  EXPECT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(driver.Commit(), IsOk());
  EXPECT_EQ(driver.Stats("check").in, sales.size());
  EXPECT_EQ(driver.Stats("dedup").side, e.copies.all().size());
  EXPECT_EQ(driver.Stats("split").out, e.units.all().size());

  Outcome out{.copies = e.copies.all(),
              .facts = e.facts.all(),
              .units = e.units.all(),
              .windows = e.windows.all(),
              .sold_out = e.sold_out.all(),
              .dead_letters = {},
              .stock = {}};
  for (const DeadLetter& letter : driver.dead_letters()) {
    out.dead_letters.emplace_back(letter.op, letter.position);
  }
  EXPECT_THAT((ReadItems<std::string, Stock>(driver.store(), "inventory",
                                             [&](const std::string& sku, const Item<Stock>& item) {
                                               out.stock[sku] = {
                                                   item.value.on_hand, item.version,
                                                   item.last_updated.time_since_epoch().count()};
                                             })),
              IsOk());
  return out;
}

class EverythingTest : public ::testing::TestWithParam<std::tuple<uint64_t, size_t>> {};

TEST_P(EverythingTest, AgreesWithTheReferenceWhereverBatchesEndAndCrashesCome) {
  const auto [seed, batch_rows] = GetParam();
  SCOPED_TRACE("seed " + std::to_string(seed));
  const std::vector<Sale> sales = RandomSales(seed);
  const Outcome expected = Reference(sales);
  const Outcome found = RunWithCrashes(sales, seed, batch_rows);
  EXPECT_EQ(found.copies, expected.copies);
  EXPECT_EQ(found.facts, expected.facts);
  EXPECT_EQ(found.units, expected.units);
  EXPECT_EQ(found.windows, expected.windows);
  EXPECT_EQ(found.sold_out, expected.sold_out);
  EXPECT_EQ(found.dead_letters, expected.dead_letters);
  EXPECT_EQ(found.stock, expected.stock);
}

INSTANTIATE_TEST_SUITE_P(SeedsAndBatchSizes, EverythingTest,
                         ::testing::Combine(::testing::Range<uint64_t>(1, 6),
                                            ::testing::Values(1, 2, 7, 512, 4096)));

// The random input must reach every exit, or the test above shows nothing.
TEST(EverythingInput, ReachesEveryExit) {
  const Outcome out = Reference(RandomSales(1));
  for (const char* op : {"check", "dedup", "luck", "per_window"}) {
    EXPECT_THAT(out.dead_letters, ::testing::Contains(::testing::Pair(op, ::testing::_))) << op;
  }
  EXPECT_GT(out.copies.size(), 50u);
  EXPECT_GT(out.windows.size(), 50u);
  EXPECT_GT(out.sold_out.size(), 50u);
}

}  // namespace
}  // namespace rtstream
