// The store contract finds what is wrong: each store here breaks one rule, which is named.
#include "rtstream/testing/store_contract.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/broken_rules.h"
#include "tests/testing/wrong_stores.h"

namespace rtstream::testing {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;

TEST(StoreContract, AStoreThatIsRightBreaksNoRule) {
  EXPECT_THAT(BrokenRules(StoreContract(SetupOf<RightStore>())), IsEmpty());
}

TEST(StoreContract, FindsABatchOfWhichAPartIsApplied) {
  EXPECT_THAT(BrokenRules(StoreContract(SetupOf<HalfBatchStore>())),
              Contains("OneExpectedVersionThatDoesNotFitStopsTheWholeBatch"));
}

TEST(StoreContract, FindsVersionsThatAnOpeningForgets) {
  EXPECT_THAT(BrokenRules(StoreContract(SetupOf<VersionlessStore>())),
              Contains("ExpectedVersionsHoldOverAnOpening"));
}

TEST(StoreContract, FindsABatchThatIsAcknowledgedBeforeItIsDurable) {
  EXPECT_THAT(BrokenRules(StoreContract(SetupOf<LateWritingStore>())),
              Contains("StateOfADroppedStoreIsThereAgain"));
}

TEST(StoreContract, FindsASnapshotThatFollowsLaterBatches) {
  EXPECT_THAT(BrokenRules(StoreContract(SetupOf<LiveSnapshotStore>())),
              Contains("SnapshotDoesNotSeeLaterBatches"));
}

TEST(StoreContract, FindsARangeThatTakesItsEnd) {
  EXPECT_THAT(BrokenRules(StoreContract(SetupOf<GreedyRangeStore>())),
              Contains("DeleteRangeTakesItsBeginningAndLeavesItsEnd"));
}

TEST(StoreContract, FindsAScanThatLargestBytesEndEarly) {
  EXPECT_THAT(BrokenRules(StoreContract(SetupOf<OverflowingScanStore>())),
              Contains("ScanOfAPrefixOfLargestBytesEndsWithThem"));
}

}  // namespace
}  // namespace rtstream::testing
