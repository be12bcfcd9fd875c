#pragma once

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "rtstream/testing/golden_file.h"
#include "rtstream/testing/row_text.h"
#include "rtstream/testing/text_diff.h"

// Matchers of GoogleTest (gmock.h), which the including test links itself, for rows of types that RowText
// writes: a mismatch is shown as a difference of lines, not as two long lists.
//
//   EXPECT_THAT(sold.all(), RowsAre<Order>({{.id = 7, .units = 2}, {.id = 8, .units = 1}}));
//   EXPECT_THAT(sold.all(), MatchesGoldenFile(GOLDEN_DIR "/day.golden"));

namespace rtstream::testing {

namespace internal {

class RowsAreMatcher {
 public:
  using is_gtest_matcher = void;

  explicit RowsAreMatcher(std::vector<std::string> want) : want_(std::move(want)) {}

  template <typename Rows>
  bool MatchAndExplain(const Rows& rows, ::testing::MatchResultListener* listener) const {
    const std::string diff = DiffLines(want_, RowTexts(rows));
    if (!diff.empty()) *listener << "which differ (- wanted, + met):\n" << diff;
    return diff.empty();
  }
  void DescribeTo(std::ostream* os) const { *os << "are the " << want_.size() << " rows that are wanted"; }
  void DescribeNegationTo(std::ostream* os) const { *os << "are other rows"; }

 private:
  std::vector<std::string> want_;
};

class GoldenFileMatcher {
 public:
  using is_gtest_matcher = void;

  explicit GoldenFileMatcher(std::string path) : path_(std::move(path)) {}

  template <typename Rows>
  bool MatchAndExplain(const Rows& rows, ::testing::MatchResultListener* listener) const {
    const absl::Status status = CompareWithGoldenFile(path_, GoldenText(rows));
    *listener << std::string(status.message());
    return status.ok();
  }
  void DescribeTo(std::ostream* os) const { *os << "are the rows of golden file " << path_; }
  void DescribeNegationTo(std::ostream* os) const { *os << "are other rows than those of " << path_; }

 private:
  std::string path_;
};

}  // namespace internal

// Matches rows whose texts are those of `want`, in order.
template <HasRowText T>
internal::RowsAreMatcher RowsAre(const std::vector<T>& want) {
  return internal::RowsAreMatcher(RowTexts(want));
}

// Matches rows whose texts are the lines of a golden file; see golden_file.h.
inline internal::GoldenFileMatcher MatchesGoldenFile(std::string path) {
  return internal::GoldenFileMatcher(std::move(path));
}

}  // namespace rtstream::testing
