#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "rtstream/testing/matchers.h"
#include "tests/runtime/world.h"

namespace rtstream {
namespace {

using testing::IsOk;
using ::testing::IsSupersetOf;

constexpr int64_t kRecords = 40;

// A place in the commit where everything ends at once.
struct Phase {
  std::string name;
  std::function<Faults&(World&)> faults;
};

std::vector<Phase> Phases() {
  return {
      {"StagedWrite", [](World& w) -> Faults& { return w.staged.write_faults; }},
      {"PlainWrite", [](World& w) -> Faults& { return w.plain.write_faults; }},
      {"PlainFlush", [](World& w) -> Faults& { return w.plain.flush_faults; }},
      {"StagedCut", [](World& w) -> Faults& { return w.staged.cut_faults; }},
      {"OutboxTake", [](World& w) -> Faults& { return w.outbox.take_faults; }},
      {"StagedSync", [](World& w) -> Faults& { return w.staged.sync_faults; }},
      {"BeforeApply", [](World& w) -> Faults& { return w.store.before_apply; }},
      {"AfterApply", [](World& w) -> Faults& { return w.store.after_apply; }},
      {"BeforeSend", [](World& w) -> Faults& { return w.outbox.send_faults; }},
      {"AfterSend", [](World& w) -> Faults& { return w.outbox.answer_faults; }},
      {"StagedPublish", [](World& w) -> Faults& { return w.staged.publish_faults; }},
  };
}

void ExpectExactlyOnce(World& world) {
  const std::vector<int64_t> accepted = World::Accepted(kRecords);
  EXPECT_EQ(world.staged.rows, accepted);
  EXPECT_EQ(world.outbox.received(), World::Sent(kRecords));
  EXPECT_EQ(world.CommittedSums(), World::Sums(kRecords));
  EXPECT_EQ(world.letters.all().size(), static_cast<size_t>(kRecords) - accepted.size());
  EXPECT_THAT(world.plain.delivered, IsSupersetOf(accepted));
}

class CrashTest : public ::testing::TestWithParam<Phase> {};

TEST_P(CrashTest, AfterAnyCommitEverythingHasItsEffectOnce) {
  for (int calls_before = 0; calls_before < 9; ++calls_before) {
    SCOPED_TRACE(calls_before);
    World world(kRecords);
    Faults& faults = GetParam().faults(world);
    for (int i = 0; i < calls_before; ++i) faults.Push(absl::OkStatus());
    faults.Push(absl::InternalError("the end"));
    // Some phases come less often than that; then this run is a clean one.
    const bool crashed = !world.NewRunner()->Run().ok();
    if (crashed) world.staged.LosePower();
    for (int restarts = 0; restarts < 3; ++restarts) {
      if (world.NewRunner()->Run().ok()) break;
      ASSERT_LT(restarts, 2);
    }
    ExpectExactlyOnce(world);
  }
}

INSTANTIATE_TEST_SUITE_P(Phases, CrashTest, ::testing::ValuesIn(Phases()),
                         [](const auto& param_info) { return param_info.param.name; });

TEST(Crash, AfterAnyStepEverythingHasItsEffectOnce) {
  for (int steps = 0; steps <= 9; ++steps) {
    for (Duration interval : {Duration{0}, Duration{1}}) {
      SCOPED_TRACE(steps);
      World world(kRecords);
      RunOptions options = world.Options();
      options.commit_interval = interval;
      auto runner = world.NewRunner(options);
      ASSERT_THAT(runner->Open(), IsOk());
      for (int i = 0; i < steps; ++i) {
        if (i % 3 == 2) world.clock.Advance(interval);
        ASSERT_THAT(runner->Step(), IsOk());
      }
      runner.reset();
      world.staged.LosePower();
      ASSERT_THAT(world.NewRunner()->Run(), IsOk());
      ExpectExactlyOnce(world);
    }
  }
}

TEST(Crash, ACommitHoldsPositionWatermarkStateAndOutputsOfTheSameRecords) {
  World world(kRecords);
  auto runner = world.NewRunner();
  ASSERT_THAT(runner->Open(), IsOk());
  for (int64_t n = 5; n <= kRecords; n += 5) {
    ASSERT_THAT(runner->Step(), IsOk());
    const absl::StatusOr<std::optional<CommitRecord>> commit = ReadCommit(world.store);
    ASSERT_TRUE(commit.ok() && commit->has_value());
    EXPECT_EQ((*commit)->partitions.at("numbers").resume, std::to_string(n));
    EXPECT_EQ((*commit)->watermark, World::TimeOf(World::Accepted(n).back()));
    EXPECT_EQ((*commit)->sinks.at("staged"), std::to_string(World::Accepted(n).size()));
    EXPECT_EQ(world.CommittedSums(), World::Sums(n));
    EXPECT_EQ(world.outbox.received(), World::Sent(n));
  }
}

TEST(Crash, WhenNothingWasCommittedTheStateIsThatOfTheBeginning) {
  World world(kRecords);
  world.store.before_apply.Push(absl::OkStatus());  // the commit that makes the state
  world.store.before_apply.Push(absl::InternalError("the end"));
  EXPECT_FALSE(world.NewRunner()->Run().ok());
  EXPECT_TRUE(world.CommittedSums().empty());
  EXPECT_EQ(world.outbox.received(), "");
  auto runner = world.NewRunner();
  ASSERT_THAT(runner->Open(), IsOk());
  EXPECT_TRUE(world.staged.rows.empty());
  EXPECT_TRUE(world.letters.all().empty());
}

TEST(Crash, CountersAreThoseOfTheCommittedWork) {
  World world(kRecords);
  RunOptions options = world.Options();
  options.commit_interval = std::chrono::hours(1);
  auto runner = world.NewRunner(options);
  ASSERT_THAT(runner->Open(), IsOk());
  ASSERT_THAT(runner->Step(), IsOk());
  ASSERT_THAT(runner->Step(), IsOk());
  ASSERT_THAT(runner->Commit(), IsOk());
  ASSERT_THAT(runner->Step(), IsOk());
  runner = world.NewRunner(options);
  ASSERT_THAT(runner->Open(), IsOk());
  const std::vector<OperatorStats> stats = runner->Stats();
  EXPECT_EQ(stats[0].name, "source");
  EXPECT_EQ(stats[0].out, 10u);
  EXPECT_EQ(stats[0].bytes, 80u);
  EXPECT_EQ(stats[1].name, "check");
  EXPECT_EQ(stats[1].in, 10u);
  EXPECT_EQ(stats[1].refused, 1u);
}

}  // namespace
}  // namespace rtstream
