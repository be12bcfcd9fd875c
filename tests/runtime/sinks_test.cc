#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtstream/op/map.h"
#include "rtstream/op/route.h"
#include "rtstream/testing/matchers.h"
#include "tests/runtime/world.h"

namespace rtstream {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

TEST(StagedSinks, WhatWasNotCommittedIsCutOff) {
  World world(20);
  RunOptions options = world.Options();
  options.commit_interval = std::chrono::hours(1);
  auto runner = world.NewRunner(options);
  ASSERT_THAT(runner->Open(), IsOk());
  ASSERT_THAT(runner->Step(), IsOk());
  ASSERT_THAT(runner->Commit(), IsOk());
  ASSERT_THAT(runner->Step(), IsOk());
  EXPECT_EQ(world.staged.rows, World::Accepted(10));
  runner = world.NewRunner(options);
  ASSERT_THAT(runner->Open(), IsOk());
  EXPECT_EQ(world.staged.rows, World::Accepted(5));
}

TEST(StagedSinks, AreSyncedBeforeTheCommitThatNamesThem) {
  World world(20);
  world.store.on_apply = [&] { EXPECT_EQ(world.staged.synced, world.staged.rows.size()); };
  EXPECT_THAT(world.NewRunner()->Run(), IsOk());
}

TEST(StagedSinks, AreToldWhatIsDurable) {
  World world(20);
  ASSERT_THAT(world.NewRunner()->Run(), IsOk());
  EXPECT_EQ(world.staged.published, std::to_string(World::Accepted(20).size()));
}

TEST(StagedSinks, AreToldAfterARestartWhatTheLastRunDidNotComeToTell) {
  World world(20);
  world.staged.publish_faults.Push(absl::OkStatus());
  world.staged.publish_faults.Push(absl::InternalError("the end"));
  ASSERT_THAT(world.NewRunner()->Run(), StatusIs(absl::StatusCode::kInternal, "the end"));
  const absl::StatusOr<std::optional<CommitRecord>> commit = ReadCommit(world.store);
  ASSERT_TRUE(commit.ok() && commit->has_value());
  const std::string& mark = (*commit)->sinks.at("staged");
  ASSERT_NE(world.staged.published, mark);
  auto runner = world.NewRunner();
  ASSERT_THAT(runner->Open(), IsOk());
  EXPECT_EQ(world.staged.published, mark);
}

TEST(StagedSinks, APublicationThatFailsAtTheStartEndsTheRun) {
  World world(20);
  ASSERT_THAT(world.NewRunner()->Run(), IsOk());
  world.staged.publish_faults.Push(absl::InternalError("no"));
  EXPECT_THAT(world.NewRunner()->Open(), StatusIs(absl::StatusCode::kInternal, "no"));
}

TEST(StagedSinks, AFailedSyncIsNotTriedAgain) {
  World world(20);
  world.staged.sync_faults.Push(absl::OkStatus());
  world.staged.sync_faults.Push(absl::UnavailableError("disk"));
  EXPECT_THAT(world.NewRunner()->Run(), StatusIs(absl::StatusCode::kUnavailable, "disk"));
}

TEST(PlainSinks, DeliverAtLeastOnce) {
  World world(20);
  RunOptions options = world.Options();
  options.commit_interval = std::chrono::hours(1);
  auto runner = world.NewRunner(options);
  ASSERT_THAT(runner->Open(), IsOk());
  ASSERT_THAT(runner->Step(), IsOk());
  ASSERT_THAT(world.NewRunner()->Run(), IsOk());
  std::vector<int64_t> twice = World::Accepted(5);
  for (int64_t n : World::Accepted(20)) twice.push_back(n);
  EXPECT_EQ(world.plain.delivered, twice);
}

TEST(PlainSinks, DeliverBeforeTheCommit) {
  World world(5);
  world.plain.flush_faults.Push(absl::OkStatus());
  world.plain.flush_faults.Push(absl::InternalError("not delivered"));
  EXPECT_THAT(world.NewRunner()->Run(), StatusIs(absl::StatusCode::kInternal, "not delivered"));
  EXPECT_TRUE(world.CommittedSums().empty());
}

TEST(PlainSinks, AFlushThatFailsForNowIsRepeated) {
  World world(5);
  world.plain.flush_faults.Push(absl::UnavailableError("busy"));
  EXPECT_THAT(world.NewRunner()->Run(), IsOk());
}

TEST(Sinks, AWriteThatFailsForNowIsRepeatedWithTheSameRowsInOrder) {
  World world(20);
  for (int i = 0; i < 3; ++i) world.staged.write_faults.Push(absl::UnavailableError("busy"));
  ASSERT_THAT(world.NewRunner()->Run(), IsOk());
  EXPECT_EQ(world.staged.rows, World::Accepted(20));
}

TEST(Sinks, AWriteIsRepeatedAsOftenAsTheOptionsSay) {
  World world(20);
  RunOptions options = world.Options();
  options.retry.max_attempts = 3;
  for (int i = 0; i < 3; ++i) world.staged.write_faults.Push(absl::UnavailableError("busy"));
  EXPECT_THAT(world.NewRunner(options)->Run(),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("busy (after 3 attempts)")));
}

TEST(Sinks, RepeatsWaitLongerEachTime) {
  World world(5);
  RunOptions options = world.Options();
  options.retry = {.max_attempts = 20,
                   .initial_backoff = std::chrono::milliseconds(10),
                   .max_backoff = std::chrono::milliseconds(80)};
  for (int i = 0; i < 19; ++i) world.staged.write_faults.Push(absl::UnavailableError("busy"));
  const Duration before = world.clock.Monotonic();
  ASSERT_THAT(world.NewRunner(options)->Run(), IsOk());
  // 10 + 20 + 40 + 16 * 80 ms at most, half of it on average.
  EXPECT_GT(world.clock.Monotonic() - before, std::chrono::milliseconds(200));
  EXPECT_LE(world.clock.Monotonic() - before, std::chrono::milliseconds(1350));
}

TEST(Sinks, AWriteThatFailsForGoodEndsTheRunAndTheNextOneLosesNothing) {
  World world(20);
  world.staged.write_faults.Push(absl::OkStatus());
  world.staged.write_faults.Push(absl::PermissionDeniedError("read-only"));
  EXPECT_THAT(world.NewRunner()->Run(), StatusIs(absl::StatusCode::kPermissionDenied, "read-only"));
  EXPECT_EQ(world.CommittedSums(), World::Sums(5));
  ASSERT_THAT(world.NewRunner()->Run(), IsOk());
  EXPECT_EQ(world.staged.rows, World::Accepted(20));
  EXPECT_EQ(world.outbox.received(), World::Sent(20));
  EXPECT_EQ(world.CommittedSums(), World::Sums(20));
}

OperatorStats LettersOf(const Runner& runner) {
  const std::vector<OperatorStats> stats = runner.Stats();
  EXPECT_EQ(stats.back().name, "letters");
  return stats.back();
}

TEST(DeadLetterSink, IsCountedBehindTheOthers) {
  World world(20);
  auto runner = world.NewRunner();
  ASSERT_THAT(runner->Run(), IsOk());
  EXPECT_EQ(LettersOf(*runner).in, 2u);
  EXPECT_EQ(LettersOf(*runner).out, 2u);
  EXPECT_EQ(LettersOf(*runner).bytes, 2 * sizeof(DeadLetter));
}

TEST(DeadLetterSink, IsCountedOverRestarts) {
  World world(20);
  world.source.fail_at = 10;
  world.source.errors = {absl::DataLossError("disk")};
  EXPECT_THAT(world.NewRunner()->Run(), StatusIs(absl::StatusCode::kDataLoss));
  auto runner = world.NewRunner();
  ASSERT_THAT(runner->Open(), IsOk());
  EXPECT_EQ(LettersOf(*runner).in, 1u);
  ASSERT_THAT(runner->Run(), IsOk());
  EXPECT_EQ(LettersOf(*runner).in, 2u);
}

// A sink at the end of two branches is one sink with one set of counters.
class SharedSinkTest : public ::testing::Test {
 protected:
  std::unique_ptr<Runner> NewRunner() {
    return std::make_unique<Runner>(
        From(world_.source) | Route(
                                  "route", [](const int64_t& n) { return n % 2 == 0; },
                                  Branch<int64_t>() | To(world_.staged),
                                  Branch<int64_t>() | To(world_.staged)),
        world_.store, world_.Options());
  }
  OperatorStats StatsOf(const Runner& runner) {
    OperatorStats found;
    for (const OperatorStats& stats : runner.Stats()) {
      if (stats.name != "staged") continue;
      EXPECT_EQ(found.name, "") << "two entries";
      found = stats;
    }
    return found;
  }
  World world_{20};
};

TEST_F(SharedSinkTest, CountsTheRowsOfBoth) {
  auto runner = NewRunner();
  ASSERT_THAT(runner->Run(), IsOk());
  EXPECT_EQ(StatsOf(*runner).in, 20u);
  EXPECT_EQ(StatsOf(*runner).out, 20u);
}

TEST_F(SharedSinkTest, CountsThemOnceOverRestarts) {
  ASSERT_THAT(NewRunner()->Run(), IsOk());
  ASSERT_THAT(NewRunner()->Run(), IsOk());
  auto runner = NewRunner();
  ASSERT_THAT(runner->Open(), IsOk());
  EXPECT_EQ(StatsOf(*runner).in, 20u);
}

TEST_F(SharedSinkTest, CountsTheBytesWritten) {
  auto runner = NewRunner();
  ASSERT_THAT(runner->Run(), IsOk());
  EXPECT_EQ(StatsOf(*runner).bytes, 160u);
}

}  // namespace
}  // namespace rtstream
