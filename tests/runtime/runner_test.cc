#include "rtstream/runtime/runner.h"

#include <vector>
#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtstream/io/memory_source.h"
#include "rtstream/op/map.h"
#include "rtstream/testing/manual_clock.h"
#include "rtstream/testing/matchers.h"
#include "tests/runtime/world.h"

namespace rtstream {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

TEST(Runner, AStepBeforeOpenIsRefused) {
  World world(5);
  EXPECT_THAT(world.NewRunner()->Step(), StatusIs(absl::StatusCode::kFailedPrecondition));
}

// After an error what is in memory is half an epoch: it must not be committed.
TEST(Runner, NothingFollowsAnError) {
  World world(20);
  RunOptions options = world.Options();
  options.commit_interval = std::chrono::hours(1);
  auto runner = world.NewRunner(options);
  ASSERT_THAT(runner->Open(), IsOk());
  world.plain.write_faults.Push(absl::InternalError("broken"));
  EXPECT_THAT(runner->Step(), StatusIs(absl::StatusCode::kInternal, "broken"));
  EXPECT_THAT(runner->Step(), StatusIs(absl::StatusCode::kInternal, "broken"));
  EXPECT_THAT(runner->Commit(), StatusIs(absl::StatusCode::kInternal, "broken"));
  EXPECT_THAT(runner->Run(), StatusIs(absl::StatusCode::kInternal, "broken"));
  EXPECT_TRUE(world.CommittedSums().empty());
}

TEST(Runner, WithoutAStoreItReadsToTheEndAndFlushesItsSinks) {
  World world(50);
  RunOptions options = world.Options();
  options.dead_letters = nullptr;
  Runner runner(From(world.source) |
                    UpdateState(
                        "sum", [](const int64_t& n) { return n % 2; },
                        [](ItemUpdate<int64_t>& item, const int64_t& n) {
                          item.Set((item.exists() ? item.value() : 0) + n);
                          return item.version() + 1;
                        }) |
                    Map("times_seen", [](const uint64_t& n) { return static_cast<int64_t>(n); }) |
                    To(world.plain),
                options);
  world.plain.flush_faults.Push(absl::InternalError("flushed"));
  EXPECT_THAT(runner.Run(), StatusIs(absl::StatusCode::kInternal, "flushed"));
  ASSERT_EQ(world.plain.delivered.size(), 50u);
  EXPECT_EQ(world.plain.delivered.back(), 25);
}

TEST(Runner, WithoutAStoreASinkThatNeedsCommitsIsRefused) {
  World world(20);
  Runner runner(world.Make(), world.Options());
  EXPECT_THAT(runner.Run(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                     HasSubstr("needs commits, and this run has no store")));
}

TEST(Runner, AFailedOpenIsNotTriedAgain) {
  World world(20);
  ASSERT_THAT(world.NewRunner()->Run(), IsOk());
  const std::vector<int64_t> rows = std::exchange(world.staged.rows, {});
  auto runner = world.NewRunner();
  EXPECT_THAT(runner->Open(), StatusIs(absl::StatusCode::kDataLoss));
  world.staged.rows = rows;
  EXPECT_THAT(runner->Open(), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(world.NewRunner()->Open(), IsOk());
}

TEST(Runner, AStoreThatFailsEndsTheRun) {
  World world(20);
  world.store.before_apply.Push(absl::OkStatus());
  world.store.before_apply.Push(absl::UnavailableError("disk full"));
  EXPECT_THAT(world.NewRunner()->Run(), StatusIs(absl::StatusCode::kUnavailable, "disk full"));
}

TEST(Runner, ASecondRunnerOnTheSameStoreIsFound) {
  World world(20);
  auto first = world.NewRunner();
  ASSERT_THAT(first->Open(), IsOk());
  World copy(20);  // sinks and source of its own
  RunOptions options = copy.Options();
  Runner second(copy.Make(), world.store, options);
  ASSERT_THAT(second.Open(), IsOk());
  ASSERT_THAT(second.Step(), IsOk());
  EXPECT_THAT(first->Step(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("another")));
  EXPECT_EQ(world.CommittedSums(), World::Sums(5));
}

TEST(Runner, CommittedIsTheLastDurableCommit) {
  World world(10);
  auto runner = world.NewRunner();
  ASSERT_THAT(runner->Open(), IsOk());
  EXPECT_EQ(runner->committed().epoch, 0u);
  ASSERT_THAT(runner->Step(), IsOk());
  ASSERT_THAT(runner->Commit(), IsOk());
  EXPECT_EQ(runner->committed().epoch, 1u);
  EXPECT_EQ(runner->committed().partitions.at("numbers").resume, "5");
}

TEST(Runner, CommittedIsKnownAtOnceAfterOpen) {
  World world(10);
  ASSERT_THAT(world.NewRunner()->Run(), IsOk());
  auto runner = world.NewRunner();
  ASSERT_THAT(runner->Open(), IsOk());
  EXPECT_EQ(runner->committed().partitions.at("numbers").resume, "10");
  EXPECT_EQ(runner->committed().operators.at("check").in, 10u);
}

TEST(Runner, EpochsGoOnCountingAfterARestart) {
  World world(20);
  world.source.fail_at = 10;
  world.source.errors = {absl::InternalError("the end")};
  auto runner = world.NewRunner();
  EXPECT_FALSE(runner->Run().ok());
  EXPECT_EQ(runner->committed().epoch, 2u);
  const uint64_t lineage = runner->committed().lineage;
  RunOptions options = world.Options();
  options.seed = 99;
  runner = world.NewRunner(options);
  ASSERT_THAT(runner->Run(), IsOk());
  EXPECT_EQ(runner->committed().epoch, 4u);
  EXPECT_EQ(runner->committed().lineage, lineage);
}

TEST(Runner, ProcessingTimeOfABatchNeverGoesBack) {
  MemorySource<int> in;
  std::vector<Time> seen;
  MemoryStateStore store;
  testing::ManualClock clock(World::TimeOf(100));
  RunOptions options;
  options.clock = &clock;
  options.commit_mode = CommitMode::kInStep;
  options.batch_rows = 1;
  Runner runner(From(in) |
                    Validate("now",
                             [&](const int&, Context& ctx) {
                               seen.push_back(ctx.now());
                               return absl::OkStatus();
                             }) |
                    Discard(),
                store, options);
  for (int i = 0; i < 2; ++i) in.Push(i);
  ASSERT_THAT(runner.Open(), IsOk());
  ASSERT_THAT(runner.Step(), IsOk());
  clock.Advance(-std::chrono::seconds(50));
  ASSERT_THAT(runner.Step(), IsOk());
  EXPECT_THAT(seen, ::testing::ElementsAre(World::TimeOf(100), World::TimeOf(100)));
}

// Notes how long it was asked to wait.
class WaitingClock final : public Clock {
 public:
  Time Now() const override { return clock_.Now(); }
  Duration Monotonic() const override { return clock_.Monotonic(); }
  bool Wait(Duration timeout, Wakeup& wakeup) override {
    waits.push_back(timeout);
    return clock_.Wait(timeout, wakeup);
  }
  std::vector<Duration> waits;

 private:
  testing::ManualClock clock_;
};

TEST(RunnerIdle, SourceIsAskedAgainSoonThenEverMoreSeldomUpToTheIdleWait) {
  World world(3);
  world.source.ends = false;
  WaitingClock clock;
  RunOptions options = world.Options();
  options.clock = &clock;
  options.idle_wait = std::chrono::milliseconds(10);
  auto runner = world.NewRunner(options);
  world.source.on_poll = [&] {
    if (clock.waits.size() == 200) runner->RequestStop();
  };
  ASSERT_THAT(runner->Run(), testing::IsOk());
  ASSERT_GE(clock.waits.size(), 200u);
  EXPECT_LE(clock.waits.front(), std::chrono::microseconds(100));
  EXPECT_TRUE(std::is_sorted(clock.waits.begin(), clock.waits.end()));
  EXPECT_EQ(clock.waits.back(), options.idle_wait);
}

TEST(RunnerIdle, WaitEndsWhenACommitIsDue) {
  World world(3);
  world.source.ends = false;
  WaitingClock clock;
  RunOptions options = world.Options();
  options.clock = &clock;
  options.idle_wait = std::chrono::seconds(10);
  options.commit_interval = std::chrono::milliseconds(5);
  auto runner = world.NewRunner(options);
  world.source.on_poll = [&] {
    if (!world.source.durable.empty()) runner->RequestStop();
  };
  Duration applied{0};  // when the first commit behind the one that makes the state was
  world.store.on_apply = [&] {
    if (world.store.applied == 1) applied = clock.Monotonic();
  };
  ASSERT_THAT(runner->Run(), testing::IsOk());
  EXPECT_GE(applied, options.commit_interval);
  EXPECT_LE(applied, options.commit_interval + std::chrono::microseconds(100));
}

}  // namespace
}  // namespace rtstream
