// CommitMode::kByHost: the host does a commit piece by piece, while records go on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtstream/testing/matchers.h"
#include "tests/runtime/world.h"

namespace rtstream {
namespace {

using testing::IsOk;

class CommitStepTest : public ::testing::Test {
 protected:
  CommitStepTest() {
    RunOptions options = world_.Options();
    options.commit_mode = CommitMode::kByHost;
    runner_ = world_.NewRunner(options);
    EXPECT_THAT(runner_->Open(), IsOk());
  }
  bool CommitStep() {
    const absl::StatusOr<bool> has_more = runner_->CommitStep();
    EXPECT_THAT(has_more, IsOk());
    return has_more.ok() && *has_more;
  }
  size_t Committed() { return static_cast<size_t>(runner_->committed().epoch); }

  World world_{40};
  std::unique_ptr<Runner> runner_;
};

TEST_F(CommitStepTest, WithoutACommitUnderWayThereIsNothingToDo) { EXPECT_FALSE(CommitStep()); }

TEST_F(CommitStepTest, EachStepDoesOnePiece) {
  ASSERT_THAT(runner_->Step(), IsOk());
  const int applied = world_.store.applied;
  EXPECT_EQ(world_.staged.synced, 0u);
  EXPECT_TRUE(CommitStep());
  EXPECT_EQ(world_.staged.synced, 5u);
  EXPECT_EQ(world_.store.applied, applied);
  // The dead letters' sink.
  EXPECT_TRUE(CommitStep());
  EXPECT_EQ(world_.store.applied, applied);
  EXPECT_TRUE(CommitStep());
  EXPECT_EQ(world_.store.applied, applied + 1);
  EXPECT_EQ(world_.outbox.received(), "");
  EXPECT_TRUE(CommitStep());
  EXPECT_EQ(world_.outbox.received(), "0,1,2,");
  EXPECT_FALSE(CommitStep());
  EXPECT_EQ(world_.outbox.received(), "0,1,2,3,4,");
  EXPECT_FALSE(CommitStep());
}

TEST_F(CommitStepTest, RecordsGoOnWhileACommitIsUnderWay) {
  for (int i = 0; i < 3; ++i) ASSERT_THAT(runner_->Step(), IsOk());
  EXPECT_EQ(world_.source.polls, 3);
  EXPECT_EQ(Committed(), 0u);
  while (CommitStep()) continue;
  ASSERT_THAT(runner_->Step(), IsOk());
  EXPECT_EQ(Committed(), 1u);
  // The second epoch is all that has come meanwhile.
  while (CommitStep()) continue;
  ASSERT_THAT(runner_->Step(), IsOk());
  EXPECT_EQ(world_.CommittedSums(), World::Sums(20));
}

TEST_F(CommitStepTest, CommitDoesWhatIsLeft) {
  ASSERT_THAT(runner_->Step(), IsOk());
  EXPECT_TRUE(CommitStep());
  ASSERT_THAT(runner_->Commit(), IsOk());
  EXPECT_EQ(Committed(), 1u);
  EXPECT_EQ(world_.outbox.received(), "0,1,2,3,4,");
}

TEST_F(CommitStepTest, ARunnerThatDiesBetweenTwoPiecesGoesOnFromWhatIsDurable) {
  for (int pieces = 0; pieces < 6; ++pieces) {
    SCOPED_TRACE(pieces);
    World world(40);
    RunOptions options = world.Options();
    options.commit_mode = CommitMode::kByHost;
    auto runner = world.NewRunner(options);
    ASSERT_THAT(runner->Open(), IsOk());
    ASSERT_THAT(runner->Step(), IsOk());
    for (int i = 0; i < pieces; ++i) ASSERT_THAT(runner->CommitStep(), IsOk());
    runner.reset();
    world.staged.LosePower();
    ASSERT_THAT(world.NewRunner()->Run(), IsOk());
    EXPECT_EQ(world.staged.rows, World::Accepted(40));
    EXPECT_EQ(world.outbox.received(), World::Sent(40));
    EXPECT_EQ(world.CommittedSums(), World::Sums(40));
  }
}

TEST_F(CommitStepTest, AFailedPieceIsTheRunnersError) {
  ASSERT_THAT(runner_->Step(), IsOk());
  world_.staged.sync_faults.Push(absl::DataLossError("the disk is gone"));
  EXPECT_EQ(runner_->CommitStep().status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(runner_->Step().status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(CommitStepTest, RunDoesThePiecesItself) {
  World world(40);
  RunOptions options = world.Options();
  options.commit_mode = CommitMode::kByHost;
  ASSERT_THAT(world.NewRunner(options)->Run(), IsOk());
  EXPECT_EQ(world.staged.rows, World::Accepted(40));
  EXPECT_EQ(world.outbox.received(), World::Sent(40));
}

}  // namespace
}  // namespace rtstream
