#include "rtstream/testing/pipeline_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "rtstream/flow/flow.h"
#include "rtstream/io/memory_source.h"
#include "rtstream/op/validate.h"
#include "rtstream/testing/matchers.h"

namespace rtstream::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PipelineDriverTest : public ::testing::Test {
 protected:
  Pipeline Make() {
    return From(numbers_) |
           Validate("not_negative",
                    [](const int& n) {
                      return n >= 0 ? absl::OkStatus() : absl::InvalidArgumentError("want >= 0");
                    }) |
           To(seen_);
  }
  void Push(std::initializer_list<int> numbers) {
    for (int n : numbers) numbers_.Push(n);
  }

  MemorySource<int> numbers_;
  MemorySink<int> seen_{"seen"};
  PipelineDriver driver_{[this] { return Make(); }, {.commit_interval = 1s, .batch_rows = 2}};
};

TEST_F(PipelineDriverTest, StepProcessesOneBatch) {
  Push({1, 2, 3});
  EXPECT_THAT(driver_.Step(), IsOkAndHolds(StepResult::kBatch));
  EXPECT_THAT(seen_.all(), ElementsAre(1, 2));
}

TEST_F(PipelineDriverTest, StepSaysWhenThereIsNothing) {
  EXPECT_THAT(driver_.Step(), IsOkAndHolds(StepResult::kIdle));
  numbers_.Finish();
  EXPECT_THAT(driver_.Step(), IsOkAndHolds(StepResult::kFinished));
}

TEST_F(PipelineDriverTest, DrainProcessesEverything) {
  Push({1, 2, 3, 4, 5});
  EXPECT_THAT(driver_.Drain(), IsOk());
  EXPECT_THAT(seen_.all(), ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(PipelineDriverTest, CrashTakesWhatWasNotCommitted) {
  Push({1, 2});
  EXPECT_THAT(driver_.Drain(), IsOk());
  EXPECT_THAT(driver_.Commit(), IsOk());
  Push({3});
  EXPECT_THAT(driver_.Drain(), IsOk());
  EXPECT_THAT(driver_.Crash(), IsOk());
  EXPECT_THAT(seen_.all(), ElementsAre(1, 2));
  EXPECT_THAT(driver_.Drain(), IsOk());
  EXPECT_THAT(seen_.all(), ElementsAre(1, 2, 3));
}

TEST_F(PipelineDriverTest, TheClockCommits) {
  Push({1, 2});
  EXPECT_THAT(driver_.Drain(), IsOk());
  EXPECT_THAT(driver_.AdvanceClock(1s), IsOk());
  EXPECT_THAT(driver_.Crash(), IsOk());
  EXPECT_THAT(seen_.all(), ElementsAre(1, 2));
}

TEST_F(PipelineDriverTest, DeadLettersAreKeptUntilACrashTakesThem) {
  Push({1, -1});
  EXPECT_THAT(driver_.Drain(), IsOk());
  EXPECT_THAT(
      driver_.dead_letters(),
      ElementsAre(DeadLetterIs("not_negative", absl::StatusCode::kInvalidArgument, ">= 0")));
  EXPECT_THAT(driver_.Crash(), IsOk());
  EXPECT_THAT(driver_.dead_letters(), IsEmpty());
}

TEST_F(PipelineDriverTest, StatsAreOfTheOperatorNamed) {
  Push({1, 2, -1});
  EXPECT_THAT(driver_.Drain(), IsOk());
  EXPECT_EQ(driver_.Stats("source").out, 3u);
  EXPECT_EQ(driver_.Stats("not_negative").refused, 1u);
  EXPECT_EQ(driver_.Stats("seen").in, 2u);
  EXPECT_EQ(driver_.Stats("no_such_operator").in, 0u);
}

TEST_F(PipelineDriverTest, TheStoreOutlivesACrash) {
  EXPECT_THAT(driver_.Commit(), IsOk());
  const absl::StatusOr<std::optional<CommitRecord>> before = ReadCommit(driver_.store());
  EXPECT_THAT(driver_.Crash(), IsOk());
  const absl::StatusOr<std::optional<CommitRecord>> after = ReadCommit(driver_.store());
  ASSERT_TRUE(before.ok() && after.ok() && before->has_value() && after->has_value());
  EXPECT_EQ((*before)->lineage, (*after)->lineage);
}

}  // namespace
}  // namespace rtstream::testing
