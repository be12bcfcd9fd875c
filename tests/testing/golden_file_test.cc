#include "rtstream/testing/golden_file.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <tuple>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtstream/core/mapping.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/row_matchers.h"
#include "rtstream/testing/test_directory.h"

namespace rtstream {

struct Order {
  int64_t id = 0;
  std::string item;
};
template <>
struct Mapping<Order> {
  static constexpr auto kFields = std::tuple{Field("id", &Order::id), Field("item", &Order::item)};
};

namespace testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Whoever runs the tests may be updating.
class GoldenFileTest : public ::testing::Test {
 protected:
  GoldenFileTest() { Update(nullptr); }
  ~GoldenFileTest() override { Update(was_.empty() ? nullptr : was_.c_str()); }

  static void Update(const char* value) {
    if (value == nullptr) {
      unsetenv("RTSTREAM_UPDATE_GOLDEN");
    } else {
      setenv("RTSTREAM_UPDATE_GOLDEN", value, 1);
    }
  }
  void Write(std::string_view text) const { std::ofstream(path_, std::ios::binary) << text; }
  std::string Read() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::string was_ = std::getenv("RTSTREAM_UPDATE_GOLDEN") == nullptr ? "" : std::getenv("RTSTREAM_UPDATE_GOLDEN");
  TestDirectory dir_;
  std::string path_ = dir_.Path("orders.golden");
};

TEST_F(GoldenFileTest, TheSameTextIsOk) {
  Write("a\nb\n");
  EXPECT_THAT(CompareWithGoldenFile(path_, "a\nb\n"), IsOk());
}

TEST_F(GoldenFileTest, ADifferenceIsShownByLines) {
  Write("a\nb\nc\n");
  EXPECT_THAT(CompareWithGoldenFile(path_, "a\nx\nc\n"),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("orders.golden"), HasSubstr("  a\n- b\n+ x\n  c\n"),
                             HasSubstr("RTSTREAM_UPDATE_GOLDEN=1"))));
}

TEST_F(GoldenFileTest, AMissingLineEndIsADifference) {
  Write("a\n");
  EXPECT_THAT(CompareWithGoldenFile(path_, "a"),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("only the end of the last line")));
}

TEST_F(GoldenFileTest, WhereThereIsNoFileTheMessageSaysHowToMakeIt) {
  EXPECT_THAT(CompareWithGoldenFile(path_, "a\n"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("RTSTREAM_UPDATE_GOLDEN=1")));
  EXPECT_THAT(Read(), IsEmpty());
}

TEST_F(GoldenFileTest, UpdatingWritesTheFileAndItsDirectories) {
  Update("1");
  path_ = dir_.Path("new/folder/orders.golden");
  EXPECT_THAT(CompareWithGoldenFile(path_, "a\n"), IsOk());
  EXPECT_EQ(Read(), "a\n");
  Update(nullptr);
  EXPECT_THAT(CompareWithGoldenFile(path_, "a\n"), IsOk());
}

TEST_F(GoldenFileTest, OnlyOneUpdates) {
  Update("0");
  Write("a\n");
  EXPECT_THAT(CompareWithGoldenFile(path_, "b\n"), Not(IsOk()));
  EXPECT_EQ(Read(), "a\n");
}

TEST_F(GoldenFileTest, RowsAreLinesOfJson) {
  Write("{\"id\":7,\"item\":\"hat\"}\n{\"id\":8,\"item\":\"cap\"}\n");
  const std::vector<Order> orders = {{7, "hat"}, {8, "cap"}};
  EXPECT_THAT(orders, MatchesGoldenFile(path_));
  EXPECT_THAT(std::vector<Order>{}, Not(MatchesGoldenFile(path_)));
}

TEST(RowsAre, MatchesRowsInOrder) {
  const std::vector<Order> orders = {{7, "hat"}, {8, "cap"}};
  EXPECT_THAT(orders, RowsAre<Order>({{7, "hat"}, {8, "cap"}}));
  EXPECT_THAT(orders, Not(RowsAre<Order>({{8, "cap"}, {7, "hat"}})));
  EXPECT_THAT(orders, Not(RowsAre<Order>({{7, "hat"}})));
}

TEST(RowsAre, AMismatchShowsTheRowsThatDiffer) {
  const ::testing::Matcher<std::vector<Order>> matcher = RowsAre<Order>({{7, "hat"}, {8, "cap"}});
  ::testing::StringMatchResultListener listener;
  EXPECT_FALSE(matcher.MatchAndExplain({{7, "hat"}, {8, "coat"}}, &listener));
  EXPECT_THAT(listener.str(), HasSubstr("  {\"id\":7,\"item\":\"hat\"}\n- {\"id\":8,\"item\":\"cap\"}\n"
                                        "+ {\"id\":8,\"item\":\"coat\"}\n"));
}

TEST(RowText, IsThatOfATextANumberOrADeadLetter) {
  EXPECT_EQ(RowText(std::string("a")), "a");
  EXPECT_EQ(RowText(-3), "-3");
  DeadLetter letter;
  letter.op = "parse";
  letter.code = absl::StatusCode::kInvalidArgument;
  letter.message = "no object";
  letter.partition = "f";
  letter.position = 9;
  EXPECT_EQ(RowText(letter), "parse: INVALID_ARGUMENT: no object (f:9)");
}

}  // namespace
}  // namespace testing
}  // namespace rtstream
