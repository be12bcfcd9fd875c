#include "rtstream/core/watermark.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "rtstream/testing/random.h"
#include "tests/base/seed.h"

namespace rtstream {
namespace {

using std::chrono::seconds;

Time At(int64_t s) { return Time(seconds(s)); }

class Watermark : public ::testing::Test {
 protected:
  void Batch(uint32_t partition, Time now, std::vector<int64_t> times) {
    tracker_.BeginBatch(partition, now);
    for (int64_t t : times) tracker_.Observe(At(t));
  }
  WatermarkTracker tracker_;
};

TEST_F(Watermark, BeforeAnyRecordThereIsNone) {
  EXPECT_EQ(tracker_.current(), kMinTime);
  EXPECT_EQ(tracker_.Advance(At(0)), kMinTime);
  tracker_.BeginBatch(0, At(0));
  EXPECT_EQ(tracker_.current(), kMinTime);
}

TEST_F(Watermark, IsTheLargestEventTimeMinusTheOutOfOrderness) {
  tracker_.set_options({.max_out_of_orderness = seconds(5)});
  Batch(0, At(0), {100, 103, 101});
  EXPECT_EQ(tracker_.current(), At(98));
}

TEST_F(Watermark, MovesWithEachRecordNotOnlyWithBatches) {
  tracker_.BeginBatch(0, At(0));
  tracker_.Observe(At(100));
  EXPECT_EQ(tracker_.current(), At(100));
  tracker_.Observe(At(101));
  EXPECT_EQ(tracker_.current(), At(101));
}

TEST_F(Watermark, IsTheMinimumOverThePartitions) {
  Batch(0, At(0), {100});
  Batch(1, At(0), {150});
  EXPECT_EQ(tracker_.current(), At(100));
  Batch(0, At(0), {170});
  EXPECT_EQ(tracker_.current(), At(150));
}

TEST_F(Watermark, DoesNotGoBackWhenASlowerPartitionJoins) {
  Batch(0, At(0), {100});
  Batch(1, At(0), {40, 50});
  EXPECT_EQ(tracker_.current(), At(100));
  Batch(0, At(0), {200});
  EXPECT_EQ(tracker_.current(), At(100));
  Batch(1, At(0), {130});
  EXPECT_EQ(tracker_.current(), At(130));
}

TEST_F(Watermark, APartitionWithoutRecordsDoesNotTakePart) {
  Batch(0, At(0), {100});
  Batch(1, At(0), {});
  EXPECT_EQ(tracker_.current(), At(100));
  Batch(0, At(0), {101});
  EXPECT_EQ(tracker_.current(), At(101));
}

TEST_F(Watermark, AFinishedPartitionNoLongerHoldsItBack) {
  Batch(0, At(0), {100});
  Batch(1, At(0), {150});
  tracker_.Finish(0);
  EXPECT_EQ(tracker_.current(), At(150));
}

TEST_F(Watermark, StaysWhenAllPartitionsAreFinished) {
  Batch(0, At(0), {100});
  tracker_.Finish(0);
  EXPECT_EQ(tracker_.Advance(At(1000)), At(100));
}

TEST_F(Watermark, APartitionThatGoesOnAfterItsEndTakesPartAgain) {
  Batch(0, At(0), {100});
  Batch(1, At(0), {150});
  tracker_.Finish(0);
  Batch(0, At(0), {160});
  Batch(1, At(0), {200});
  EXPECT_EQ(tracker_.current(), At(160));
}

TEST_F(Watermark, AnIdlePartitionNoLongerHoldsItBack) {
  tracker_.set_options({.idle_timeout = seconds(60)});
  Batch(0, At(0), {100});
  Batch(1, At(30), {150});
  EXPECT_EQ(tracker_.Advance(At(59)), At(100));
  EXPECT_EQ(tracker_.Advance(At(60)), At(150));
}

TEST_F(Watermark, AnIdlePartitionTakesPartAgainWithItsNextRecord) {
  tracker_.set_options({.idle_timeout = seconds(60)});
  Batch(0, At(0), {100});
  Batch(1, At(59), {150});
  tracker_.Advance(At(60));
  Batch(0, At(61), {151});
  Batch(1, At(62), {300});
  EXPECT_EQ(tracker_.current(), At(151));
}

TEST_F(Watermark, WithoutATimeoutNoPartitionIsIdle) {
  Batch(0, At(0), {100});
  Batch(1, At(0), {150});
  EXPECT_EQ(tracker_.Advance(At(1'000'000)), At(100));
}

TEST_F(Watermark, ARecordTooFarAheadDoesNotMoveIt) {
  tracker_.set_options({.max_ahead = seconds(3600)});
  Batch(0, At(1000), {900, 1'000'000, 4601});
  EXPECT_EQ(tracker_.current(), At(900));
  Batch(0, At(1000), {4600});
  EXPECT_EQ(tracker_.current(), At(4600));
}

TEST_F(Watermark, IsHeldAtTheBeginningOfTime) {
  tracker_.set_options({.max_out_of_orderness = Duration::max()});
  Batch(0, At(0), {-100});
  EXPECT_EQ(tracker_.current(), SaturatingSubtract(At(-100), Duration::max()));
}

TEST_F(Watermark, GoesOnFromACommit) {
  tracker_.set_options({.max_out_of_orderness = seconds(5)});
  Batch(0, At(10), {100});
  Batch(1, At(20), {150});
  WatermarkTracker restored;
  restored.RestoreWatermark(tracker_.current());
  for (uint32_t p : {0u, 1u}) restored.Restore(p, tracker_.partition(p));
  restored.set_options({.max_out_of_orderness = seconds(5)});
  EXPECT_EQ(restored.current(), At(95));
  restored.BeginBatch(0, At(30));
  restored.Observe(At(99));
  EXPECT_EQ(restored.current(), At(95));
  restored.Observe(At(200));
  EXPECT_EQ(restored.current(), At(145));
}

TEST_F(Watermark, TimeThatTheProgramDidNotRunIsNotIdle) {
  tracker_.set_options({.idle_timeout = seconds(60)});
  Batch(0, At(0), {100});
  Batch(1, At(0), {150});
  WatermarkTracker restored;
  restored.set_options({.idle_timeout = seconds(60)});
  restored.RestoreWatermark(tracker_.current());
  for (uint32_t p : {0u, 1u}) restored.Restore(p, tracker_.partition(p));
  restored.BeginBatch(1, At(5000));
  restored.Observe(At(500));
  EXPECT_EQ(restored.current(), At(100)) << "partition 0 has had no chance to deliver";
  restored.BeginBatch(1, At(5059));
  EXPECT_EQ(restored.current(), At(100));
  EXPECT_EQ(restored.Advance(At(5060)), At(500));
}

TEST_F(Watermark, APartitionThatIsNotKnownIsEmpty) {
  EXPECT_EQ(tracker_.partition(7).largest, kMinTime);
  EXPECT_FALSE(tracker_.partition(7).is_finished);
}

// The definition, computed anew for every question.
TEST(WatermarkModel, AgreesWithTheDefinitionAfterEveryStep) {
  testing::Random random(TestSeed());
  for (int round = 0; round < 300; ++round) {
    const Duration lag = seconds(random.Below(20));
    const Duration idle = seconds(random.Below(2) * (1 + random.Below(50)));
    WatermarkTracker tracker;
    tracker.set_options({.max_out_of_orderness = lag, .idle_timeout = idle});
    struct Partition {
      std::optional<Time> largest;
      Time last_record{};
      bool is_finished = false;
    };
    std::vector<Partition> partitions(1 + random.Below(4));
    Time now = At(0), want = kMinTime;
    const auto expect = [&] {
      std::optional<Time> all, last_end;
      bool is_all_finished = true;
      for (const Partition& p : partitions) {
        if (!p.largest) continue;
        if (p.is_finished) last_end = std::max(last_end.value_or(kMinTime), *p.largest - lag);
        is_all_finished &= p.is_finished;
        if (p.is_finished) continue;
        if (idle > Duration(0) && p.last_record + idle <= now) continue;
        const Time w = *p.largest - lag;
        all = all ? std::min(*all, w) : w;
      }
      if (is_all_finished) all = last_end;
      if (all) want = std::max(want, *all);
      return want;
    };
    for (int step = 0; step < 100; ++step) {
      const auto at = static_cast<uint32_t>(random.Below(partitions.size()));
      Partition& p = partitions[at];
      switch (random.Below(8)) {
        case 0:
          tracker.Finish(at);
          p.is_finished = true;
          ASSERT_EQ(tracker.current(), expect());
          break;
        case 1:
          now += seconds(random.Below(10));
          ASSERT_EQ(tracker.Advance(now), expect());
          break;
        default:
          now += seconds(random.Below(10));
          tracker.BeginBatch(at, now);
          p.last_record = now;
          p.is_finished = false;
          expect();
          for (uint64_t n = random.Below(5); n > 0; --n) {
            const Time t = At(step * 10 + random.Between(-40, 40));
            tracker.Observe(t);
            p.largest = p.largest ? std::max(*p.largest, t) : t;
            ASSERT_EQ(tracker.current(), expect());
          }
      }
    }
  }
}

}  // namespace
}  // namespace rtstream
