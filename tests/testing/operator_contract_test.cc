// The contract of operators finds what is wrong: each operator here breaks one rule, which is named.
#include "rtstream/testing/operator_contract.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtstream/testing/contract_test.h"
#include "rtstream/testing/matchers.h"
#include "tests/testing/broken_rules.h"
#include "tests/testing/wrong_operators.h"

namespace rtstream::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(OperatorContract, AnOperatorThatIsRightBreaksNoRule) {
  EXPECT_THAT(BrokenRules(OperatorContractOf<RightNumbering>()), IsEmpty());
  EXPECT_THAT(BrokenRules(OperatorContractOf<CountByHand<Fault::kNone>>()), IsEmpty());
}

TEST(OperatorContract, FindsStateThatIsNotRestored) {
  EXPECT_THAT(BrokenRules(OperatorContractOf<CountByHand<Fault::kRestoresNothing>>()),
              Contains("ACommitAndACrashAfterEveryBatchChangeNothing"));
}

TEST(OperatorContract, FindsStateThatIsStoredOnce) {
  EXPECT_THAT(BrokenRules(OperatorContractOf<CountByHand<Fault::kStoresOnce>>()),
              Contains("ACrashInACommitChangesNothing"));
}

TEST(OperatorContract, FindsStateThatPipelinesShare) {
  EXPECT_THAT(BrokenRules(OperatorContractOf<CountByHand<Fault::kIsGlobal>>()), Contains("TwoPipelinesShareNoState"));
}

TEST(OperatorContract, FindsARefusedRecordThatEmits) {
  EXPECT_THAT(BrokenRules(OperatorContractOf<HastyOperator>()), Contains("ARefusedRecordEmitsNothing"));
}

TEST(OperatorContract, FindsThatBatchesMatter) {
  EXPECT_THAT(BrokenRules(OperatorContractOf<BatchDedup>()), Contains("OutputsDoNotDependOnTheSizeOfBatches"));
}

TEST(OperatorContract, FindsARefusalWithoutAReason) {
  EXPECT_THAT(BrokenRules(OperatorContractOf<SilentOperator>()), Contains("ARefusalSaysWhy"));
}

TEST(OperatorContract, FindsOutputsOtherThanExpected) {
  const Contract contract = OperatorContract<std::string, std::string>(
      {.compose = [](Source<std::string>& in, Sink<std::string>& out) -> Pipeline {
         return From(in) | Apply("number", RightNumbering{}) | To(out);
       },
       .records = {"a", "bad", "a"},
       .outputs = {{"a#1", "a#3"}},
       .refused = {{"number: INVALID_ARGUMENT: want a good word"}}});
  EXPECT_THAT(CheckRule(contract, "OutputsAreThoseExpected"),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("- a#3\n+ a#2")));
}

}  // namespace
}  // namespace rtstream::testing
