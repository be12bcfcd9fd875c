#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtstream/testing/matchers.h"
#include "tests/runtime/world.h"

namespace rtstream {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::StatusIs;

std::map<std::string, PartitionRecord> CommittedPartitions(const StateReader& store) {
  absl::StatusOr<std::optional<CommitRecord>> last = ReadCommit(store);
  EXPECT_THAT(last, IsOk());
  return last.ok() && *last ? (*last)->partitions : std::map<std::string, PartitionRecord>();
}

TEST(Sources, APollThatFailsForNowIsRepeated) {
  World world(20);
  world.source.fail_at = 10;
  world.source.errors = {absl::UnavailableError("busy"), absl::UnavailableError("busy")};
  ASSERT_THAT(world.NewRunner()->Run(), IsOk());
  EXPECT_EQ(world.staged.rows, World::Accepted(20));
}

TEST(Sources, APollThatFailsForGoodEndsTheRunAndTheNextOneLosesNothing) {
  World world(20);
  world.source.fail_at = 10;
  world.source.errors = {absl::DataLossError("disk")};
  EXPECT_THAT(world.NewRunner()->Run(), StatusIs(absl::StatusCode::kDataLoss, "disk"));
  EXPECT_EQ(world.CommittedSums(), World::Sums(10));
  ASSERT_THAT(world.NewRunner()->Run(), IsOk());
  EXPECT_EQ(world.staged.rows, World::Accepted(20));
}

TEST(Sources, AreToldTheDurablePositions) {
  World world(12);
  ASSERT_THAT(world.NewRunner()->Run(), IsOk());
  EXPECT_THAT(world.source.durable, ElementsAre("5", "10", "12"));
}

TEST(Sources, AreNotToldWhatIsNotDurable) {
  World world(12);
  world.store.before_apply.Push(absl::OkStatus());
  world.store.before_apply.Push(absl::OkStatus());
  world.store.before_apply.Push(absl::InternalError("disk"));
  EXPECT_FALSE(world.NewRunner()->Run().ok());
  EXPECT_THAT(world.source.durable, ElementsAre("5"));
}

TEST(Sources, APartitionThatTheyForgetLeavesTheCommits) {
  World world(20);
  auto runner = world.NewRunner();
  ASSERT_THAT(runner->Open(), IsOk());
  ASSERT_THAT(runner->Step(), IsOk());
  EXPECT_THAT(CommittedPartitions(world.store), SizeIs(1));
  world.source.forgotten = {"numbers", "never read"};
  ASSERT_THAT(runner->Commit(), IsOk());
  EXPECT_THAT(CommittedPartitions(world.store), SizeIs(1));  // there was nothing to commit
  ASSERT_THAT(runner->Step(), IsOk());
  EXPECT_THAT(CommittedPartitions(world.store), IsEmpty());
}

// Where all have ended the watermark goes to the latest event time of any: it must be the same after a
// restart.
TEST(Sources, AForgottenPartitionStaysWhileTheWatermarkIsBehindIt) {
  FakeSource source(10);
  source.ends = false;
  FakeStore store;
  testing::ManualClock clock(World::TimeOf(0));
  FakeStagedSink staged;
  RunOptions options;
  options.batch_rows = 5;
  options.commit_interval = Duration{0};
  options.clock = &clock;
  options.commit_mode = CommitMode::kInStep;
  Runner runner(From(source) |
                    AssignEventTime([](const int64_t& n) { return World::TimeOf(n); },
                                    {.max_out_of_orderness = std::chrono::seconds(3)}) |
                    To(staged),
                store, options);
  ASSERT_THAT(runner.Open(), IsOk());
  source.forgotten = {"numbers"};
  ASSERT_THAT(runner.Step(), IsOk());
  EXPECT_THAT(CommittedPartitions(store), SizeIs(1));
}

TEST(Sources, BatchesAreAsLargeAsTheOptionsSay) {
  World world(12);
  RunOptions options = world.Options();
  options.batch_rows = 7;
  ASSERT_THAT(world.NewRunner(options)->Run(), IsOk());
  EXPECT_THAT(world.source.durable, ElementsAre("7", "12"));
}

TEST(Commits, ComeWhenTheIntervalHasPassed) {
  World world(20);
  RunOptions options = world.Options();
  options.commit_interval = std::chrono::seconds(1);
  auto runner = world.NewRunner(options);
  ASSERT_THAT(runner->Open(), IsOk());
  ASSERT_THAT(runner->Step(), IsOk());
  world.clock.Advance(std::chrono::seconds(1) - Duration{1});
  ASSERT_THAT(runner->Step(), IsOk());
  EXPECT_TRUE(world.CommittedSums().empty());
  world.clock.Advance(Duration{1});
  ASSERT_THAT(runner->Step(), IsOk());
  EXPECT_EQ(world.CommittedSums(), World::Sums(15));
}

TEST(Commits, ComeEarlyWhenMuchWasRead) {
  World world(20);
  RunOptions options = world.Options();
  options.commit_interval = std::chrono::hours(1);
  options.max_epoch_bytes = 80;  // two batches
  auto runner = world.NewRunner(options);
  ASSERT_THAT(runner->Open(), IsOk());
  ASSERT_THAT(runner->Step(), IsOk());
  EXPECT_TRUE(world.CommittedSums().empty());
  ASSERT_THAT(runner->Step(), IsOk());
  EXPECT_EQ(world.CommittedSums(), World::Sums(10));
}

TEST(Commits, ComeAlsoWhileTheSourceIsIdle) {
  World world(5);
  world.source.ends = false;
  RunOptions options = world.Options();
  options.commit_interval = std::chrono::seconds(1);
  auto runner = world.NewRunner(options);
  ASSERT_THAT(runner->Open(), IsOk());
  ASSERT_THAT(runner->Step(), IsOk());
  world.clock.Advance(std::chrono::seconds(1));
  EXPECT_THAT(runner->Step(), IsOkAndHolds(StepResult::kIdle));
  EXPECT_EQ(world.CommittedSums(), World::Sums(5));
}

TEST(Commits, AreNotMadeOfNothing) {
  World world(5);
  auto runner = world.NewRunner();
  ASSERT_THAT(runner->Run(), IsOk());
  const uint64_t epoch = runner->committed().epoch;
  for (int i = 0; i < 5; ++i) {
    world.clock.Advance(std::chrono::hours(1));
    ASSERT_THAT(runner->Step(), IsOkAndHolds(StepResult::kFinished));
  }
  ASSERT_THAT(runner->Commit(), IsOk());
  EXPECT_EQ(runner->committed().epoch, epoch);
}

TEST(Commits, ASecondRunWithNothingNewMakesNone) {
  World world(5);
  ASSERT_THAT(world.NewRunner()->Run(), IsOk());
  const int applied = world.store.applied;
  ASSERT_THAT(world.NewRunner()->Run(), IsOk());
  EXPECT_EQ(world.store.applied, applied);
}

TEST(Stop, RunCommitsWhatItHasAndReturns) {
  World world(1000);
  RunOptions options = world.Options();
  options.commit_interval = std::chrono::hours(1);
  auto runner = world.NewRunner(options);
  world.source.on_poll = [&] {
    if (world.source.polls == 3) runner->RequestStop();
  };
  ASSERT_THAT(runner->Run(), IsOk());
  EXPECT_EQ(world.CommittedSums(), World::Sums(15));
}

TEST(Stop, BeforeRunReadsNothing) {
  World world(1000);
  auto runner = world.NewRunner();
  runner->RequestStop();
  ASSERT_THAT(runner->Run(), IsOk());
  EXPECT_EQ(world.source.polls, 0);
}

// The source stands where it stood: what was processed before can be committed.
TEST(Stop, WhileTheSourceFailsForNowCommitsAllTheSame) {
  World world(1000);
  RunOptions options = world.Options();
  options.commit_interval = std::chrono::hours(1);
  auto runner = world.NewRunner(options);
  world.source.fail_at = 10;
  for (int i = 0; i < 5; ++i) world.source.errors.push_back(absl::UnavailableError("busy"));
  world.source.on_poll = [&] {
    if (world.source.polls == 4) runner->RequestStop();
  };
  ASSERT_THAT(runner->Run(), IsOk());
  EXPECT_EQ(world.CommittedSums(), World::Sums(10));
  EXPECT_EQ(world.source.polls, 5);
}

// One try more at once, so that a short disturbance does not spoil the end; no waiting.
TEST(Stop, WhileASinkFailsForNowTriesOnceMore) {
  World world(5);
  auto runner = world.NewRunner();
  runner->RequestStop();
  ASSERT_THAT(runner->Open(), IsOk());
  world.staged.write_faults.Push(absl::UnavailableError("busy"));
  ASSERT_THAT(runner->Step(), IsOk());
  EXPECT_EQ(world.clock.Now(), World::TimeOf(0));
}

TEST(Stop, WhileASinkKeepsFailingEndsWithTheErrorAndNothingIsLost) {
  World world(5);
  auto runner = world.NewRunner();
  runner->RequestStop();
  ASSERT_THAT(runner->Open(), IsOk());
  for (int i = 0; i < 2; ++i) world.staged.write_faults.Push(absl::UnavailableError("busy"));
  EXPECT_THAT(runner->Step(), StatusIs(absl::StatusCode::kUnavailable, "busy"));
  runner.reset();
  ASSERT_THAT(world.NewRunner()->Run(), IsOk());
  EXPECT_EQ(world.staged.rows, World::Accepted(5));
}

}  // namespace
}  // namespace rtstream
