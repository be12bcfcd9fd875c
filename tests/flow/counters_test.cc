#include <chrono>
#include <string>

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
using ::rtstream::testing::WantBelowFive;

TEST(Counters, SourceCountsWhatItPassesOn) {
  MemorySource<Order> orders = Orders(7);
  PipelineDriver driver([&] { return From(orders) | Discard(); });

  ASSERT_TRUE(driver.Drain().ok());

  EXPECT_EQ(driver.Stats("source").out, 7u);
}

TEST(Counters, FusedOperatorsCountEachForItself) {
  MemorySource<Order> orders = Orders(10);
  PipelineDriver driver([&] {
    return From(orders) | Validate("validate", WantBelowFive) | Filter("even", IsEven)
         | Map("plus_one", PlusOne) | Discard();
  });

  ASSERT_TRUE(driver.Drain().ok());

  EXPECT_EQ(driver.Stats("validate").in, 10u);
  EXPECT_EQ(driver.Stats("validate").refused, 5u);
  EXPECT_EQ(driver.Stats("validate").out, 5u);
  EXPECT_EQ(driver.Stats("even").in, 5u);
  EXPECT_EQ(driver.Stats("even").out, 3u);
  EXPECT_EQ(driver.Stats("plus_one").in, 3u);
  EXPECT_EQ(driver.Stats("plus_one").out, 3u);
}

TEST(Counters, OperatorThatMultipliesCountsMoreOutThanIn) {
  MemorySource<Order> orders = Orders(3);
  MemorySink<Order> sink("sink");
  PipelineDriver driver([&] {
    return From(orders)
         | FlatMap("thrice", [](const Order& order) { return std::vector<Order>(3, order); })
         | To(sink);
  });

  ASSERT_TRUE(driver.Drain().ok());

  EXPECT_EQ(driver.Stats("thrice").in, 3u);
  EXPECT_EQ(driver.Stats("thrice").out, 9u);
  EXPECT_EQ(driver.Stats("sink").in, 9u);
}

TEST(Counters, DuplicatesCountAsLeavingByTheSide) {
  MemorySource<Order> orders = Orders(4);
  PipelineDriver driver([&] {
    return From(orders) | AssignEventTime([](const Order&) { return Time{}; })
         | Dedup("dedup", &Order::sku, {.window = std::chrono::hours(1)})
         | Discard();
  });

  ASSERT_TRUE(driver.Drain().ok());

  EXPECT_EQ(driver.Stats("dedup").in, 4u);
  EXPECT_EQ(driver.Stats("dedup").out, 1u);
  EXPECT_EQ(driver.Stats("dedup").side, 3u);
}

TEST(Counters, EveryBranchOfARouteCountsItsOwn) {
  MemorySource<Order> orders = Orders(5);
  MemorySink<Order> even("even"), odd("odd");
  PipelineDriver driver([&] {
    return From(orders)
         | Route("parity", IsEven, Branch<Order>() | To(even), Branch<Order>() | To(odd));
  });

  ASSERT_TRUE(driver.Drain().ok());

  EXPECT_EQ(driver.Stats("parity").in, 5u);
  EXPECT_EQ(driver.Stats("even").in, 3u);
  EXPECT_EQ(driver.Stats("odd").in, 2u);
}

TEST(Counters, WhatACrashUndoesIsNotCountedTwice) {
  MemorySource<Order> orders = Orders(5);
  MemorySink<Order> sink("sink");
  PipelineDriver driver([&] { return From(orders) | Filter("even", IsEven) | To(sink); });
  ASSERT_TRUE(driver.Drain().ok());
  ASSERT_TRUE(driver.Commit().ok());
  for (int i = 0; i < 4; ++i) orders.Push({"shirt", 2});
  ASSERT_TRUE(driver.Drain().ok());

  ASSERT_TRUE(driver.Crash().ok());
  ASSERT_TRUE(driver.Drain().ok());

  EXPECT_EQ(driver.Stats("even").in, 9u);
  EXPECT_EQ(driver.Stats("even").out, 7u);
}

}  // namespace
}  // namespace rtstream
