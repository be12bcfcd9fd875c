#include "rtstream/op/assign_event_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtstream/flow/flow.h"
#include "rtstream/io/memory_source.h"
#include "rtstream/op/key_by.h"
#include "rtstream/op/map.h"
#include "rtstream/runtime/metrics.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/pipeline_driver.h"
#include "tests/op/sale.h"

namespace rtstream {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using testing::IsOk;
using testing::PipelineDriver;

// The watermark that each record sees.
class AssignEventTimeTest : public ::testing::Test {
 protected:
  void Use(const EventTimeOptions& options, uint32_t partitions = 1) {
    in_ = std::make_unique<MemorySource<Time>>(partitions);
    driver_ = std::make_unique<PipelineDriver>([this, options] {
      return From(*in_) | AssignEventTime([](const Time& t) { return t; }, options) |
             Map("watermark",
                 [](const Time& t, Context& ctx) {
                   EXPECT_EQ(ctx.event_time(), t);
                   return ctx.watermark();
                 }) |
             To(out_);
    });
    driver_->clock().Advance(At(0) - driver_->clock().Now());
  }
  Time Committed() { return driver_->runner().committed().watermark; }

  std::unique_ptr<MemorySource<Time>> in_;
  MemorySink<Time> out_;
  std::unique_ptr<PipelineDriver> driver_;
};

TEST_F(AssignEventTimeTest, ARecordSeesTheWatermarkOfTheRecordsBeforeIt) {
  Use({});
  for (Time t : {At(1), At(5), At(3), At(7)}) in_->Push(t);
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre(kMinTime, At(1), At(5), At(5)));
}

TEST_F(AssignEventTimeTest, TheWatermarkStaysBehindByTheOutOfOrderness) {
  Use({.max_out_of_orderness = 10s});
  for (Time t : {At(20), At(30)}) in_->Push(t);
  ASSERT_THAT(driver_->Drain(), IsOk());
  ASSERT_THAT(driver_->Commit(), IsOk());
  EXPECT_EQ(out_.all()[1], At(10));
  EXPECT_EQ(Committed(), At(20));
}

TEST_F(AssignEventTimeTest, TheWatermarkSurvivesACrash) {
  Use({});
  in_->Push(At(20));
  ASSERT_THAT(driver_->Drain(), IsOk());
  ASSERT_THAT(driver_->Commit(), IsOk());
  ASSERT_THAT(driver_->Crash(), IsOk());
  in_->Push(At(5));
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_EQ(out_.all().back(), At(20));
}

TEST_F(AssignEventTimeTest, TheSlowestPartitionHoldsTheWatermark) {
  Use({}, 2);
  in_->Push(At(10), 0);
  in_->Push(At(3), 1);
  in_->Push(At(20), 0);
  ASSERT_THAT(driver_->Drain(), IsOk());
  ASSERT_THAT(driver_->Commit(), IsOk());
  // It does not go back for a partition that joins late, and waits for it from then on.
  EXPECT_EQ(Committed(), At(20));
  in_->Push(At(100), 0);
  ASSERT_THAT(driver_->Drain(), IsOk());
  ASSERT_THAT(driver_->Commit(), IsOk());
  EXPECT_EQ(Committed(), At(20));
}

TEST_F(AssignEventTimeTest, AnIdlePartitionNoLongerHoldsTheWatermark) {
  Use({.idle_timeout = 60s}, 2);
  in_->Push(At(10), 0);
  in_->Push(At(3), 1);
  in_->Push(At(100), 0);
  ASSERT_THAT(driver_->Drain(), IsOk());
  ASSERT_THAT(driver_->AdvanceClock(30s), IsOk());
  in_->Push(At(200), 0);
  ASSERT_THAT(driver_->AdvanceClock(30s), IsOk());
  ASSERT_THAT(driver_->Commit(), IsOk());
  EXPECT_EQ(Committed(), At(200));
}

// The end of a partition may be known only after its last record was read.
TEST_F(AssignEventTimeTest, APartitionThatEndsLaterNoLongerHoldsTheWatermark) {
  Use({}, 2);
  for (Time t : {At(1), At(2)}) in_->Push(t, 0);
  in_->Push(At(50), 1);
  ASSERT_THAT(driver_->Drain(), IsOk());
  ASSERT_THAT(driver_->Commit(), IsOk());
  EXPECT_EQ(Committed(), At(2));
  in_->Push(At(60), 1);
  in_->Finish();
  ASSERT_THAT(driver_->Drain(), IsOk());
  ASSERT_THAT(driver_->Commit(), IsOk());
  EXPECT_EQ(Committed(), At(60));
}

TEST_F(AssignEventTimeTest, ARecordFarAheadDoesNotMoveTheWatermark) {
  Use({.max_ahead = 1h});
  for (Time t : {At(1), At(3601), At(3600), At(2)}) in_->Push(t);
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre(kMinTime, At(1), At(1), At(3600)));
}

TEST_F(AssignEventTimeTest, RecordsFarAheadAreCounted) {
  Use({.max_ahead = 1h});
  for (Time t : {At(1), At(3601), At(3600), At(9000), At(2)}) in_->Push(t);
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_EQ(driver_->Stats("event_time").ahead, 2u);
  in_->Push(At(9001));
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_EQ(driver_->Stats("event_time").ahead, 3u);
}

TEST_F(AssignEventTimeTest, MetricsTellOfRecordsFarAhead) {
  Use({.max_ahead = 1h});
  in_->Push(At(9000));
  ASSERT_THAT(driver_->Drain(), IsOk());
  double ahead = 0;
  VisitMetrics(driver_->runner(), [&](const Metric& m) {
    if (m.name == "rtstream_records_ahead_total" && m.op == "event_time") ahead = m.value;
  });
  EXPECT_EQ(ahead, 1);
}

TEST_F(AssignEventTimeTest, WithoutABoundNoRecordIsFarAhead) {
  Use({.max_ahead = 0s});
  in_->Push(At(1'000'000));
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_EQ(driver_->Stats("event_time").ahead, 0u);
}

TEST_F(AssignEventTimeTest, ExtremeTimesAreHeldAtTheEnds) {
  Use({.max_out_of_orderness = 1h, .max_ahead = 0s});
  for (Time t : {kMinTime, kMaxTime, At(0)}) in_->Push(t);
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre(kMinTime, kMinTime, kMaxTime - 1h));
}

TEST_F(AssignEventTimeTest, IsAllowedOnceInAFlow) {
  MemorySource<Time> in;
  PipelineDriver driver([&] {
    return From(in) | AssignEventTime([](const Time& t) { return t; }) |
           AssignEventTime([](const Time& t) { return t; }) | Discard();
  });
  EXPECT_THAT(driver.Drain(), testing::StatusIs(absl::StatusCode::kInvalidArgument,
                                                ::testing::HasSubstr("event_time")));
}

TEST(AssignEventTimeOnLanes, RecordsFarAheadAreCountedOnce) {
  MemorySource<Time> in;
  MemorySink<Time> out;
  PipelineDriver driver(
      [&]() -> Pipeline {
        return From(in) | AssignEventTime([](const Time& t) { return t; }, {.max_ahead = 1h}) |
               KeyBy("second", [](const Time& t) { return t; }) | To(out);
      },
      {.lanes = 2});
  driver.clock().Advance(At(0) - driver.clock().Now());
  for (int i = 0; i < 2000; ++i) in.Push(At(i % 10 == 0 ? 9000 + i : i));
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_EQ(out.all().size(), 2000u);
  EXPECT_EQ(driver.Stats("event_time").ahead, 200u);
}

}  // namespace
}  // namespace rtstream
