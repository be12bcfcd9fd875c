#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>

#include "rtstream/op/apply.h"
#include "rtstream/testing/matchers.h"
#include "tests/runtime/world.h"

namespace rtstream {
namespace {

using testing::IsOk;
using testing::StatusIs;

constexpr int64_t kRecords = 5000;

// Commits in a thread of the runner, and the machine's clock.
class BackgroundTest : public ::testing::Test {
 protected:
  RunOptions Options() {
    RunOptions options = world_.Options();
    options.commit_mode = CommitMode::kBackground;
    options.clock = nullptr;
    return options;
  }
  World world_{kRecords};
};

TEST_F(BackgroundTest, RunComesToTheSameResultAsStepsByHand) {
  ASSERT_THAT(world_.NewRunner(Options())->Run(), IsOk());
  World by_hand(kRecords);
  ASSERT_THAT(by_hand.NewRunner()->Run(), IsOk());
  EXPECT_EQ(world_.staged.rows, by_hand.staged.rows);
  EXPECT_EQ(world_.plain.delivered, by_hand.plain.delivered);
  EXPECT_EQ(world_.outbox.received(), by_hand.outbox.received());
  EXPECT_EQ(world_.CommittedSums(), by_hand.CommittedSums());
  EXPECT_EQ(world_.letters.all().size(), by_hand.letters.all().size());
}

TEST_F(BackgroundTest, TheLaneGoesOnWhileACommitIsUnderWay) {
  std::latch is_applying(1), go_on(1);
  world_.store.on_apply = [&] {
    if (world_.store.applied != 1) return;
    is_applying.count_down();
    go_on.wait();
  };
  auto runner = world_.NewRunner(Options());
  ASSERT_THAT(runner->Open(), IsOk());
  ASSERT_THAT(runner->Step(), IsOk());
  is_applying.wait();
  for (int i = 0; i < 10; ++i) ASSERT_THAT(runner->Step(), IsOk());
  EXPECT_EQ(runner->committed().epoch, 0u);
  EXPECT_EQ(world_.staged.rows, World::Accepted(55));
  go_on.count_down();
  ASSERT_THAT(runner->Commit(), IsOk());
  EXPECT_EQ(runner->committed().epoch, 2u);
  EXPECT_EQ(world_.CommittedSums(), World::Sums(55));
}

TEST_F(BackgroundTest, StagedSinksWriteAheadWhileAnEpochGrows) {
  std::latch has_written(1);
  bool first = true;
  world_.staged.on_write_ahead = [&] {
    if (std::exchange(first, false)) has_written.count_down();
  };
  world_.source.bytes_per_record = 1 << 20;
  RunOptions options = Options();
  options.commit_interval = std::chrono::hours(1);
  auto runner = world_.NewRunner(std::move(options));
  ASSERT_THAT(runner->Open(), IsOk());
  for (int i = 0; i < 3; ++i) ASSERT_THAT(runner->Step(), IsOk());
  has_written.wait();
  EXPECT_EQ(runner->committed().epoch, 0u);
}

// A state that takes a block of memory when it is first asked to.
class BlockState {
 public:
  std::string_view name() const { return "block"; }
  void Attach(const StateHost& host) { pool_ = host.pages; }
  void Checkpoint(CheckpointWriter&) {}
  absl::Status Restore(const CheckpointReader&) { return absl::OkStatus(); }

  void TakeOnce() {
    if (block_.data() == nullptr) block_ = pool_->Take();
  }
  size_t ready() const { return pool_->ready(); }

 private:
  PagePool* pool_ = nullptr;
  Pages block_;
};

struct TakesABlock {
  using Input = int64_t;
  using Output = int64_t;
  std::shared_ptr<BlockState> state;
  auto States() { return std::tie(*state); }
  template <typename Emit>
  absl::Status Process(const int64_t& n, Context&, Emit&& emit) {
    state->TakeOnce();
    emit(n);
    return absl::OkStatus();
  }
};

TEST_F(BackgroundTest, MemoryThatStatesTookIsMadeReadyForTheNextTime) {
  const auto state = std::make_shared<BlockState>();
  std::latch has_filled(1);
  bool first = true;
  world_.staged.on_write_ahead = [&] {  // which comes behind the filling
    if (std::exchange(first, false)) has_filled.count_down();
  };
  world_.source.bytes_per_record = 1 << 20;
  RunOptions options = Options();
  options.commit_interval = std::chrono::hours(1);
  Runner runner(From(world_.source) | Apply("takes", TakesABlock{state}) | To(world_.staged),
                world_.store, std::move(options));
  ASSERT_THAT(runner.Open(), IsOk());
  ASSERT_THAT(runner.Step(), IsOk());
  has_filled.wait();
  EXPECT_EQ(state->ready(), 2u);
}

TEST_F(BackgroundTest, WhenAStepHasFailedTheSinksAreTheCallersAgain) {
  std::latch is_working(1), go_on(1);
  std::atomic<bool> has_ended = false;
  bool first = true;
  world_.staged.on_write_ahead = [&] {
    if (!std::exchange(first, false)) return;
    is_working.count_down();
    go_on.wait();
    for (int i = 0; i < 1'000; ++i) std::this_thread::yield();
    has_ended = true;
  };
  world_.source.bytes_per_record = 1 << 20;
  RunOptions options = Options();
  options.commit_interval = std::chrono::hours(1);
  auto runner = world_.NewRunner(std::move(options));
  ASSERT_THAT(runner->Open(), IsOk());
  ASSERT_THAT(runner->Step(), IsOk());
  is_working.wait();
  world_.source.errors.push_back(absl::DataLossError("broken"));
  world_.source.on_poll = [&] { go_on.count_down(); };
  EXPECT_THAT(runner->Step().status(), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_TRUE(has_ended);
}

TEST_F(BackgroundTest, ADurableCommitIsAnnouncedWhileItsOutputIsStillBeingSent) {
  std::latch is_sending(1), go_on(1);
  bool first = true;
  world_.outbox.on_send = [&] {
    if (!std::exchange(first, false)) return;
    is_sending.count_down();
    go_on.wait();
  };
  auto runner = world_.NewRunner(Options());
  ASSERT_THAT(runner->Open(), IsOk());
  ASSERT_THAT(runner->Step(), IsOk());
  is_sending.wait();
  ASSERT_THAT(runner->Step(), IsOk());
  EXPECT_EQ(runner->committed().epoch, 1u);
  EXPECT_THAT(world_.source.durable, ::testing::ElementsAre("5"));
  go_on.count_down();
}

TEST_F(BackgroundTest, AFailedSendIsNoticedWhileTheSourceIsIdle) {
  World world(5);
  world.source.ends = false;
  world.outbox.send_faults.Push(absl::InternalError("gone"));
  RunOptions options = world.Options();
  options.commit_mode = CommitMode::kBackground;
  // The clock does not block: idle steps come until the commit thread has failed.
  EXPECT_THAT(world.NewRunner(options)->Run(), StatusIs(absl::StatusCode::kInternal, "gone"));
}

TEST_F(BackgroundTest, ARunnerDestroyedDuringACommitLosesNothing) {
  for (int steps : {1, 2, 5, 20}) {
    World world(kRecords);
    RunOptions options = Options();
    options.dead_letters = &world.letters;
    auto runner = world.NewRunner(options);
    ASSERT_THAT(runner->Open(), IsOk());
    for (int i = 0; i < steps; ++i) ASSERT_THAT(runner->Step(), IsOk());
    runner.reset();
    ASSERT_THAT(world.NewRunner()->Run(), IsOk());
    EXPECT_EQ(world.staged.rows, World::Accepted(kRecords));
    EXPECT_EQ(world.outbox.received(), World::Sent(kRecords));
    EXPECT_EQ(world.CommittedSums(), World::Sums(kRecords));
  }
}

TEST_F(BackgroundTest, AfterAnErrorNothingIsUnderWay) {
  std::latch is_applying(1), go_on(1);
  world_.store.on_apply = [&] {
    if (world_.store.applied != 1) return;
    is_applying.count_down();
    go_on.wait();
  };
  auto runner = world_.NewRunner(Options());
  ASSERT_THAT(runner->Open(), IsOk());
  ASSERT_THAT(runner->Step(), IsOk());
  is_applying.wait();
  world_.plain.write_faults.Push(absl::InternalError("broken"));
  std::thread release([&] { go_on.count_down(); });
  EXPECT_THAT(runner->Step(), StatusIs(absl::StatusCode::kInternal, "broken"));
  release.join();
  EXPECT_EQ(world_.store.applied, 2);
  EXPECT_EQ(world_.CommittedSums(), World::Sums(5));
}

TEST_F(BackgroundTest, StopFromAnotherThreadEndsRunWithACommit) {
  world_.source.ends = false;
  auto runner = world_.NewRunner(Options());
  std::latch all_read(1);
  world_.source.on_poll = [&] {
    if (world_.source.polls == kRecords / 5 + 1) all_read.count_down();
  };
  absl::Status status;
  std::thread run([&] { status = runner->Run(); });
  all_read.wait();
  runner->RequestStop();
  run.join();
  EXPECT_THAT(status, IsOk());
  EXPECT_EQ(world_.CommittedSums(), World::Sums(kRecords));
}

TEST_F(BackgroundTest, StopWakesAnIdleSourceAtOnce) {
  world_.source.ends = false;
  RunOptions options = Options();
  options.idle_wait = std::chrono::hours(24);  // a stop that has to wait for it never comes
  auto runner = world_.NewRunner(options);
  std::latch all_read(1);
  world_.source.on_poll = [&] {
    if (world_.source.polls == kRecords / 5 + 1) all_read.count_down();
  };
  absl::Status status;
  std::thread run([&] { status = runner->Run(); });
  all_read.wait();
  runner->RequestStop();
  run.join();
  EXPECT_THAT(status, IsOk());
}

TEST_F(BackgroundTest, StatsAndCommitsAreReadableWhileItRuns) {
  auto runner = world_.NewRunner(Options());
  std::latch done(1);
  absl::Status status;
  std::thread run([&] {
    status = runner->Run();
    done.count_down();
  });
  uint64_t in = 0, epoch = 0;
  do {
    const std::vector<OperatorStats> stats = runner->Stats();
    EXPECT_GE(stats[1].in, in);
    in = stats[1].in;
    const CommitRecord committed = runner->committed();
    EXPECT_GE(committed.epoch, epoch);
    epoch = committed.epoch;
    const auto snapshot = world_.store.Snapshot();
    ASSERT_THAT(snapshot, IsOk());
    EXPECT_THAT(ReadCommit(**snapshot), IsOk());
  } while (!done.try_wait());
  run.join();
  EXPECT_THAT(status, IsOk());
  EXPECT_EQ(runner->Stats()[1].in, static_cast<uint64_t>(kRecords));
}

}  // namespace
}  // namespace rtstream
