#include "rtstream/op/route.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtstream/flow/flow.h"
#include "rtstream/io/memory_source.h"
#include "rtstream/op/map.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/pipeline_driver.h"

namespace rtstream {
namespace {

using testing::DeadLetterIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::PipelineDriver;

bool IsOdd(const int& n) { return n % 2 != 0; }
int ModFour(const int& n) { return n % 4; }

class RouteTest : public ::testing::Test {
 protected:
  MemorySource<int> in_;
  MemorySink<int> a_{"a"}, b_{"b"}, c_{"c"};
};

TEST_F(RouteTest, TrueGoesDownTheFirstBranchAndFalseDownTheSecond) {
  PipelineDriver driver([&] {
    return From(in_) | Route("route", IsOdd, Branch<int>() | To(a_), Branch<int>() | To(b_));
  });
  for (int n : {1, 2, 3, 4}) in_.Push(n);
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(a_.all(), ElementsAre(1, 3));
  EXPECT_THAT(b_.all(), ElementsAre(2, 4));
}

TEST_F(RouteTest, ANumberIsThatOfTheBranch) {
  PipelineDriver driver([&] {
    return From(in_) | Route("route", ModFour, Branch<int>() | To(a_), Branch<int>() | To(b_),
                             Branch<int>() | To(c_));
  });
  for (int n : {2, 1, 0, 5}) in_.Push(n);
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(a_.all(), ElementsAre(0));
  EXPECT_THAT(b_.all(), ElementsAre(1, 5));
  EXPECT_THAT(c_.all(), ElementsAre(2));
}

TEST_F(RouteTest, AnEnumIsTheNumberOfTheBranch) {
  enum class Way { kFirst, kSecond };
  PipelineDriver driver([&] {
    return From(in_) | Route(
                           "route", [](const int& n) { return n > 0 ? Way::kSecond : Way::kFirst; },
                           Branch<int>() | To(a_), Branch<int>() | To(b_));
  });
  for (int n : {-1, 1}) in_.Push(n);
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(a_.all(), ElementsAre(-1));
  EXPECT_THAT(b_.all(), ElementsAre(1));
}

TEST_F(RouteTest, ARecordWhoseNumberNoBranchHasIsRefused) {
  PipelineDriver driver([&] {
    return From(in_) | Route("route", ModFour, Branch<int>() | To(a_), Branch<int>() | To(b_));
  });
  for (int n : {0, 3, -1}) in_.Push(n);
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(driver.dead_letters(),
              ElementsAre(DeadLetterIs("route", absl::StatusCode::kInternal, "route 3"),
                          DeadLetterIs("route", absl::StatusCode::kInternal, "does not exist")));
  EXPECT_THAT(a_.all(), ElementsAre(0));
  EXPECT_THAT(b_.all(), IsEmpty());
  EXPECT_EQ(driver.Stats("route").in, 3u);
  EXPECT_EQ(driver.Stats("route").out, 1u);
  EXPECT_EQ(driver.Stats("route").refused, 2u);
}

TEST_F(RouteTest, BranchesHaveOperatorsOfTheirOwn) {
  PipelineDriver driver([&] {
    return From(in_) |
           Route("route", IsOdd,
                 Branch<int>() | Map("negate", [](const int& n) { return -n; }) | To(a_),
                 Branch<int>() | Discard());
  });
  for (int n : {1, 2}) in_.Push(n);
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(a_.all(), ElementsAre(-1));
  EXPECT_EQ(driver.Stats("negate").in, 1u);
}

TEST_F(RouteTest, BothBranchesMayEndInOneSink) {
  PipelineDriver driver(
      [&] {
        return From(in_) | Route("route", IsOdd, Branch<int>() | To(a_), Branch<int>() | To(a_));
      },
      {.batch_rows = 2});
  for (int n : {2, 1, 4, 3}) in_.Push(n);
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(a_.all(), ElementsAre(1, 2, 3, 4));
}

}  // namespace
}  // namespace rtstream
