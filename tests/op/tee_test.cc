#include "rtstream/op/tee.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>

#include "rtstream/flow/flow.h"
#include "rtstream/io/memory_source.h"
#include "rtstream/io/memory_table.h"
#include "rtstream/op/enrich.h"
#include "rtstream/op/filter.h"
#include "rtstream/op/map.h"
#include "rtstream/op/validate.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/pipeline_driver.h"

namespace rtstream {
namespace {

using testing::DeadLetterIs;
using ::testing::ElementsAre;
using testing::IsOk;
using testing::PipelineDriver;
using ::testing::UnorderedElementsAre;

absl::Status CheckOdd(const int& n) {
  return n % 2 != 0 ? absl::OkStatus() : absl::InvalidArgumentError("want odd");
}
absl::Status CheckSmall(const int& n) {
  return n < 10 ? absl::OkStatus() : absl::OutOfRangeError("want < 10");
}

class TeeTest : public ::testing::Test {
 protected:
  void Push(std::initializer_list<int> numbers) {
    for (int n : numbers) in_.Push(n);
  }
  MemorySource<int> in_;
  MemorySink<int> side_{"side"}, out_{"out"};
};

TEST_F(TeeTest, SendsEveryRecordBothWays) {
  PipelineDriver driver(
      [&] { return From(in_) | Tee("tee", Branch<int>() | To(side_)) | To(out_); });
  Push({1, 2});
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(side_.all(), ElementsAre(1, 2));
  EXPECT_THAT(out_.all(), ElementsAre(1, 2));
  EXPECT_EQ(driver.Stats("tee").in, 2u);
  EXPECT_EQ(driver.Stats("tee").out, 2u);
}

TEST_F(TeeTest, WhatTheBranchDropsOrChangesIsNotSeenBehindIt) {
  PipelineDriver driver([&] {
    return From(in_) |
           Tee("tee", Branch<int>() | Filter("big", [](const int& n) { return n > 1; }) |
                          Map("negate", [](const int& n) { return -n; }) | To(side_)) |
           To(out_);
  });
  Push({1, 2});
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(side_.all(), ElementsAre(-2));
  EXPECT_THAT(out_.all(), ElementsAre(1, 2));
}

TEST_F(TeeTest, WhatABranchChangesInPlaceIsNotSeenBehindItNorInFrontOfIt) {
  // The rows are the segment's own, so that the flow behind the branch changes them where they stand.
  MemoryTable<int> none;
  PipelineDriver driver([&] {
    return From(in_) | Map("ten", [](const int& n) { return n * 10; }) |
           Tee("tee", Branch<int>() | Map("negate", [](int& n) { n = -n; }) |
                          Enrich("more", none, [](const int&) { return std::string_view("?"); },
                                 [](int& n, const int*) { n -= 1; }) |
                          To(side_)) |
           Map("add", [](int& n) { n += 1; }) | Tee("tee2", Branch<int>() | To(side_)) |
           Map("add2", [](int& n) { n += 1; }) | To(out_);
  });
  Push({1, 2});
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(side_.all(), ElementsAre(-11, -21, 11, 21));
  EXPECT_THAT(out_.all(), ElementsAre(12, 22));
}

TEST_F(TeeTest, ARecordThatTheBranchRefusesGoesOn) {
  PipelineDriver driver([&] {
    return From(in_) | Tee("tee", Branch<int>() | Validate("odd", CheckOdd) | To(side_)) | To(out_);
  });
  Push({1, 2});
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre(1, 2));
  EXPECT_THAT(driver.dead_letters(),
              ElementsAre(DeadLetterIs("odd", absl::StatusCode::kInvalidArgument)));
}

TEST_F(TeeTest, ARecordRefusedTwiceHasOneDeadLetterAndIsCountedTwice) {
  PipelineDriver driver([&] {
    return From(in_) | Tee("tee", Branch<int>() | Validate("odd", CheckOdd) | To(side_)) |
           Validate("small", CheckSmall) | To(out_);
  });
  Push({1, 2, 11, 12});
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(driver.dead_letters(),
              UnorderedElementsAre(DeadLetterIs("odd", absl::StatusCode::kInvalidArgument),
                                   DeadLetterIs("small", absl::StatusCode::kOutOfRange),
                                   DeadLetterIs("odd", absl::StatusCode::kInvalidArgument)));
  EXPECT_EQ(driver.Stats("odd").refused, 2u);
  EXPECT_EQ(driver.Stats("small").refused, 2u);
  EXPECT_THAT(out_.all(), ElementsAre(1, 2));
}

TEST_F(TeeTest, BranchesMayHaveBranches) {
  MemorySink<int> deep("deep");
  PipelineDriver driver([&] {
    return From(in_) |
           Tee("outer", Branch<int>() | Tee("inner", Branch<int>() | To(deep)) | To(side_)) |
           To(out_);
  });
  Push({1, 2});
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(deep.all(), ElementsAre(1, 2));
  EXPECT_THAT(side_.all(), ElementsAre(1, 2));
  EXPECT_THAT(out_.all(), ElementsAre(1, 2));
}

}  // namespace
}  // namespace rtstream
