#include "rtstream/testing/manual_clock.h"

#include <gtest/gtest.h>

namespace rtstream::testing {
namespace {

using namespace std::chrono_literals;

TEST(ManualClock, StandsStillByItself) {
  ManualClock clock(Time(5s));
  EXPECT_EQ(clock.Now(), Time(5s));
  EXPECT_EQ(clock.Now(), Time(5s));
  EXPECT_EQ(clock.Monotonic(), clock.Monotonic());
}

TEST(ManualClock, AdvanceMovesBothTimes) {
  ManualClock clock(Time(5s));
  const Duration before = clock.Monotonic();
  clock.Advance(3s);
  EXPECT_EQ(clock.Now(), Time(8s));
  EXPECT_EQ(clock.Monotonic() - before, 3s);
}

TEST(ManualClock, SetMovesTheTimeOfDayAlone) {
  ManualClock clock(Time(5s));
  const Duration before = clock.Monotonic();
  clock.Set(Time(3s));
  EXPECT_EQ(clock.Now(), Time(3s));
  EXPECT_EQ(clock.Monotonic(), before);
}

TEST(ManualClock, AWaitPassesAtOnceAndMovesTheClock) {
  ManualClock clock(Time(5s));
  Wakeup wakeup;
  EXPECT_FALSE(clock.Wait(1h, wakeup));
  EXPECT_EQ(clock.Now(), Time(5s) + 1h);
}

TEST(ManualClock, ANotifiedWaitMovesNothing) {
  ManualClock clock(Time(5s));
  Wakeup wakeup;
  wakeup.Notify();
  EXPECT_TRUE(clock.Wait(1h, wakeup));
  EXPECT_EQ(clock.Now(), Time(5s));
  EXPECT_FALSE(clock.Wait(1s, wakeup));
}

}  // namespace
}  // namespace rtstream::testing
