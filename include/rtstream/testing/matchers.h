#pragma once

#include <ostream>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "rtstream/core/dead_letter.h"

// Matchers for GoogleTest (gmock.h), which the including test links itself.
//
//   EXPECT_THAT(driver.Drain(), IsOk());
//   EXPECT_THAT(runner.Open(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("checksum")));
//   EXPECT_THAT(driver.Step(), IsOkAndHolds(rt::StepResult::kIdle));
//   EXPECT_THAT(driver.dead_letters(),
//               ElementsAre(DeadLetterIs("validate", absl::StatusCode::kInvalidArgument, "quantity")));

namespace rtstream {

// How GoogleTest shows a dead letter.
inline void PrintTo(const DeadLetter& letter, std::ostream* os) {
  *os << letter.op << ": " << absl::StatusCodeToString(letter.code) << ": " << letter.message << " ("
      << letter.partition << ":" << letter.position << ")";
}

namespace testing {
namespace internal {

inline const absl::Status& StatusOf(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

class StatusIsMatcher {
 public:
  using is_gtest_matcher = void;

  StatusIsMatcher(absl::StatusCode code, ::testing::Matcher<const std::string&> message)
      : code_(code), message_(std::move(message)) {}

  template <typename StatusOrResult>
  bool MatchAndExplain(const StatusOrResult& result,
                       ::testing::MatchResultListener* listener) const {
    const absl::Status& status = StatusOf(result);
    *listener << "which is " << status.ToString();
    return status.code() == code_ && message_.Matches(std::string(status.message()));
  }
  void DescribeTo(std::ostream* os) const {
    *os << "has code " << absl::StatusCodeToString(code_) << " and a message that ";
    message_.DescribeTo(os);
  }
  void DescribeNegationTo(std::ostream* os) const {
    *os << "has another code than " << absl::StatusCodeToString(code_) << ", or a message that ";
    message_.DescribeNegationTo(os);
  }

 private:
  absl::StatusCode code_;
  ::testing::Matcher<const std::string&> message_;
};

class IsOkMatcher {
 public:
  using is_gtest_matcher = void;

  template <typename StatusOrResult>
  bool MatchAndExplain(const StatusOrResult& result,
                       ::testing::MatchResultListener* listener) const {
    *listener << "which is " << StatusOf(result).ToString();
    return result.ok();
  }
  void DescribeTo(std::ostream* os) const { *os << "is OK"; }
  void DescribeNegationTo(std::ostream* os) const { *os << "is not OK"; }
};

template <typename Inner>
class IsOkAndHoldsMatcher {
 public:
  using is_gtest_matcher = void;

  explicit IsOkAndHoldsMatcher(Inner inner) : inner_(std::move(inner)) {}

  template <typename T>
  bool MatchAndExplain(const absl::StatusOr<T>& result,
                       ::testing::MatchResultListener* listener) const {
    if (!result.ok()) {
      *listener << "which is " << result.status().ToString();
      return false;
    }
    return ::testing::ExplainMatchResult(inner_, *result, listener);
  }
  void DescribeTo(std::ostream* os) const { *os << "is OK and holds the value that is wanted"; }
  void DescribeNegationTo(std::ostream* os) const { *os << "is not OK or holds another value"; }

 private:
  Inner inner_;
};

}  // namespace internal

// Matches an absl::Status or StatusOr that is OK.
inline internal::IsOkMatcher IsOk() { return {}; }

// Matches an absl::Status or StatusOr of this code, whose message matches `message`: a text, or a
// matcher of texts.
inline internal::StatusIsMatcher StatusIs(absl::StatusCode code,
                                          ::testing::Matcher<const std::string&> message = ::testing::_) {
  return {code, std::move(message)};
}

// Matches a StatusOr that is OK and whose value matches `inner`: a value, or a matcher.
template <typename Inner>
internal::IsOkAndHoldsMatcher<std::decay_t<Inner>> IsOkAndHolds(Inner&& inner) {
  return internal::IsOkAndHoldsMatcher<std::decay_t<Inner>>(std::forward<Inner>(inner));
}

// Matches a DeadLetter that operator `op` refused with `code` and a message that contains `message`.
inline ::testing::Matcher<const DeadLetter&> DeadLetterIs(std::string op, absl::StatusCode code,
                                                          std::string message = "") {
  return ::testing::AllOf(
      ::testing::Field("op", &DeadLetter::op, std::move(op)),
      ::testing::Field("code", &DeadLetter::code, code),
      ::testing::Field("message", &DeadLetter::message, ::testing::HasSubstr(std::move(message))));
}

}  // namespace testing
}  // namespace rtstream
