#include "rtstream/base/clock.h"

#include <gtest/gtest.h>

#include <thread>

namespace rtstream {
namespace {

constexpr Duration kForever = std::chrono::hours(1);

TEST(Wakeup, KeepsANotificationThatComesBeforeTheWait) {
  Wakeup wakeup;
  wakeup.Notify();
  EXPECT_TRUE(wakeup.WaitFor(kForever));
}

TEST(Wakeup, ForgetsANotificationOnceItWasWaitedFor) {
  Wakeup wakeup;
  wakeup.Notify();
  wakeup.Notify();
  EXPECT_TRUE(wakeup.WaitFor(kForever));
  EXPECT_FALSE(wakeup.WaitFor(Duration(0)));
}

TEST(Wakeup, ConsumesANotificationOnce) {
  Wakeup wakeup;
  EXPECT_FALSE(wakeup.Consume());
  wakeup.Notify();
  EXPECT_TRUE(wakeup.Consume());
  EXPECT_FALSE(wakeup.Consume());
}

TEST(Wakeup, GivesUpAfterTheTimeout) {
  Wakeup wakeup;
  const SystemClock clock;
  const Duration began = clock.Monotonic();
  EXPECT_FALSE(wakeup.WaitFor(std::chrono::milliseconds(20)));
  EXPECT_GE(clock.Monotonic() - began, std::chrono::milliseconds(20));
}

TEST(Wakeup, DoesNotWaitForATimeoutThatHasPassed) {
  Wakeup wakeup;
  EXPECT_FALSE(wakeup.WaitFor(Duration(0)));
  EXPECT_FALSE(wakeup.WaitFor(Duration(-5)));
  EXPECT_FALSE(wakeup.WaitFor(Duration::min()));
}

TEST(Wakeup, LosesNoNotificationOfAnotherThread) {
  // Each side waits for the other's notification before it gives the next: one lost ends the game.
  Wakeup ping, pong;
  constexpr int kRounds = 20'000;
  std::thread other([&] {
    for (int i = 0; i < kRounds; ++i) {
      if (!ping.WaitFor(kForever)) return;
      pong.Notify();
    }
  });
  int answered = 0;
  for (; answered < kRounds; ++answered) {
    ping.Notify();
    if (!pong.WaitFor(kForever)) break;
  }
  other.join();
  EXPECT_EQ(answered, kRounds);
}

TEST(Wakeup, WaitsWithoutAnEndForTheLongestTimeout) {
  Wakeup wakeup;
  std::thread other([&] { wakeup.Notify(); });
  EXPECT_TRUE(wakeup.WaitFor(Duration::max()));
  other.join();
}

TEST(SystemClock, MonotonicTimeDoesNotGoBack) {
  const SystemClock clock;
  Duration last = clock.Monotonic();
  for (int i = 0; i < 1000; ++i) {
    const Duration now = clock.Monotonic();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(SystemClock, SaysWhetherTheWaitWasEndedByANotification) {
  SystemClock clock;
  Wakeup wakeup;
  wakeup.Notify();
  EXPECT_TRUE(clock.Wait(kForever, wakeup));
  EXPECT_FALSE(clock.Wait(Duration(1), wakeup));
}

}  // namespace
}  // namespace rtstream
