#include "rtstream/testing/text_diff.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtstream/base/text.h"

namespace rtstream::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;

TEST(DiffLines, EqualLinesHaveNone) {
  EXPECT_EQ(DiffLines({"a", "b"}, {"a", "b"}), "");
  EXPECT_EQ(DiffLines({}, {}), "");
}

TEST(DiffLines, ALineThatDiffersIsShownTwiceWithThoseAroundIt) {
  EXPECT_EQ(DiffLines({"1", "2", "3", "4", "5", "6", "7"}, {"1", "2", "3", "x", "5", "6", "7"}),
            "line 2:\n  2\n  3\n- 4\n+ x\n  5\n  6\n");
}

TEST(DiffLines, AnInsertedLineIsOneDifference) {
  EXPECT_EQ(DiffLines({"a", "b", "c"}, {"a", "x", "b", "c"}), "line 1:\n  a\n+ x\n  b\n  c\n");
}

TEST(DiffLines, AMissingEndIsShown) { EXPECT_EQ(DiffLines({"a", "b"}, {"a"}), "line 1:\n  a\n- b\n"); }

TEST(DiffLines, DifferencesFarApartStandApart) {
  std::vector<std::string> want, got;
  for (int i = 0; i < 20; ++i) want.push_back(Concat(i));
  got = want;
  got[1] = "x";
  got[18] = "y";
  EXPECT_EQ(DiffLines(want, got),
            "line 1:\n  0\n- 1\n+ x\n  2\n  3\nline 17:\n  16\n  17\n- 18\n+ y\n  19\n");
}

TEST(DiffLines, ManyDifferencesAreCounted) {
  const std::vector<std::string> want(100, "a"), got(100, "b");
  EXPECT_THAT(DiffLines(want, got), EndsWith("... and 140 more lines that differ\n"));
}

TEST(DiffLines, ManyLinesOfWhichFewDifferAreAligned) {
  std::vector<std::string> want(5'000, "same"), got = want;
  want[0] = "first";
  got.back() = "last";
  EXPECT_THAT(DiffLines(want, got), ::testing::HasSubstr("- first"));
}

TEST(SplitLines, ATextEndsWithOrWithoutLineEnd) {
  EXPECT_THAT(SplitLines("a\n\nb\n"), ElementsAre("a", "", "b"));
  EXPECT_THAT(SplitLines("a\nb"), ElementsAre("a", "b"));
  EXPECT_THAT(SplitLines(""), IsEmpty());
}

}  // namespace
}  // namespace rtstream::testing
