// A Pipeline is a handle: it may be moved at will before it runs, also in its parts.
#include <cstdint>
#include <type_traits>
#include <utility>
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
using ::testing::ElementsAre;

Pipeline MakePipeline(Source<Order>& orders, Sink<Order>& sink) {
  return From(orders) | Map("plus_one", PlusOne) | Filter("even", IsEven) | To(sink);
}

TEST(Pipeline, RunsAfterItWasMoved) {
  MemorySource<Order> orders = Orders(4);
  MemorySink<Order> sink;
  PipelineDriver driver([&] {
    std::vector<Pipeline> made;
    made.push_back(MakePipeline(orders, sink));
    made.reserve(100);
    Pipeline moved = std::move(made.front());
    return moved;
  });

  ASSERT_TRUE(driver.Drain().ok());

  EXPECT_THAT(UnitsOf(sink.all()), ElementsAre(2, 4));
  EXPECT_EQ(driver.Stats("plus_one").in, 4u);
}

TEST(Pipeline, MoveAssignmentReplacesIt) {
  MemorySource<Order> orders = Orders(4), others = Orders(1);
  MemorySink<Order> sink("sink"), other("other");
  PipelineDriver driver([&] {
    Pipeline pipeline = MakePipeline(others, other);
    pipeline = MakePipeline(orders, sink);
    return pipeline;
  });

  ASSERT_TRUE(driver.Drain().ok());

  EXPECT_THAT(UnitsOf(sink.all()), ElementsAre(2, 4));
  EXPECT_THAT(other.all(), ::testing::IsEmpty());
}

TEST(Pipeline, IsMovedAndNotCopied) {
  EXPECT_TRUE(std::is_nothrow_move_constructible_v<Pipeline>);
  EXPECT_TRUE(std::is_nothrow_move_assignable_v<Pipeline>);
  EXPECT_FALSE(std::is_copy_constructible_v<Pipeline>);
}

TEST(Pipeline, StateOfAMovedPipelineIsCommitted) {
  MemorySource<Order> orders = Orders(3);
  PipelineDriver driver([&] {
    Pipeline pipeline =
        From(orders)
        | Aggregate("sum", &Order::sku, [](int64_t& sum, const Order& o) { sum += o.units; })
        | Discard();
    Pipeline moved = std::move(pipeline);
    return moved;
  });
  ASSERT_TRUE(driver.Drain().ok());
  ASSERT_TRUE(driver.Commit().ok());

  int64_t sum = 0;
  const absl::Status status = ReadState<std::string_view, int64_t>(
      driver.store(), "sum", kSumsTable, [&](std::string_view, int64_t value) { sum = value; });

  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(sum, 3);
}

}  // namespace
}  // namespace rtstream
