#include "rtstream/testing/matchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rtstream::testing {
namespace {

using ::testing::AllOf;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Matcher;
using ::testing::Not;

TEST(StatusMatchers, IsOkTakesStatusAndStatusOr) {
  EXPECT_THAT(absl::OkStatus(), IsOk());
  EXPECT_THAT(absl::StatusOr<int>(1), IsOk());
  EXPECT_THAT(absl::InternalError("broken"), Not(IsOk()));
  EXPECT_THAT(absl::StatusOr<int>(absl::InternalError("broken")), Not(IsOk()));
}

TEST(StatusMatchers, StatusIsWantsTheCode) {
  EXPECT_THAT(absl::NotFoundError("x"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(absl::NotFoundError("x"), Not(StatusIs(absl::StatusCode::kInternal)));
  EXPECT_THAT(absl::StatusOr<int>(absl::NotFoundError("x")), StatusIs(absl::StatusCode::kNotFound));
}

TEST(StatusMatchers, StatusIsWantsTheMessage) {
  const absl::Status status = absl::InvalidArgumentError("want 6 fields, got 3");
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, "want 6 fields, got 3"));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument,
                               AllOf(HasSubstr("6 fields"), HasSubstr("got 3"))));
  EXPECT_THAT(status, Not(StatusIs(absl::StatusCode::kInvalidArgument, "want 6 fields")));
}

TEST(StatusMatchers, IsOkAndHoldsTakesAValueOrAMatcher) {
  const absl::StatusOr<int> seven = 7;
  EXPECT_THAT(seven, IsOkAndHolds(7));
  EXPECT_THAT(seven, IsOkAndHolds(Gt(6)));
  EXPECT_THAT(seven, Not(IsOkAndHolds(8)));
  EXPECT_THAT(absl::StatusOr<int>(absl::InternalError("broken")), Not(IsOkAndHolds(7)));
}

TEST(StatusMatchers, AMismatchShowsTheStatus) {
  const Matcher<absl::Status> matcher = StatusIs(absl::StatusCode::kNotFound);
  ::testing::StringMatchResultListener listener;
  EXPECT_FALSE(matcher.MatchAndExplain(absl::InternalError("disk gone"), &listener));
  EXPECT_THAT(listener.str(), HasSubstr("INTERNAL: disk gone"));
}

TEST(DeadLetterMatcher, WantsOperatorCodeAndMessage) {
  DeadLetter letter;
  letter.op = "validate";
  letter.code = absl::StatusCode::kInvalidArgument;
  letter.message = "quantity: want > 0";
  EXPECT_THAT(letter, DeadLetterIs("validate", absl::StatusCode::kInvalidArgument, "quantity"));
  EXPECT_THAT(letter, DeadLetterIs("validate", absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(letter, Not(DeadLetterIs("parse", absl::StatusCode::kInvalidArgument)));
  EXPECT_THAT(letter, Not(DeadLetterIs("validate", absl::StatusCode::kOutOfRange)));
  EXPECT_THAT(letter, Not(DeadLetterIs("validate", absl::StatusCode::kInvalidArgument, "price")));
}

}  // namespace
}  // namespace rtstream::testing
