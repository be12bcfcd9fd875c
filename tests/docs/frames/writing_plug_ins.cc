
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtstream/testing/pipeline_driver.h"

TEST(PlugIns, AScreenShowsEveryAlarm) {
  rt::MemorySource<Alarm> alarms;
  Screen screen;
  rt::testing::PipelineDriver driver([&]() -> rt::Pipeline { return rt::From(alarms) | rt::To(screen); });
  alarms.Push({7});
  alarms.Push({8});
  ::testing::internal::CaptureStdout();
  const bool is_ok = driver.Drain().ok() && driver.Commit().ok();
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "alarm 7\nalarm 8\n");
  EXPECT_TRUE(is_ok);
}

TEST(PlugIns, SensorsAreLookedUpForAWholeBatch) {
  rt::MemorySource<Alarm> alarms;
  rt::MemorySink<Checked> out;
  rt::MemoryTable<bool> registry;
  registry.Put("7", true);
  rt::testing::PipelineDriver driver(
      [&]() -> rt::Pipeline { return rt::From(alarms) | rt::Apply("check", CheckSensors(registry)) | rt::To(out); });
  for (const int64_t sensor : {7, 8, -1}) alarms.Push({sensor});
  ASSERT_TRUE(driver.Drain().ok());
  ASSERT_EQ(out.all().size(), 2u);
  EXPECT_TRUE(out.all()[0].is_known);
  EXPECT_FALSE(out.all()[1].is_known);
  EXPECT_EQ(driver.dead_letters().size(), 1u);
}
