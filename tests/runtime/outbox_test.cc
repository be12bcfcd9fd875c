#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "rtstream/testing/matchers.h"
#include "tests/runtime/world.h"

namespace rtstream {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::StartsWith;
using testing::StatusIs;

std::vector<std::string> Tokens(const World& world) {
  std::vector<std::string> tokens;
  for (const OutboxChunk& chunk : world.outbox.sent()) tokens.push_back(chunk.token);
  return tokens;
}

class OutboxTest : public ::testing::Test {
 protected:
  // Runs until the remote system answers no more, in the second epoch.
  void RunUntilDown(Faults& faults) {
    faults.Push(absl::OkStatus());
    faults.Push(absl::OkStatus());
    for (int i = 0; i < 2 * RetryOptions().max_attempts; ++i) {
      faults.Push(absl::UnavailableError("down"));
    }
    ASSERT_THAT(world_.NewRunner()->Run(),
                StatusIs(absl::StatusCode::kUnavailable, HasSubstr("down")));
  }
  World world_{20};
};

TEST_F(OutboxTest, TokensAreUnique) {
  ASSERT_THAT(world_.NewRunner()->Run(), IsOk());
  const std::vector<std::string> tokens = Tokens(world_);
  EXPECT_GT(tokens.size(), 5u);
  EXPECT_EQ(std::set<std::string>(tokens.begin(), tokens.end()).size(), tokens.size());
}

TEST_F(OutboxTest, TokensNameTheLineageAndTheSink) {
  auto runner = world_.NewRunner();
  ASSERT_THAT(runner->Run(), IsOk());
  EXPECT_THAT(Tokens(world_), Each(StartsWith("0000000000000001-outbox-")));
}

TEST_F(OutboxTest, AnotherHistoryHasOtherTokens) {
  ASSERT_THAT(world_.NewRunner()->Run(), IsOk());
  World other(20);
  RunOptions options = other.Options();
  options.seed = 2;
  ASSERT_THAT(other.NewRunner(options)->Run(), IsOk());
  for (const std::string& token : Tokens(other))
    EXPECT_THAT(Tokens(world_), ::testing::Not(::testing::Contains(token)));
}

TEST_F(OutboxTest, NothingIsSentBeforeItIsDurable) {
  int applied_at_first_send = 0;
  world_.outbox.on_send = [&] {
    if (applied_at_first_send == 0) applied_at_first_send = world_.store.applied;
  };
  ASSERT_THAT(world_.NewRunner()->Run(), IsOk());
  EXPECT_EQ(applied_at_first_send, 2);  // the state was made, then the first epoch
}

TEST_F(OutboxTest, ALostAnswerIsAskedForAgainUnderTheSameTokenAndBytes) {
  world_.outbox.answer_faults.Push(absl::UnavailableError("answer lost"));
  ASSERT_THAT(world_.NewRunner()->Run(), IsOk());
  const std::vector<OutboxChunk> sent = world_.outbox.sent();
  EXPECT_EQ(sent[0].token, sent[1].token);
  EXPECT_EQ(sent[0].bytes, sent[1].bytes);
  EXPECT_NE(sent[1].token, sent[2].token);
  EXPECT_EQ(world_.outbox.received(), World::Sent(20));
}

TEST_F(OutboxTest, WhatWasNotAcknowledgedIsSentAfterARestart) {
  RunUntilDown(world_.outbox.send_faults);
  world_.outbox.send_faults = {};
  const std::string before = world_.outbox.received();
  auto runner = world_.NewRunner();
  ASSERT_THAT(runner->Open(), IsOk());
  EXPECT_EQ(world_.outbox.received(), World::Sent(10));
  EXPECT_NE(world_.outbox.received(), before);
}

TEST_F(OutboxTest, RepeatsAfterARestartHaveTheSameTokenAndBytes) {
  RunUntilDown(world_.outbox.answer_faults);
  world_.outbox.answer_faults = {};
  const OutboxChunk unanswered = world_.outbox.sent().back();
  const size_t sent = world_.outbox.sent().size();
  auto runner = world_.NewRunner();
  ASSERT_THAT(runner->Open(), IsOk());
  bool was_repeated = false;
  for (size_t i = sent; i < world_.outbox.sent().size(); ++i) {
    const OutboxChunk chunk = world_.outbox.sent()[i];
    if (chunk.token == unanswered.token) was_repeated = chunk.bytes == unanswered.bytes;
  }
  EXPECT_TRUE(was_repeated);
}

TEST_F(OutboxTest, OrderIsKeptOverFailuresAndRestarts) {
  world_.outbox.answer_faults.Push(absl::UnavailableError("lost"));
  RunUntilDown(world_.outbox.send_faults);
  world_.outbox.send_faults = {};
  ASSERT_THAT(world_.NewRunner()->Run(), IsOk());
  EXPECT_EQ(world_.outbox.received(), World::Sent(20));
}

TEST_F(OutboxTest, WhatWasAcknowledgedIsDeletedByTheNextCommit) {
  auto runner = world_.NewRunner();
  ASSERT_THAT(runner->Open(), IsOk());
  ASSERT_THAT(runner->Step(), IsOk());
  const size_t first = world_.OutboxKeys();
  EXPECT_GT(first, 0u);
  for (int i = 0; i < 2; ++i) {
    ASSERT_THAT(runner->Step(), IsOk());
    EXPECT_LE(world_.OutboxKeys(), first);
  }
}

// A long stop must not bring repeats that the remote system has forgotten by then.
TEST_F(OutboxTest, ACleanEndLeavesNothingToSendAgain) {
  ASSERT_THAT(world_.NewRunner()->Run(), IsOk());
  EXPECT_EQ(world_.OutboxKeys(), 0u);
  const size_t sent = world_.outbox.sent().size();
  ASSERT_THAT(world_.NewRunner()->Run(), IsOk());
  EXPECT_EQ(world_.outbox.sent().size(), sent);
}

TEST_F(OutboxTest, ADamagedChunkIsNotSent) {
  RunUntilDown(world_.outbox.send_faults);
  world_.outbox.send_faults = {};
  StateBatch batch;
  batch.Put("x/outbox/0000000000000001/0000000000000000", "damaged");
  ASSERT_THAT(world_.store.Apply(batch), IsOk());
  EXPECT_THAT(world_.NewRunner()->Open(), StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace rtstream
