#include <memory>
#include <string>
#include <utility>

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
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Compose, RecordsPassTheOperatorsFromLeftToRight) {
  MemorySource<Order> orders = Orders(4);
  MemorySink<Order> sink;
  PipelineDriver driver([&] {
    return From(orders) | Map("plus_one", PlusOne) | Filter("even", IsEven) | Map("again", PlusOne)
         | To(sink);
  });

  ASSERT_TRUE(driver.Drain().ok());

  EXPECT_THAT(UnitsOf(sink.all()), ElementsAre(3, 5));
}

TEST(Compose, SourceMayGoStraightToASink) {
  MemorySource<Order> orders = Orders(2);
  MemorySink<Order> sink;
  PipelineDriver driver([&] { return From(orders) | To(sink); });

  ASSERT_TRUE(driver.Drain().ok());

  EXPECT_THAT(UnitsOf(sink.all()), ElementsAre(0, 1));
}

TEST(Compose, OperatorsMayChangeTheTypeOnTheWay) {
  MemorySource<Order> orders = Orders(3);
  MemorySink<std::string> sink;
  PipelineDriver driver([&] {
    return From(orders) | Map("units", [](const Order& order) { return order.units; })
         | Map("text", [](const int64_t& units) { return std::to_string(units) + "!"; })
         | To(sink);
  });

  ASSERT_TRUE(driver.Drain().ok());

  EXPECT_THAT(sink.all(), ElementsAre("0!", "1!", "2!"));
}

TEST(Compose, FlowMayBeComposedInPieces) {
  MemorySource<Order> orders = Orders(3);
  MemorySink<Order> sink;
  PipelineDriver driver([&] {
    auto parsed = From(orders) | Map("plus_one", PlusOne);
    auto even = std::move(parsed) | Filter("even", IsEven);
    return std::move(even) | To(sink);
  });

  ASSERT_TRUE(driver.Drain().ok());

  EXPECT_THAT(UnitsOf(sink.all()), ElementsAre(2));
}

TEST(Compose, OperatorsMayHoldWhatCannotBeCopied) {
  MemorySource<Order> orders = Orders(3);
  MemorySink<Order> sink;
  PipelineDriver driver([&] {
    auto step = std::make_unique<int64_t>(10);
    return From(orders)
         | Map("step", [step = std::move(step)](const Order& o) { return Order{o.sku, o.units + *step}; })
         | To(sink);
  });

  ASSERT_TRUE(driver.Drain().ok());

  EXPECT_THAT(UnitsOf(sink.all()), ElementsAre(10, 11, 12));
}

TEST(Compose, BranchesMayBranchAgain) {
  MemorySource<Order> orders = Orders(6);
  MemorySink<Order> even("even"), low("low"), high("high");
  PipelineDriver driver([&] {
    auto odd = Branch<Order>()
             | Route("by_size", [](const Order& order) { return order.units < 3; },
                     Branch<Order>() | To(low), Branch<Order>() | To(high));
    return From(orders) | Route("by_parity", IsEven, Branch<Order>() | To(even), std::move(odd));
  });

  ASSERT_TRUE(driver.Drain().ok());

  EXPECT_THAT(UnitsOf(even.all()), ElementsAre(0, 2, 4));
  EXPECT_THAT(UnitsOf(low.all()), ElementsAre(1));
  EXPECT_THAT(UnitsOf(high.all()), ElementsAre(3, 5));
}

TEST(Compose, BranchDoesNotChangeWhatTheFlowBehindItSees) {
  MemorySource<Order> orders = Orders(3);
  MemorySink<Order> changed("changed"), unchanged("unchanged");
  PipelineDriver driver([&] {
    return From(orders)
         | Tee("tee", Branch<Order>() | Map("plus_one", PlusOne) | Filter("even", IsEven) | To(changed))
         | To(unchanged);
  });

  ASSERT_TRUE(driver.Drain().ok());

  EXPECT_THAT(UnitsOf(changed.all()), ElementsAre(2));
  EXPECT_THAT(UnitsOf(unchanged.all()), ElementsAre(0, 1, 2));
}

TEST(Compose, FlowThatDropsEverythingWritesNothing) {
  MemorySource<Order> orders = Orders(3);
  MemorySink<Order> sink;
  PipelineDriver driver([&] {
    return From(orders) | Filter("none", [](const Order&) { return false; })
         | Map("plus_one", PlusOne) | To(sink);
  });

  ASSERT_TRUE(driver.Drain().ok());

  EXPECT_THAT(sink.all(), IsEmpty());
}

TEST(Compose, TwoOperatorsOfOneNameAreRefused) {
  MemorySource<Order> orders = Orders(1);
  PipelineDriver driver([&] {
    return From(orders) | Filter("same", IsEven) | Filter("same", IsEven) | Discard();
  });

  const absl::Status status = driver.Drain();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("same"));
}

}  // namespace
}  // namespace rtstream
