#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <latch>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "rtstream/op/aggregate.h"
#include "rtstream/op/key_by.h"
#include "rtstream/runtime/metrics.h"
#include "rtstream/state/memory_store.h"
#include "rtstream/testing/matchers.h"
#include "tests/runtime/world.h"

namespace rtstream {
namespace {

using testing::IsOk;
using testing::StatusIs;
using ::testing::Contains;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr int64_t kRecords = 500;

// Remembers what it is told.
class ListLogger final : public Logger {
 public:
  void Log(LogLevel level, std::string_view message) override {
    const std::lock_guard lock(mutex_);
    lines_.emplace_back(level, message);
  }
  std::vector<std::pair<LogLevel, std::string>> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<LogLevel, std::string>> lines_;  // guarded by mutex_
};

void WaitFor(const std::function<bool()>& is_so) {
  while (!is_so()) std::this_thread::yield();
}

// A source that never ends, and a runner with threads of its own.
class EmbeddingTest : public ::testing::Test {
 protected:
  EmbeddingTest() { world_.source.ends = false; }
  RunOptions Options() {
    RunOptions options = world_.Options();
    options.commit_mode = CommitMode::kBackground;
    options.clock = nullptr;
    return options;
  }
  static void WaitForCommit(const Runner& runner) {
    WaitFor([&] { return runner.status().epoch >= 2; });
  }
  static std::map<int64_t, int64_t> SumsOf(const std::vector<int64_t>& rows) {
    std::map<int64_t, int64_t> sums;
    for (const int64_t n : rows) sums[n % 3] += n;
    return sums;
  }
  World world_{kRecords};
};

TEST_F(EmbeddingTest, AStartedRunnerWorksInAThreadOfItsOwnUntilItIsStopped) {
  auto runner = world_.NewRunner(Options());
  ASSERT_THAT(runner->Start(), IsOk());
  WaitForCommit(*runner);
  EXPECT_THAT(runner->Stop(1h), IsOk());
  EXPECT_EQ(runner->status().phase, RunnerPhase::kStopped);
  EXPECT_EQ(world_.CommittedSums(), SumsOf(world_.staged.rows));
}

TEST_F(EmbeddingTest, AnErrorOfOpeningIsGivenByStart) {
  world_.source.ends = true;
  ASSERT_THAT(world_.NewRunner(Options())->Run(), IsOk());
  RunOptions options = Options();
  options.settings = {{"zone", "elsewhere"}};
  auto runner = world_.NewRunner(options);
  EXPECT_THAT(runner->Start(), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(runner->status().phase, RunnerPhase::kFailed);
}

TEST_F(EmbeddingTest, AnErrorOfTheRunIsGivenByWaitAndByItsStatus) {
  world_.source.fail_at = 50;
  world_.source.errors = {absl::DataLossError("the disk is gone")};
  auto runner = world_.NewRunner(Options());
  ASSERT_THAT(runner->Start(), IsOk());
  EXPECT_THAT(runner->Wait(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("the disk is gone")));
  EXPECT_EQ(runner->status().phase, RunnerPhase::kFailed);
  EXPECT_THAT(runner->status().error, StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(EmbeddingTest, TheHostIsCalledWhenTheRunHasEnded) {
  world_.source.ends = true;
  std::latch has_ended(1);
  absl::Status end = absl::UnknownError("not called");
  RunOptions options = Options();
  options.on_end = [&](const absl::Status& status) {
    end = status;
    has_ended.count_down();
  };
  auto runner = world_.NewRunner(options);
  ASSERT_THAT(runner->Start(), IsOk());
  has_ended.wait();
  EXPECT_THAT(end, IsOk());
  EXPECT_EQ(world_.CommittedSums(), World::Sums(kRecords));
}

TEST_F(EmbeddingTest, StopSaysSoWhenAPlugInTakesLongerThanTheDeadline) {
  std::latch is_polling(1), go_on(1);
  std::atomic<int> polls{0};
  world_.source.on_poll = [&] {
    if (++polls != 1) return;
    is_polling.count_down();
    go_on.wait();
  };
  auto runner = world_.NewRunner(Options());
  ASSERT_THAT(runner->Start(), IsOk());
  is_polling.wait();
  EXPECT_THAT(runner->Stop(1ms), StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_EQ(runner->status().phase, RunnerPhase::kStopping);
  go_on.count_down();
  EXPECT_THAT(runner->Stop(1h), IsOk());
}

TEST_F(EmbeddingTest, ARunnerThatIsDestroyedStopsAndCommits) {
  {
    auto runner = world_.NewRunner(Options());
    ASSERT_THAT(runner->Start(), IsOk());
    WaitForCommit(*runner);
  }
  EXPECT_FALSE(world_.staged.rows.empty());
  EXPECT_EQ(world_.CommittedSums(), SumsOf(world_.staged.rows));
}

TEST_F(EmbeddingTest, APausedRunnerHasCommittedWhatItReadAndReadsNoMore) {
  auto runner = world_.NewRunner(Options());
  ASSERT_THAT(runner->Start(), IsOk());
  runner->Pause();
  WaitFor([&] { return runner->status().phase == RunnerPhase::kPaused; });
  const int polls = world_.source.polls;
  EXPECT_EQ(world_.CommittedSums(), SumsOf(world_.staged.rows));
  for (int i = 0; i < 1000; ++i) std::this_thread::yield();
  EXPECT_EQ(world_.source.polls, polls);
  runner->Resume();
  WaitFor([&] { return world_.CommittedSums() == World::Sums(kRecords); });
  EXPECT_THAT(runner->Stop(1h), IsOk());
}

TEST_F(EmbeddingTest, APausedRunnerCanBeStopped) {
  auto runner = world_.NewRunner(Options());
  runner->Pause();
  ASSERT_THAT(runner->Start(), IsOk());
  WaitFor([&] { return runner->status().phase == RunnerPhase::kPaused; });
  EXPECT_THAT(runner->Stop(1h), IsOk());
  EXPECT_EQ(world_.source.polls, 0);
}

TEST_F(EmbeddingTest, AStartedRunnerIsDrivenByNobodyElse) {
  auto runner = world_.NewRunner(Options());
  ASSERT_THAT(runner->Start(), IsOk());
  EXPECT_THAT(runner->Step(), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(runner->Start(), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(runner->Stop(1h), IsOk());
}

TEST_F(EmbeddingTest, ARunnerThatHasFailedIsNotStarted) {
  world_.source.errors = {absl::DataLossError("gone")};
  auto runner = world_.NewRunner(Options());
  ASSERT_THAT(runner->Open(), IsOk());
  ASSERT_FALSE(runner->Step().ok());
  EXPECT_THAT(runner->Start(), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_EQ(world_.source.polls, 1);
}

TEST_F(EmbeddingTest, EveryCallAfterAStartedRunHasFailedGivesItsError) {
  world_.source.errors = {absl::DataLossError("gone")};
  auto runner = world_.NewRunner(Options());
  ASSERT_THAT(runner->Start(), IsOk());
  ASSERT_THAT(runner->Wait(), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(runner->Commit(), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(EmbeddingTest, ARunnerThatWasNotStartedHasNoEndToWaitFor) {
  EXPECT_THAT(world_.NewRunner(Options())->Wait(), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(EmbeddingTest, RunnersOfOneProcessDoNotDisturbEachOther) {
  World other(kRecords);
  world_.source.ends = true;
  RunOptions others = Options();
  others.dead_letters = &other.letters;
  auto a = world_.NewRunner(Options()), b = other.NewRunner(others);
  ASSERT_THAT(a->Start(), IsOk());
  ASSERT_THAT(b->Start(), IsOk());
  EXPECT_THAT(a->Wait(), IsOk());
  EXPECT_THAT(b->Wait(), IsOk());
  EXPECT_EQ(world_.CommittedSums(), World::Sums(kRecords));
  EXPECT_EQ(other.CommittedSums(), World::Sums(kRecords));
}

TEST_F(EmbeddingTest, AHostThatStepsMayWaitAsLongAsTheIdleWaitAllows) {
  auto runner = world_.NewRunner();
  ASSERT_THAT(runner->Open(), IsOk());
  for (;;) {
    const absl::StatusOr<StepResult> step = runner->Step();
    ASSERT_THAT(step, IsOk());
    if (*step == StepResult::kIdle) break;
  }
  EXPECT_GT(runner->wait_hint(), Duration{0});
  EXPECT_LE(runner->wait_hint(), world_.Options().idle_wait);
}

TEST_F(EmbeddingTest, TheLoggerIsToldOfTheBeginningAndTheEnd) {
  world_.source.ends = true;
  ListLogger logger;
  RunOptions options = Options();
  options.logger = &logger;
  ASSERT_THAT(world_.NewRunner(options)->Run(), IsOk());
  const auto lines = logger.lines();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0], std::pair(LogLevel::kInfo, std::string("begins with no state")));
  EXPECT_EQ(lines[1].first, LogLevel::kInfo);
  EXPECT_THAT(lines[1].second, HasSubstr("came to the source's end behind commit"));
}

TEST_F(EmbeddingTest, TheLoggerIsToldOfAPlugInThatIsTriedAgain) {
  world_.source.ends = true;
  world_.source.errors = {absl::UnavailableError("busy")};
  ListLogger logger;
  RunOptions options = world_.Options();
  options.logger = &logger;
  ASSERT_THAT(world_.NewRunner(options)->Run(), IsOk());
  EXPECT_THAT(logger.lines(),
              Contains(std::pair(LogLevel::kWarning,
                                 std::string("source fails and is tried again, 8 times at most: busy"))));
}

TEST_F(EmbeddingTest, TheLoggerIsToldOfTheErrorThatEndsARun) {
  world_.source.errors = {absl::DataLossError("gone")};
  ListLogger logger;
  RunOptions options = world_.Options();
  options.logger = &logger;
  EXPECT_FALSE(world_.NewRunner(options)->Run().ok());
  EXPECT_THAT(logger.lines(), Contains(std::pair(LogLevel::kError, std::string("ends behind commit 0: gone"))));
}

TEST_F(EmbeddingTest, StateThatWantsMoreThanItsBudgetEndsTheRunAndLosesNothing) {
  world_.source.ends = true;
  RunOptions options = world_.Options();
  options.max_state_bytes = 1;
  EXPECT_THAT(world_.NewRunner(options)->Run(),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("max_state_bytes")));
  ASSERT_THAT(world_.NewRunner()->Run(), IsOk());
  EXPECT_EQ(world_.CommittedSums(), World::Sums(kRecords));
}

TEST_F(EmbeddingTest, MetricsSayWhatOperatorsAndTheRunnerHaveDone) {
  world_.source.ends = true;
  auto runner = world_.NewRunner();
  ASSERT_THAT(runner->Run(), IsOk());
  std::map<std::pair<std::string, std::string>, double> metrics;
  VisitMetrics(*runner, [&](const Metric& m) { metrics[{std::string(m.name), std::string(m.op)}] = m.value; });
  EXPECT_EQ((metrics[{"rtstream_records_in_total", "check"}]), kRecords);
  EXPECT_EQ((metrics[{"rtstream_records_refused_total", "check"}]), kRecords / 7);
  EXPECT_EQ((metrics[{"rtstream_state_keys", "sum"}]), 3);
  EXPECT_GT((metrics[{"rtstream_state_bytes", "sum"}]), 0);
  EXPECT_EQ((metrics[{"rtstream_commit_epoch", ""}]), static_cast<double>(runner->committed().epoch));
  EXPECT_GT((metrics[{"rtstream_tables_bytes", ""}]), 0);
}

// Several lanes, whose pipeline is made by a function.
class LanesEmbeddingTest : public EmbeddingTest {
 protected:
  std::unique_ptr<Runner> NewRunner() {
    RunOptions options = Options();
    options.lanes = 3;
    return std::make_unique<Runner>(
        [this] {
          return From(world_.source) | KeyBy("by_rest", [](const int64_t& n) { return n % 3; }) |
                 Aggregate("sum", [](const int64_t& n) { return n % 3; },
                           [](int64_t& sum, const int64_t& n) { sum += n; }) |
                 Discard();
        },
        store_, options);
  }
  std::map<int64_t, int64_t> CommittedSums() {
    std::map<int64_t, int64_t> sums;
    (void)ReadState<int64_t, int64_t>(store_, "sum", kSumsTable,
                                      [&](const int64_t& key, int64_t sum) { sums[key] = sum; });
    return sums;
  }
  static std::map<int64_t, int64_t> Sums(int64_t n) {
    std::map<int64_t, int64_t> sums;
    for (int64_t i = 0; i < n; ++i) sums[i % 3] += i;
    return sums;
  }
  MemoryStateStore store_;
};

TEST_F(LanesEmbeddingTest, PausedLanesHaveCommittedWhatTheyRead) {
  auto runner = NewRunner();
  ASSERT_THAT(runner->Start(), IsOk());
  runner->Pause();
  WaitFor([&] { return runner->status().phase == RunnerPhase::kPaused; });
  const std::string resume = runner->committed().partitions.empty()
                                 ? "0"
                                 : runner->committed().partitions.begin()->second.resume;
  EXPECT_EQ(CommittedSums(), Sums(std::stoll(resume)));
  runner->Resume();
  WaitFor([&] { return CommittedSums() == Sums(kRecords); });
  EXPECT_THAT(runner->Stop(1h), IsOk());
}

TEST_F(LanesEmbeddingTest, PausedLanesCanBeStopped) {
  auto runner = NewRunner();
  runner->Pause();
  ASSERT_THAT(runner->Start(), IsOk());
  WaitFor([&] { return runner->status().phase == RunnerPhase::kPaused; });
  EXPECT_THAT(runner->Stop(1h), IsOk());
}

}  // namespace
}  // namespace rtstream
