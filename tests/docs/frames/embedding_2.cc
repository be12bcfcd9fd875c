
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtstream/testing/pipeline_driver.h"

TEST(Embedding, MetricsAreInTheTextFormatOfPrometheus) {
  rt::MemorySource<int64_t> numbers;
  rt::testing::PipelineDriver driver([&]() -> rt::Pipeline {
    return rt::From(numbers) | rt::Filter("odd", [](const int64_t& n) { return n % 2 == 1; }) | rt::Discard();
  });
  for (int64_t n = 0; n < 5; ++n) numbers.Push(n);
  ASSERT_TRUE(driver.Drain().ok() && driver.Commit().ok());
  const std::string text = Exposition(driver.runner());
  EXPECT_THAT(text, ::testing::HasSubstr("# TYPE rtstream_records_in_total counter\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("\nrtstream_records_out_total{operator=\"odd\"} 2.000000\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("\nrtstream_commit_epoch 1.000000\n"));
}
