#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "rtstream/op/apply.h"
#include "rtstream/testing/matchers.h"
#include "tests/op/sale_test_base.h"

namespace rtstream {
namespace {

using testing::DeadLetterIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::StatusIs;

// What the operator's outside does at its next calls.
struct Outside {
  std::deque<absl::Status> errors;
  int calls = 0;
};

// Emits the id of a sale of one unit, nothing for none, and refuses the others; then fails if the
// outside does.
struct OneUnit {
  using Input = Sale;
  using Output = std::string;
  Outside* outside;
  absl::Status ProcessBatch(const Rows<Sale>& rows, Context&,
                            BatchResults<std::string>& results) const {
    ++outside->calls;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].units == 1) results.Emit(i, rows[i].id);
      if (rows[i].units > 1) results.Refuse(i, absl::InvalidArgumentError("want at most one unit"));
    }
    if (outside->errors.empty()) return absl::OkStatus();
    absl::Status error = outside->errors.front();
    outside->errors.pop_front();
    return error;
  }
};

class ApplyBatchTest : public SaleTestBase {
 protected:
  ApplyBatchTest() {
    Use([this] { return From(in_) | Apply("one", OneUnit{&outside_}) | To(ids_); });
  }
  Outside outside_;
  MemorySink<std::string> ids_{"ids"};
};

TEST_F(ApplyBatchTest, IsCalledOnceForABatch) {
  for (int i = 0; i < 100; ++i) Push("a");
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_EQ(outside_.calls, 1);
  EXPECT_EQ(ids_.all().size(), 100u);
}

TEST_F(ApplyBatchTest, EmitsAtMostOneResultForEachRowInTheirOrder) {
  Push("a", "", 1);
  Push("b", "", 0);
  Push("c", "", 1);
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(ids_.all(), ElementsAre("a", "c"));
  EXPECT_EQ(driver_->Stats("one").in, 3u);
  EXPECT_EQ(driver_->Stats("one").out, 2u);
}

TEST_F(ApplyBatchTest, RefusesRows) {
  Push("a", "", 2);
  Push("b", "", 1);
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(ids_.all(), ElementsAre("b"));
  EXPECT_THAT(driver_->dead_letters(),
              ElementsAre(DeadLetterIs("one", absl::StatusCode::kInvalidArgument, "one unit")));
  EXPECT_EQ(driver_->dead_letters()[0].position, 0);
  EXPECT_EQ(driver_->Stats("one").refused, 1u);
}

TEST_F(ApplyBatchTest, ACallThatFailsForNowIsRepeatedAndLeavesNothingBehind) {
  outside_.errors = {absl::UnavailableError("busy"), absl::UnavailableError("busy")};
  Push("a", "", 1);
  Push("b", "", 2);
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_EQ(outside_.calls, 3);
  EXPECT_THAT(ids_.all(), ElementsAre("a"));
  EXPECT_EQ(driver_->dead_letters().size(), 1u);
  EXPECT_EQ(driver_->Stats("one").refused, 1u);
}

TEST_F(ApplyBatchTest, ACallThatFailsForGoodEndsTheRunAndLosesNothing) {
  outside_.errors = {absl::PermissionDeniedError("locked out")};
  Push("a", "", 1);
  Push("b", "", 2);
  EXPECT_THAT(driver_->Drain(), StatusIs(absl::StatusCode::kPermissionDenied, "locked out"));
  EXPECT_THAT(ids_.all(), IsEmpty());
  ASSERT_THAT(driver_->Crash(), IsOk());
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(ids_.all(), ElementsAre("a"));
  EXPECT_EQ(driver_->dead_letters().size(), 1u);
}

// The last word on a row counts.
struct TwoMinds {
  using Input = Sale;
  using Output = std::string;
  absl::Status ProcessBatch(const Rows<Sale>& rows, Context&,
                            BatchResults<std::string>& results) const {
    for (size_t i = 0; i < rows.size(); ++i) {
      results.Emit(i, rows[i].id);
      results.Refuse(i, absl::InternalError("no"));
      if (rows[i].units == 1) results.Emit(i, rows[i].id);
    }
    return absl::OkStatus();
  }
};

TEST_F(ApplyBatchTest, ARowIsEitherEmittedOrRefused) {
  Use([this] { return From(in_) | Apply("minds", TwoMinds{}) | To(ids_); });
  Push("a", "", 1);
  Push("b", "", 2);
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(ids_.all(), ElementsAre("a"));
  EXPECT_EQ(driver_->dead_letters().size(), 1u);
}

}  // namespace
}  // namespace rtstream
