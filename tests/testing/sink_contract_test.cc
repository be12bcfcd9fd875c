// The sinks' contracts find what is wrong: each sink here breaks one rule, which is named.
#include "rtstream/testing/sink_contract.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtstream/io/memory_sink.h"
#include "rtstream/testing/contract_test.h"
#include "rtstream/testing/matchers.h"
#include "tests/testing/broken_rules.h"
#include "tests/testing/table_sinks.h"
#include "tests/testing/wrong_sinks.h"
#include "tests/testing/wrong_staged_sinks.h"

namespace rtstream::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The same sink goes on after a crash: its rows are in its memory.
class MemoryPlace final : public SinkPlace<std::string> {
 public:
  Sink<std::string>& Restart() override { return sink_; }
  absl::StatusOr<std::vector<std::string>> Read() override { return sink_.all(); }

 private:
  MemorySink<std::string> sink_;
};
const bool memory_sink = TestContract(
    "MemorySinkContract",
    StagedSinkContract<std::string>(
        {.make_place = [] { return std::make_unique<MemoryPlace>(); }, .rows = TwentyRows()}));

TEST(StagedSinkContract, ASinkThatIsRightBreaksNoRule) {
  EXPECT_THAT(BrokenRules(StagedContractOf<RightStagedSink>()), IsEmpty());
}

TEST(StagedSinkContract, FindsRowsThatAreNotCutOff) {
  EXPECT_THAT(BrokenRules(StagedContractOf<UncutSink>()), Contains("UncommittedRowsAreCutOff"));
}

TEST(StagedSinkContract, FindsRowsThatAreNotSelected) {
  EXPECT_THAT(BrokenRules(StagedContractOf<UnselectedSink>()), Contains("RowsArriveInOrder"));
}

TEST(StagedSinkContract, FindsAMarkThatCoversLaterRows) {
  EXPECT_THAT(BrokenRules(StagedContractOf<LateMarkSink>()), Contains("ACutCoversWhatWasWrittenBeforeIt"));
}

TEST(StagedSinkContract, FindsThatAnyMarkIsTaken) {
  EXPECT_THAT(BrokenRules(StagedContractOf<CredulousSink>()), Contains("AMarkThatIsNoneIsDataLoss"));
}

TEST(StagedSinkContract, FindsACommitOfWhatIsNotWritten) {
  EXPECT_THAT(BrokenRules(StagedContractOf<OneBehindSink>()), Contains("CommittedRowsAreThereAfterARestart"));
}

TEST(StagedSinkContract, FindsBytesOfEarlierRunsThatAreCounted) {
  EXPECT_THAT(BrokenRules(StagedContractOf<CountingOnSink>()), Contains("BytesOfEarlierRunsAreNotCounted"));
}

TEST(StagedSinkContract, TheMessageSaysWhereTheProcessDied) {
  EXPECT_THAT(CheckRule(StagedContractOf<UncutSink>(), "UncommittedRowsAreCutOff"),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("a process that died after Write and before its commit: want 4 lines, got 9")));
}

TEST(PlainSinkContract, ASinkThatIsRightBreaksNoRule) {
  EXPECT_THAT(BrokenRules(PlainSinkContract(ServerSetup<RightPlainSink>())), IsEmpty());
}

TEST(PlainSinkContract, FindsAFlushThatKeepsRows) {
  EXPECT_THAT(BrokenRules(PlainSinkContract(ServerSetup<LazyFlushSink>())), Contains("WhatAFlushCoversIsDelivered"));
}

TEST(PlainSinkContract, FindsRowsThatAFailureLoses) {
  EXPECT_THAT(BrokenRules(PlainSinkContract(ServerSetup<GivingUpSink>())),
              Contains("AFailedCallThatIsRepeatedLosesNothing"));
}

TEST(PlainSinkContract, FindsAFailureThatIsNotTold) {
  EXPECT_THAT(BrokenRules(PlainSinkContract(ServerSetup<SilentSink>())),
              Contains("AFailedCallThatIsRepeatedLosesNothing"));
}

TEST(PlainSinkContract, FindsRowsThatAreNotCopied) {
  EXPECT_THAT(BrokenRules(PlainSinkContract(ServerSetup<PointingSink>())), Contains("WhatIsKeptIsCopied"));
}

TEST(PlainSinkContract, FindsRowsOutOfOrder) {
  EXPECT_THAT(BrokenRules(PlainSinkContract(ServerSetup<BackwardSink>())), Contains("RowsArriveInOrder"));
}

TEST(PlainSinkContract, FindsANameThatChanges) {
  EXPECT_THAT(BrokenRules(PlainSinkContract(ServerSetup<RenamedSink>())), Contains("KindAndNameAreThoseOfASink"));
}

TEST(OutboxSinkContract, ASinkThatIsRightBreaksNoRule) {
  EXPECT_THAT(BrokenRules(OutboxSinkContract(ServerSetup<RightOutboxSink>())), IsEmpty());
}

TEST(OutboxSinkContract, FindsARepeatWithASecondEffect) {
  EXPECT_THAT(BrokenRules(OutboxSinkContract(ServerSetup<TokenlessSink>())),
              Contains("AChunkSentAgainHasTheEffectOfOnce"));
}

TEST(OutboxSinkContract, FindsThatTheSameBytesAreTakenForARepeat) {
  EXPECT_THAT(BrokenRules(OutboxSinkContract(ServerSetup<ByBytesSink>())), Contains("AnotherTokenIsAnotherChunk"));
}

TEST(OutboxSinkContract, FindsChunksThatDependOnTheWrites) {
  EXPECT_THAT(BrokenRules(OutboxSinkContract(ServerSetup<WritePerChunkSink>())),
              Contains("ChunksDependOnTheRowsAlone"));
}

TEST(OutboxSinkContract, FindsRowsThatAreTakenTwice) {
  EXPECT_THAT(BrokenRules(OutboxSinkContract(ServerSetup<NeverEndingSink>())),
              Contains("ChunksHoldTheRowsSinceTheLastTake"));
}

TEST(OutboxSinkContract, FindsRowsThatLeaveBeforeTheirCommit) {
  EXPECT_THAT(BrokenRules(OutboxSinkContract(ServerSetup<EagerSink>())), Contains("NothingLeavesBeforeItIsSent"));
}

TEST(OutboxSinkContract, ATableThatKeepsOneRowAKeyBreaksNoRule) {
  EXPECT_THAT(BrokenRules(OutboxSinkContract(TableSetup<true>())), IsEmpty());
}

TEST(OutboxSinkContract, FindsARepeatThatPutsBackAnOlderRow) {
  EXPECT_THAT(BrokenRules(OutboxSinkContract(TableSetup<false>())), Contains("AChunkSentAgainHasTheEffectOfOnce"));
}

TEST(SinkContract, WantsASinkOfItsKind) {
  EXPECT_THAT(CheckContract(StagedSinkContract(ServerSetup<RightPlainSink>())),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("another kind than its contract")));
}

}  // namespace
}  // namespace rtstream::testing
