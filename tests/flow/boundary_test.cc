#include <cstdint>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/flow/order.h"

namespace rtstream {
namespace {

using ::rtstream::testing::IsEven;
using ::rtstream::testing::Order;
using ::rtstream::testing::Orders;
using ::rtstream::testing::PipelineDriver;
using ::rtstream::testing::PlusOne;
using ::rtstream::testing::UnitsOf;
using ::rtstream::testing::WantBelowFive;
using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST(Boundary, ChangesNothingWhereverItStands) {
  MemorySource<Order> orders = Orders(5);
  MemorySink<Order> sink;
  PipelineDriver driver([&] {
    return From(orders) | Boundary() | Map("plus_one", PlusOne) | Boundary() | Boundary()
         | Filter("even", IsEven) | Boundary() | To(sink);
  });

  ASSERT_TRUE(driver.Drain().ok());

  EXPECT_THAT(UnitsOf(sink.all()), ElementsAre(2, 4));
}

TEST(Boundary, IsNoOperatorInTheCounters) {
  MemorySource<Order> orders = Orders(5);
  MemorySink<Order> sink("sink");
  PipelineDriver driver([&] {
    return From(orders) | Map("plus_one", PlusOne) | Boundary() | Filter("even", IsEven) | To(sink);
  });

  ASSERT_TRUE(driver.Drain().ok());

  std::vector<std::string> names;
  for (const OperatorStats& stats : driver.runner().Stats()) names.push_back(stats.name);
  EXPECT_THAT(names, ElementsAre("source", "plus_one", "even", "sink", "dead_letters"));
  EXPECT_EQ(driver.Stats("plus_one").out, 5u);
  EXPECT_EQ(driver.Stats("even").in, 5u);
  EXPECT_EQ(driver.Stats("even").out, 2u);
}

TEST(Boundary, RefusalBehindItGivesTheClaimOfADedupBack) {
  MemorySource<Order> orders;
  orders.Push({"shirt", 7});
  orders.Push({"shirt", 3});
  orders.Finish();
  MemorySink<Order> sink;
  PipelineDriver driver([&] {
    return From(orders) | AssignEventTime([](const Order&) { return Time{}; })
         | Dedup("dedup", &Order::sku, {.window = std::chrono::hours(1)})
         | Boundary() | Validate("validate", WantBelowFive) | To(sink);
  });

  ASSERT_TRUE(driver.Drain().ok());

  EXPECT_THAT(driver.dead_letters(), SizeIs(1));
  EXPECT_THAT(UnitsOf(sink.all()), ElementsAre(3));
}

TEST(Boundary, StateBehindItSurvivesACrash) {
  MemorySource<Order> orders = Orders(3);
  MemorySink<int64_t> sums;
  PipelineDriver driver([&] {
    return From(orders) | Boundary()
         | Aggregate("sum", &Order::sku, [](int64_t& sum, const Order& o) { sum += o.units; })
         | Boundary() | Map("value", [](const Aggregated<std::string, int64_t>& a) { return a.value; })
         | To(sums);
  });
  ASSERT_TRUE(driver.Drain().ok());
  ASSERT_TRUE(driver.Commit().ok());

  ASSERT_TRUE(driver.Crash().ok());
  orders.Push({"shirt", 10});
  ASSERT_TRUE(driver.Drain().ok());

  EXPECT_THAT(sums.all(), ElementsAre(0, 1, 3, 13));
}

TEST(Boundary, MayStandInABranch) {
  MemorySource<Order> orders = Orders(3);
  MemorySink<Order> sink("sink");
  PipelineDriver driver([&] {
    return From(orders)
         | Tee("tee", Branch<Order>() | Boundary() | Map("plus_one", PlusOne) | Boundary() | To(sink))
         | Discard();
  });

  ASSERT_TRUE(driver.Drain().ok());

  EXPECT_THAT(UnitsOf(sink.all()), ElementsAre(1, 2, 3));
}

}  // namespace
}  // namespace rtstream
