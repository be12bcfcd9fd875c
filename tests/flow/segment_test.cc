// Record operators share a loop of at most kLongestSegment of them: nobody may be able to tell.
#include <cstddef>
#include <string>
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
using ::rtstream::testing::WantBelowFive;
using ::testing::ElementsAre;
using ::testing::SizeIs;

struct Fusable {
  static constexpr bool kKeepsRow = true;
};
struct Batchwise {};

// The list of these operators, the first one first.
template <typename List, typename... Ops>
struct ListOf {
  using type = List;
};
template <typename List, typename Op, typename... Ops>
struct ListOf<List, Op, Ops...> : ListOf<internal::OpList<List, Op>, Ops...> {};
template <typename... Ops>
constexpr size_t kLengthOfLast =
    internal::SegmentLength<typename ListOf<internal::NoOps, Ops...>::type>();

// A user's operator that says that it emits one record at most.
struct Halve {
  using Input = Order;
  using Output = int64_t;
  static constexpr bool kEmitsAtMostOne = true;
  template <typename Emit>
  absl::Status Process(const Order& order, Context&, Emit&& emit) const {
    if (order.units % 2 == 0) emit(order.units / 2);
    return absl::OkStatus();
  }
};

// Appends kCount operators named by their number; `make(i)` makes one.
template <size_t kCount, size_t kAt = 0, typename F, typename Make>
auto Append(F flow, const Make& make) {
  if constexpr (kAt == kCount) {
    return flow;
  } else {
    return Append<kCount, kAt + 1>(std::move(flow) | make(std::to_string(kAt)), make);
  }
}

TEST(Segment, BeginsBehindTheLastOperatorThatIsNotOfItsKind) {
  EXPECT_EQ((kLengthOfLast<Fusable, Batchwise, Fusable, Fusable>), 2u);
}

TEST(Segment, EndsBeforeAnOperatorThatIsNotOfItsKind) {
  EXPECT_EQ((kLengthOfLast<Fusable, Fusable, Batchwise>), 0u);
}

TEST(Segment, IsCutAtItsLongestLength) {
  using F = Fusable;
  EXPECT_EQ((kLengthOfLast<F, F, F, F, F, F, F, F, F, F, F, F>), internal::kLongestSegment);
}

TEST(Segment, OperatorsOfACutFlowAllWork) {
  MemorySource<Order> orders = Orders(3);
  MemorySink<Order> sink;
  PipelineDriver driver([&] {
    return Append<25>(From(orders), [](std::string name) { return Map(std::move(name), PlusOne); })
         | To(sink);
  });

  ASSERT_TRUE(driver.Drain().ok());

  EXPECT_THAT(UnitsOf(sink.all()), ElementsAre(25, 26, 27));
}

TEST(Segment, OperatorsOfACutFlowAreListedInTheirOrder) {
  MemorySource<Order> orders = Orders(3);
  MemorySink<Order> sink("sink");
  PipelineDriver driver([&] {
    return Append<12>(From(orders), [](std::string name) { return Map(std::move(name), PlusOne); })
         | To(sink);
  });

  std::vector<std::string> names;
  for (const OperatorStats& stats : driver.runner().Stats()) names.push_back(stats.name);

  EXPECT_THAT(names, ElementsAre("source", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10",
                                 "11", "sink", "dead_letters"));
}

TEST(Segment, EachOperatorOfACutFlowSeesTheRecordsInTheirOrder) {
  MemorySource<Order> orders = Orders(100);
  std::vector<std::vector<int64_t>> seen(25);
  PipelineDriver driver([&] {
    return Append<25>(From(orders),
                      [&seen](std::string name) {
                        auto& mine = seen[std::stoul(name)];
                        return Inspect(std::move(name),
                                       [&mine](const Order& o) { mine.push_back(o.units); });
                      })
         | Discard();
  });

  ASSERT_TRUE(driver.Drain().ok());

  std::vector<int64_t> want;
  for (int64_t i = 0; i < 100; ++i) want.push_back(i);
  EXPECT_THAT(seen, ::testing::Each(want));
}

TEST(Segment, RecordIsSeenByAnOperatorBeforeTheOnesBehindIt) {
  MemorySource<Order> orders = Orders(50);
  std::vector<int> passed(50, 0);  // operators that each record has passed
  std::vector<std::string> jumps;
  PipelineDriver driver([&] {
    return Append<25>(From(orders),
                      [&](std::string name) {
                        const int at = std::stoi(name);
                        return Inspect(std::move(name), [&, at](const Order& o) {
                          int& count = passed[static_cast<size_t>(o.units)];
                          if (count++ != at) jumps.push_back(std::to_string(at));
                        });
                      })
         | Discard();
  });

  ASSERT_TRUE(driver.Drain().ok());

  EXPECT_THAT(jumps, ::testing::IsEmpty());
  EXPECT_THAT(passed, ::testing::Each(25));
}

TEST(Segment, RecordRefusedInTheMiddleGoesNoFurther) {
  MemorySource<Order> orders = Orders(7);
  std::vector<int64_t> behind;
  MemorySink<Order> sink;
  PipelineDriver driver([&] {
    return From(orders) | Map("plus_one", PlusOne) | Validate("validate", WantBelowFive)
         | Inspect("behind", [&](const Order& order) { behind.push_back(order.units); })
         | To(sink);
  });

  ASSERT_TRUE(driver.Drain().ok());

  EXPECT_THAT(behind, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(UnitsOf(sink.all()), ElementsAre(1, 2, 3, 4));
  ASSERT_THAT(driver.dead_letters(), SizeIs(3));
  EXPECT_EQ(driver.dead_letters()[0].op, "validate");
  EXPECT_EQ(driver.dead_letters()[0].position, 4);
}

TEST(Segment, RecordRefusedBehindACutIsRefusedOnce) {
  MemorySource<Order> orders = Orders(7);
  MemorySink<Order> sink;
  PipelineDriver driver([&] {
    return Append<12>(From(orders), [](std::string name) { return Map(std::move(name), PlusOne); })
         | Validate("validate",
                    [](const Order& order) {
                      return order.units < 15 ? absl::OkStatus()
                                              : absl::InvalidArgumentError("units: want below 15");
                    })
         | To(sink);
  });

  ASSERT_TRUE(driver.Drain().ok());

  EXPECT_THAT(UnitsOf(sink.all()), ElementsAre(12, 13, 14));
  ASSERT_THAT(driver.dead_letters(), SizeIs(4));
  EXPECT_EQ(driver.dead_letters()[0].position, 3);
}

TEST(Segment, RowsThatAreKeptAsTheyAreStillPassTheFilters) {
  MemorySource<Order> orders = Orders(8);
  MemorySink<Order> sink;
  PipelineDriver driver([&] {
    return From(orders) | Filter("even", IsEven) | Validate("validate", WantBelowFive) | To(sink);
  });

  ASSERT_TRUE(driver.Drain().ok());

  EXPECT_THAT(UnitsOf(sink.all()), ElementsAre(0, 2, 4));
}

TEST(Segment, EveryOperatorKnowsTheRecordsPosition) {
  MemorySource<Order> orders = Orders(3);
  std::vector<int64_t> first, second;
  PipelineDriver driver([&] {
    return From(orders)
         | Filter("not_the_first",
                  [&](const Order& order, Context& ctx) {
                    first.push_back(ctx.position());
                    return order.units > 0;
                  })
         | Inspect("second", [&](const Order&, Context& ctx) { second.push_back(ctx.position()); })
         | Discard();
  });

  ASSERT_TRUE(driver.Drain().ok());

  EXPECT_THAT(first, ElementsAre(0, 1, 2));
  EXPECT_THAT(second, ElementsAre(1, 2));
}

TEST(Segment, UsersOperatorThatEmitsAtMostOneIsFused) {
  using Op = decltype(Apply("halve", Halve{}).template Bind<Order>());
  EXPECT_TRUE(internal::FusableOp<Op>);
}

}  // namespace
}  // namespace rtstream
