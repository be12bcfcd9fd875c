#include "rtstream/op/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtstream/flow/flow.h"
#include "rtstream/io/memory_source.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/pipeline_driver.h"

namespace rtstream {
namespace {

using testing::DeadLetterIs;
using ::testing::ElementsAre;
using testing::IsOk;
using testing::PipelineDriver;

absl::Status CheckPositive(const int& n) {
  if (n == 0) return absl::InvalidArgumentError("want no zero");
  return n > 0 ? absl::OkStatus() : absl::OutOfRangeError("want > 0");
}

class ValidateTest : public ::testing::Test {
 protected:
  MemorySource<int> in_;
  MemorySink<int> out_;
  PipelineDriver driver_{
      [this] { return From(in_) | Validate("positive", CheckPositive) | To(out_); }};
};

TEST_F(ValidateTest, PassesOnWhatIsRight) {
  for (int n : {1, 2}) in_.Push(n);
  ASSERT_THAT(driver_.Drain(), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre(1, 2));
}

TEST_F(ValidateTest, RefusesTheOthersWithTheFunctionsStatus) {
  for (int n : {1, 0, -1}) in_.Push(n);
  ASSERT_THAT(driver_.Drain(), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre(1));
  EXPECT_THAT(driver_.dead_letters(),
              ElementsAre(DeadLetterIs("positive", absl::StatusCode::kInvalidArgument, "no zero"),
                          DeadLetterIs("positive", absl::StatusCode::kOutOfRange, "want > 0")));
}

TEST_F(ValidateTest, CountsWhatItTakesEmitsAndRefuses) {
  for (int n : {1, 0, -1}) in_.Push(n);
  ASSERT_THAT(driver_.Drain(), IsOk());
  EXPECT_EQ(driver_.Stats("positive").in, 3u);
  EXPECT_EQ(driver_.Stats("positive").out, 1u);
  EXPECT_EQ(driver_.Stats("positive").refused, 2u);
}

TEST_F(ValidateTest, ADeadLetterComesOnceOverACrash) {
  in_.Push(0);
  ASSERT_THAT(driver_.Drain(), IsOk());
  ASSERT_THAT(driver_.Crash(), IsOk());
  ASSERT_THAT(driver_.Drain(), IsOk());
  ASSERT_THAT(driver_.Commit(), IsOk());
  ASSERT_THAT(driver_.Crash(), IsOk());
  ASSERT_THAT(driver_.Drain(), IsOk());
  EXPECT_EQ(driver_.dead_letters().size(), 1u);
  EXPECT_EQ(driver_.Stats("positive").refused, 1u);
}

TEST_F(ValidateTest, MoreRefusalsThanABatchHoldsRowsAllArrive) {
  for (int n = 0; n < 3 * static_cast<int>(Frame::kMaxRows); ++n) in_.Push(0);
  ASSERT_THAT(driver_.Drain(), IsOk());
  EXPECT_EQ(driver_.dead_letters().size(), 3 * Frame::kMaxRows);
}

}  // namespace
}  // namespace rtstream
