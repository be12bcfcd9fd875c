#include "rtstream/op/inspect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "rtstream/flow/flow.h"
#include "rtstream/io/memory_source.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/pipeline_driver.h"

namespace rtstream {
namespace {

using ::testing::ElementsAre;
using testing::IsOk;
using testing::PipelineDriver;

class InspectTest : public ::testing::Test {
 protected:
  MemorySource<int> in_;
  MemorySink<int> out_;
  std::vector<int> shown_;
  PipelineDriver driver_{[this] {
    return From(in_) | Inspect("show", [this](const int& n) { shown_.push_back(n); }) | To(out_);
  }};
};

TEST_F(InspectTest, ShowsEveryRecordAndPassesItOn) {
  for (int n : {1, 2, 3}) in_.Push(n);
  ASSERT_THAT(driver_.Drain(), IsOk());
  EXPECT_THAT(shown_, ElementsAre(1, 2, 3));
  EXPECT_THAT(out_.all(), ElementsAre(1, 2, 3));
}

TEST_F(InspectTest, ShowsReplayedRecordsAgain) {
  in_.Push(1);
  ASSERT_THAT(driver_.Drain(), IsOk());
  ASSERT_THAT(driver_.Crash(), IsOk());
  ASSERT_THAT(driver_.Drain(), IsOk());
  EXPECT_THAT(shown_, ElementsAre(1, 1));
  EXPECT_THAT(out_.all(), ElementsAre(1));
}

TEST_F(InspectTest, CountsWhatItTakesAndEmits) {
  for (int n : {1, 2, 3}) in_.Push(n);
  ASSERT_THAT(driver_.Drain(), IsOk());
  EXPECT_EQ(driver_.Stats("show").in, 3u);
  EXPECT_EQ(driver_.Stats("show").out, 3u);
}

}  // namespace
}  // namespace rtstream
