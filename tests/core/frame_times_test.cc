// Event times and watermarks of the rows of a frame.
#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rtstream/core/frame.h"
#include "tests/base/seed.h"

namespace rtstream {
namespace {

using namespace std::chrono_literals;

Time At(int64_t us) { return Time(Duration(us)); }

class FrameTimesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    tracker_.set_options({.max_out_of_orderness = 10us});
    tracker_.BeginBatch(0, At(0));
  }
  void SetEventTimes(Frame& frame, const std::vector<int64_t>& times) {
    frame.AppendNext(times.size());
    Time* const column = frame.BeginEventTimes();
    for (size_t i = 0; i < times.size(); ++i) column[i] = At(times[i]);
    const auto [least, most] = std::minmax_element(times.begin(), times.end());
    frame.SetEventTimes(At(*least), At(*most), tracker_);
  }

  WatermarkTracker tracker_;
};

TEST_F(FrameTimesTest, NothingIsKnownBeforeSomebodySaysIt) {
  Frame frame;
  frame.AppendNext(2);
  EXPECT_EQ(frame.event_time(1), kMinTime);
  EXPECT_EQ(frame.watermark(1), kMinTime);
}

TEST_F(FrameTimesTest, ARecordSeesTheWatermarkOfTheRecordsBeforeIt) {
  Frame frame;
  SetEventTimes(frame, {100, 130, 90, 200});
  EXPECT_EQ(frame.event_time(2), At(90));
  EXPECT_EQ(frame.watermark(0), kMinTime);
  EXPECT_EQ(frame.watermark(1), At(90));
  EXPECT_EQ(frame.watermark(2), At(120));
  EXPECT_EQ(frame.watermark(3), At(120));
}

TEST_F(FrameTimesTest, TheBoundsAreThoseOfTheWholeBatch) {
  Frame frame;
  SetEventTimes(frame, {100, 130, 90, 200});
  EXPECT_EQ(frame.earliest(), At(90));
  EXPECT_EQ(frame.latest(), At(200));
  EXPECT_EQ(frame.last_watermark(), At(190));
}

TEST_F(FrameTimesTest, ABatchThatDoesNotMoveTheWatermarkSeesOneWatermark) {
  Frame first, second;
  SetEventTimes(first, {100});
  SetEventTimes(second, {50, 100});
  EXPECT_EQ(second.watermark(0), At(90));
  EXPECT_EQ(second.watermark(1), At(90));
}

// Rows that a filter dropped have none, and move nothing.
TEST_F(FrameTimesTest, RowsWithoutEventTimeDoNotMoveTheWatermark) {
  Frame first, second;
  SetEventTimes(first, {900, 900, 900, 900});
  for (const Duration max_ahead : {0us, 150us}) {
    WatermarkTracker tracker;
    tracker.set_options({.max_ahead = max_ahead});
    tracker.BeginBatch(0, At(50));
    first.Clear();
    first.AppendNext(5);
    const uint16_t rows[] = {1, 3};
    // What stands in the others is of another batch.
    Time* const times = first.BeginEventTimes(rows, 2);
    times[0] = times[2] = times[4] = At(190);
    times[1] = At(100);
    times[3] = At(300);
    first.SetEventTimes(At(100), At(300), tracker);
    EXPECT_EQ(tracker.current(), max_ahead == 0us ? At(300) : At(100));
    EXPECT_EQ(first.watermark(1), kMinTime);
    EXPECT_EQ(first.watermark(3), At(100));
    EXPECT_EQ(first.event_time(3), At(300));
  }
}

TEST_F(FrameTimesTest, WhatWasFilledIsForgottenWithTheRows) {
  Frame frame;
  SetEventTimes(frame, {100, 130});
  frame.FillWatermarks();
  frame.Clear();
  frame.AppendNext(2);
  EXPECT_EQ(frame.event_time(1), kMinTime);
  EXPECT_EQ(frame.watermark(1), kMinTime);
}

TEST_F(FrameTimesTest, RowsOfAnotherFrameKeepTheirTimes) {
  Frame from, to;
  from.base_position = 7;
  SetEventTimes(from, {100, 130, 90});
  to.BeginLike(from);
  for (size_t row : {1, 1, 2}) to.AppendFrom(from, row);
  ASSERT_EQ(to.size(), 3u);
  EXPECT_EQ(to.event_time(1), At(130));
  EXPECT_EQ(to.event_time(2), At(90));
  EXPECT_EQ(to.watermark(0), At(90));
  EXPECT_EQ(to.watermark(2), At(120));
  EXPECT_EQ(to.position(1), 8);
  EXPECT_EQ(to.position(2), 9);
  EXPECT_EQ(to.earliest(), At(90));
  EXPECT_EQ(to.last_watermark(), At(120));
}

TEST_F(FrameTimesTest, RowsOfATimerAllStandForOneRecord) {
  Frame timer, to;
  timer.AppendSame(1);
  timer.SetTimes(At(5), At(3));
  to.BeginLike(timer);
  for (int i = 0; i < 3; ++i) to.AppendFrom(timer, 0);
  EXPECT_EQ(to.size(), 3u);
  EXPECT_EQ(to.position(2), 0);
  EXPECT_EQ(to.event_time(2), At(5));
  EXPECT_EQ(to.watermark(2), At(3));
}

// Whatever the batches, every record sees what it would have seen had it been told one by one.
TEST(FrameTimesRandomTest, WatermarksDoNotDependOnWhereBatchesAreCut) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < 200; ++round) {
    const WatermarkTracker::Options options{.max_out_of_orderness = Duration(random() % 50),
                                            .max_ahead = Duration(random() % 2 == 0 ? 0 : 300)};
    WatermarkTracker whole, single;
    for (WatermarkTracker* tracker : {&whole, &single}) {
      tracker->set_options(options);
      tracker->BeginBatch(1, At(0));
      tracker->Observe(At(static_cast<int64_t>(round) * 2));  // another partition holds it back
    }
    int64_t now = 0;
    for (int batch = 0; batch < 20; ++batch) {
      now += static_cast<int64_t>(random() % 40);
      whole.BeginBatch(0, At(now));
      single.BeginBatch(0, At(now));
      Frame frame;
      frame.AppendNext(1 + random() % 9);
      Time* const times = frame.BeginEventTimes();
      std::vector<Time> want(frame.size());
      Time least = kMaxTime, most = kMinTime;
      for (size_t row = 0; row < frame.size(); ++row) {
        times[row] = kMinTime;
        want[row] = single.current();
        if (random() % 5 == 0) continue;  // a row that is no longer in play
        times[row] = At(now + static_cast<int64_t>(random() % 800) - 400);
        single.Observe(times[row]);
        least = std::min(least, times[row]);
        most = std::max(most, times[row]);
      }
      frame.SetEventTimes(least, most, whole);
      for (size_t row = 0; row < frame.size(); ++row) {
        ASSERT_EQ(frame.watermark(row), want[row]) << "round " << round << " row " << row;
        ASSERT_LE(frame.watermark(row), frame.last_watermark());
      }
      ASSERT_EQ(whole.current(), single.current());
      ASSERT_EQ(whole.partition(0).largest, single.partition(0).largest);
    }
  }
}

}  // namespace
}  // namespace rtstream
