// The source contract finds what is wrong: each source here breaks one rule, which is named.
#include "rtstream/testing/source_contract.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtstream/io/memory_source.h"
#include "rtstream/testing/contract_test.h"
#include "rtstream/testing/matchers.h"
#include "tests/testing/broken_rules.h"
#include "tests/testing/wrong_sources.h"

namespace rtstream::testing {

namespace {

std::unique_ptr<Source<std::string>> MakeMemorySource() {
  auto source = std::make_unique<MemorySource<std::string>>(3);
  for (uint32_t i = 0; i < Input().size(); ++i) {
    for (const std::string& text : Input()[i]) source->Push(text, i);
  }
  source->Finish();
  return source;
}
const bool memory_source = TestContract(
    "MemorySourceContract", SourceContract<std::string>({.make = MakeMemorySource, .records = Input()}));

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(SourceContract, ASourceThatIsRightBreaksNoRule) {
  EXPECT_THAT(BrokenRules(SourceContractOf<RightSource>()), IsEmpty());
}

TEST(SourceContract, FindsAPositionThatSkipsARecord) {
  EXPECT_THAT(BrokenRules(SourceContractOf<SkippingSource>()), Contains("ReadingGoesOnBehindEveryBatch"));
}

TEST(SourceContract, FindsRowsThatTheNextPollOverwrites) {
  EXPECT_THAT(BrokenRules(SourceContractOf<OneBufferSource>()), Contains("RowsStayWhileLaterBatchesAreRead"));
}

TEST(SourceContract, FindsASourceThatDoesNotGoBack) {
  EXPECT_THAT(BrokenRules(SourceContractOf<NeverRewindingSource>()),
              Contains("ASourceThatWasReadCanBeOpenedAgain"));
}

TEST(SourceContract, FindsBatchesThatAreTooLarge) {
  EXPECT_THAT(BrokenRules(SourceContractOf<FixedBatchSource>()), Contains("ABatchHoldsAtMostWhatWasAskedFor"));
}

TEST(SourceContract, FindsAPartitionThatIsFinishedTooEarly) {
  EXPECT_THAT(BrokenRules(SourceContractOf<EarlyFinishedSource>()),
              Contains("NoPartitionIsFinishedBeforeItsLastRecord"));
}

TEST(SourceContract, FindsASourceThatIsBoundToAThread) {
  EXPECT_THAT(BrokenRules(SourceContractOf<ThreadBoundSource>()), Contains("AnyThreadMayPoll"));
}

TEST(SourceContract, FindsAFailureThatLosesARecord) {
  EXPECT_THAT(BrokenRules(SourceContractOf<LossySource>()), Contains("AFailedPollLosesNothing"));
}

TEST(SourceContract, FindsThatAnyPositionIsTaken) {
  EXPECT_THAT(BrokenRules(SourceContractOf<CredulousSource>()), Contains("APositionThatIsNoneIsRefused"));
}

TEST(SourceContract, TheMessageShowsTheRecordsThatAreMissing) {
  EXPECT_THAT(CheckRule(SourceContractOf<SkippingSource>(), "ReadingGoesOnBehindEveryBatch"),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("- 0: a1 (position 1, number 2)")));
}

}  // namespace
}  // namespace rtstream::testing
