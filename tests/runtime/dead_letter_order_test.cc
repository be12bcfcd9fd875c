#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtstream/flow/boundary.h"
#include "rtstream/flow/flow.h"
#include "rtstream/io/memory_sink.h"
#include "rtstream/io/memory_source.h"
#include "rtstream/op/to.h"
#include "rtstream/op/validate.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/pipeline_driver.h"

namespace rtstream {
namespace {

using ::testing::ElementsAre;
using testing::IsOk;

std::vector<int64_t> RefusedPositions(size_t batch_rows) {
  MemorySource<int64_t> source;
  MemorySink<int64_t> kept;
  RunOptions options;
  options.batch_rows = batch_rows;
  testing::PipelineDriver driver(
      [&] {
        return From(source) |
               Validate("no_odd",
                        [](const int64_t& n) {
                          return n % 2 == 1 ? absl::InvalidArgumentError("odd") : absl::OkStatus();
                        }) |
               Boundary() |
               Validate("no_third",
                        [](const int64_t& n) {
                          return n % 3 == 0 ? absl::OutOfRangeError("third") : absl::OkStatus();
                        }) |
               To(kept);
      },
      options);
  for (int64_t n = 0; n < 8; ++n) source.Push(n);
  EXPECT_THAT(driver.Drain(), IsOk());
  std::vector<int64_t> positions;
  for (const DeadLetter& letter : driver.dead_letters()) positions.push_back(letter.position);
  return positions;
}

// Batches are cut elsewhere after a crash: an order by operator would tell.
TEST(DeadLetterOrder, IsTheInputsOrderInOneBatch) {
  EXPECT_THAT(RefusedPositions(100), ElementsAre(0, 1, 3, 5, 6, 7));
}

TEST(DeadLetterOrder, IsTheSameForSmallBatches) {
  EXPECT_EQ(RefusedPositions(3), RefusedPositions(100));
}

}  // namespace
}  // namespace rtstream
