#include "rtstream/op/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtstream/flow/flow.h"
#include "rtstream/io/memory_source.h"
#include "rtstream/op/map.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/pipeline_driver.h"

namespace rtstream {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::PipelineDriver;

bool IsEven(const int& n) { return n % 2 == 0; }

class FilterTest : public ::testing::Test {
 protected:
  MemorySource<int> in_;
  MemorySink<int> out_;
  PipelineDriver driver_{[this] { return From(in_) | Filter("even", IsEven) | To(out_); }};
};

TEST_F(FilterTest, PassesOnWhatTheFunctionWantsInOrder) {
  for (int n : {4, 3, 2, 1, 0}) in_.Push(n);
  ASSERT_THAT(driver_.Drain(), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre(4, 2, 0));
}

TEST_F(FilterTest, WhatItDropsIsNoDeadLetter) {
  for (int n : {1, 2, 3}) in_.Push(n);
  ASSERT_THAT(driver_.Drain(), IsOk());
  EXPECT_THAT(driver_.dead_letters(), IsEmpty());
  EXPECT_EQ(driver_.Stats("even").refused, 0u);
}

TEST_F(FilterTest, CountsWhatItTakesAndEmits) {
  for (int n : {1, 2, 3}) in_.Push(n);
  ASSERT_THAT(driver_.Drain(), IsOk());
  EXPECT_EQ(driver_.Stats("even").in, 3u);
  EXPECT_EQ(driver_.Stats("even").out, 1u);
}

TEST_F(FilterTest, ABatchThatIsDroppedWholeStillMovesThePosition) {
  in_.Push(1);
  ASSERT_THAT(driver_.Drain(), IsOk());
  ASSERT_THAT(driver_.Commit(), IsOk());
  ASSERT_THAT(driver_.Crash(), IsOk());
  ASSERT_THAT(driver_.Drain(), IsOk());
  EXPECT_EQ(driver_.Stats("even").in, 1u);
}

TEST(Filter, ChainsInOneLoopCountEachForItself) {
  MemorySource<int> in;
  MemorySink<int> out;
  PipelineDriver driver([&] {
    return From(in) | Filter("even", IsEven) |
           Filter("small", [](const int& n, Context&) { return n < 10; }) | To(out);
  });
  for (int n : {2, 3, 12, 4}) in.Push(n);
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_EQ(driver.Stats("even").out, 3u);
  EXPECT_EQ(driver.Stats("small").in, 3u);
  EXPECT_EQ(driver.Stats("small").out, 2u);
}

TEST(Filter, BehindAMapCountsAllThatTheMapMakes) {
  MemorySource<int> in;
  MemorySink<int> out;
  PipelineDriver driver([&] {
    return From(in) | Map("half", [](const int& n) { return n / 2; }) | Filter("even", IsEven) | To(out);
  });
  for (int n : {2, 4, 6, 8}) in.Push(n);
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(out.all(), ElementsAre(2, 4));
  EXPECT_EQ(driver.Stats("half").in, 4u);
  EXPECT_EQ(driver.Stats("half").out, 4u);
  EXPECT_EQ(driver.Stats("even").in, 4u);
  EXPECT_EQ(driver.Stats("even").out, 2u);
}

TEST(Filter, BehindAMapMayLookAtTheContext) {
  MemorySource<int> in;
  MemorySink<int> out;
  PipelineDriver driver([&] {
    return From(in) | Map("same", [](const int& n) { return n; }) |
           Filter("later", [](const int&, Context& ctx) { return ctx.position() > 0; }) | To(out);
  });
  for (int n : {5, 6, 7}) in.Push(n);
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(out.all(), ElementsAre(6, 7));
}

}  // namespace
}  // namespace rtstream
