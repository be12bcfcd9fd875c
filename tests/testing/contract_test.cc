#include "rtstream/testing/contract.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtstream/testing/matchers.h"
#include "tests/testing/broken_rules.h"

namespace rtstream::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Contract OneOfThreeHolds() {
  return {{"Holds", [] { return absl::OkStatus(); }},
          {"IsBroken", [] { return internal::Broken("want 1 row, got 2"); }},
          {"Fails", [] { return absl::UnavailableError("no answer"); }}};
}

TEST(Contract, ViolationsAreTheRulesThatDoNotHoldInOrder) {
  EXPECT_THAT(BrokenRules(OneOfThreeHolds()), ElementsAre("IsBroken", "Fails"));
}

TEST(Contract, OneStatusNamesAllBrokenRulesAndWhy) {
  EXPECT_THAT(CheckContract(OneOfThreeHolds()),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("IsBroken: FAILED_PRECONDITION: want 1 row, got 2"),
                             HasSubstr("Fails: UNAVAILABLE: no answer"), Not(HasSubstr("Holds")))));
}

TEST(Contract, AContractThatHoldsIsOk) {
  EXPECT_THAT(CheckContract({{"Holds", [] { return absl::OkStatus(); }}}), IsOk());
}

TEST(Contract, OneRuleIsTriedByItsName) {
  EXPECT_THAT(CheckRule(OneOfThreeHolds(), "Holds"), IsOk());
  EXPECT_THAT(CheckRule(OneOfThreeHolds(), "Fails"), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(CheckRule(OneOfThreeHolds(), "NoSuchRule"), StatusIs(absl::StatusCode::kNotFound));
}

TEST(Contract, LinesThatDifferAreShown) {
  EXPECT_THAT(internal::WantLines({"a", "b"}, {"a", "c"}, "rows"),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("rows"), HasSubstr("- b"), HasSubstr("+ c"))));
}

}  // namespace
}  // namespace rtstream::testing
