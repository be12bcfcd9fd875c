#include "rtstream/testing/no_allocations.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtstream/flow/flow.h"
#include "rtstream/io/memory_source.h"
#include "rtstream/op/aggregate.h"
#include "rtstream/op/inspect.h"
#include "rtstream/op/key_by.h"
#include "rtstream/op/to.h"
#include "rtstream/testing/matchers.h"

namespace rtstream::testing {
namespace {

using ::testing::HasSubstr;

class NoAllocationsTest : public ::testing::Test {
 protected:
  Pipeline Make() {
    return From(numbers_) | Inspect("look", [this](const int64_t& n) {
             if (takes_memory_) last_ = std::string(100, static_cast<char>(n));
           }) |
           KeyBy("by_number", [](const int64_t& n) { return n; }) |
           Aggregate("count", [](const int64_t& n) { return n; }, [](int64_t& count, const int64_t&) { ++count; }) |
           Discard();
  }
  void Push() {
    for (int64_t n = 0; n < 2000; ++n) numbers_.Push(n % 10);
  }

  MemorySource<int64_t> numbers_;
  std::string last_;
  bool takes_memory_ = false;
};

TEST_F(NoAllocationsTest, AWarmPipelineIsOk) {
  PipelineDriver driver([this] { return Make(); }, {.batch_rows = 64});
  Push();
  ASSERT_THAT(driver.Drain(), IsOk());
  Push();
  EXPECT_THAT(AssertNoAllocations(driver), IsOk());
}

TEST_F(NoAllocationsTest, APipelineThatTakesMemoryIsNot) {
  PipelineDriver driver([this] { return Make(); }, {.batch_rows = 64});
  Push();
  ASSERT_THAT(driver.Drain(), IsOk());
  Push();
  takes_memory_ = true;
  EXPECT_THAT(AssertNoAllocations(driver),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("got 2000 for 2000 records")));
}

TEST_F(NoAllocationsTest, NoRecordsTellNothing) {
  PipelineDriver driver([this] { return Make(); });
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(AssertNoAllocations(driver), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("got none")));
}

TEST_F(NoAllocationsTest, LanesAreRefused) {
  PipelineDriver driver([this] { return Make(); }, {.lanes = 2});
  EXPECT_THAT(AssertNoAllocations(driver), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace rtstream::testing
