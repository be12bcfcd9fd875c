// PipelineDriver: crashes inside commits, committed state, and several lanes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "rtstream/flow/flow.h"
#include "rtstream/io/memory_source.h"
#include "rtstream/op/aggregate.h"
#include "rtstream/op/apply.h"
#include "rtstream/op/key_by.h"
#include "rtstream/op/map.h"
#include "rtstream/op/tee.h"
#include "rtstream/op/to.h"
#include "rtstream/op/validate.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/pipeline_driver.h"

namespace rtstream::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

// Counts words.
class DriverCrashTest : public ::testing::Test {
 protected:
  Pipeline Make() {
    auto counts = Branch<std::string>() |
                  Aggregate("count", [](const std::string& word) -> const std::string& { return word; },
                            [](int64_t& n, const std::string&) { ++n; }) |
                  Discard();
    return From(words_) |
           Validate("not_empty",
                    [](const std::string& word) {
                      return word.empty() ? absl::InvalidArgumentError("want a word") : absl::OkStatus();
                    }) |
           KeyBy("by_word", [](const std::string& word) -> const std::string& { return word; }) |
           Tee("to_counts", std::move(counts)) | To(seen_);
  }
  PipelineDriver Driver(RunOptions options = {}) { return PipelineDriver([this] { return Make(); }, options); }
  void Push(std::initializer_list<const char*> words) {
    for (const char* word : words) words_.Push(word);
  }
  static auto Counts(PipelineDriver& driver) { return driver.State<std::string, int64_t>("count", kSumsTable); }

  MemorySource<std::string> words_;
  MemorySink<std::string> seen_{"seen"};
};

TEST_F(DriverCrashTest, StateIsThatOfTheLastCommit) {
  PipelineDriver driver = Driver();
  Push({"b", "a", "b"});
  ASSERT_THAT(driver.Drain(), IsOk());
  ASSERT_THAT(driver.Commit(), IsOk());
  Push({"c"});
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(Counts(driver), IsOkAndHolds(ElementsAre(Pair("a", 1), Pair("b", 2))));
}

TEST_F(DriverCrashTest, OfACommitThatWasNotDurableNothingIsThere) {
  PipelineDriver driver = Driver();
  Push({"a"});
  ASSERT_THAT(driver.Drain(), IsOk());
  driver.CrashInCommit(CommitCrash::kBeforeDurable, 2);
  ASSERT_THAT(driver.Commit(), IsOk());
  Push({"a"});
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(driver.Commit(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(driver.Drain(), StatusIs(absl::StatusCode::kUnavailable));
  ASSERT_THAT(driver.Crash(), IsOk());
  EXPECT_THAT(seen_.all(), ElementsAre("a"));
  EXPECT_THAT(Counts(driver), IsOkAndHolds(ElementsAre(Pair("a", 1))));
}

TEST_F(DriverCrashTest, OfACommitThatWasDurableEverythingIsThere) {
  PipelineDriver driver = Driver();
  Push({"a"});
  ASSERT_THAT(driver.Drain(), IsOk());
  driver.CrashInCommit(CommitCrash::kAfterDurable, 2);
  ASSERT_THAT(driver.Commit(), IsOk());
  Push({"a"});
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(driver.Commit(), StatusIs(absl::StatusCode::kUnavailable));
  ASSERT_THAT(driver.Crash(), IsOk());
  EXPECT_THAT(seen_.all(), ElementsAre("a", "a"));
  EXPECT_THAT(Counts(driver), IsOkAndHolds(ElementsAre(Pair("a", 2))));
}

TEST_F(DriverCrashTest, SeveralLanesDrainAndCommit) {
  PipelineDriver driver = Driver({.lanes = 3});
  Push({"a", "b", "", "a"});
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(seen_.all(), UnorderedElementsAre("a", "b", "a"));
  EXPECT_THAT(driver.dead_letters(), ElementsAre(DeadLetterIs("not_empty", absl::StatusCode::kInvalidArgument)));
  EXPECT_THAT(Counts(driver), IsOkAndHolds(ElementsAre(Pair("a", 2), Pair("b", 1))));
}

TEST_F(DriverCrashTest, SeveralLanesGoOnWithWhatIsPushedLater) {
  PipelineDriver driver = Driver({.lanes = 2});
  for (int round = 1; round <= 3; ++round) {
    Push({"a", "b"});
    ASSERT_THAT(driver.Drain(), IsOk());
    EXPECT_THAT(Counts(driver), IsOkAndHolds(ElementsAre(Pair("a", round), Pair("b", round))));
    EXPECT_EQ(driver.Stats("seen").in, 2u * static_cast<uint64_t>(round));
  }
}

TEST_F(DriverCrashTest, SeveralLanesRepeatWhatACrashTook) {
  PipelineDriver driver = Driver({.lanes = 2});
  Push({"a"});
  ASSERT_THAT(driver.Drain(), IsOk());
  Push({"a", "b"});
  driver.CrashInCommit(CommitCrash::kBeforeDurable);
  EXPECT_THAT(driver.Drain(), StatusIs(absl::StatusCode::kUnavailable));
  ASSERT_THAT(driver.Crash(), IsOk());
  EXPECT_THAT(seen_.all(), SizeIs(1));
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(seen_.all(), UnorderedElementsAre("a", "a", "b"));
  EXPECT_THAT(Counts(driver), IsOkAndHolds(ElementsAre(Pair("a", 2), Pair("b", 1))));
}

TEST_F(DriverCrashTest, SeveralLanesEndWithTheirSource) {
  PipelineDriver driver = Driver({.lanes = 2});
  Push({"a"});
  words_.Finish();
  ASSERT_THAT(driver.Drain(), IsOk());
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(seen_.all(), ElementsAre("a"));
}

TEST_F(DriverCrashTest, TheClockOfSeveralLanesIsTheTests) {
  PipelineDriver driver = Driver({.lanes = 2});
  const Time before = driver.clock().Now();
  Push({"a"});
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_EQ(driver.clock().Now(), before);
}

TEST_F(DriverCrashTest, SeveralLanesDoNotStep) {
  PipelineDriver driver = Driver({.lanes = 2});
  EXPECT_THAT(driver.Step(), StatusIs(absl::StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace rtstream::testing
