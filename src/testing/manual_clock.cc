#include "rtstream/testing/manual_clock.h"

namespace rtstream::testing {

Time ManualClock::Now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

Duration ManualClock::Monotonic() const {
  const std::lock_guard lock(mutex_);
  return monotonic_;
}

bool ManualClock::Wait(Duration timeout, Wakeup& wakeup) {
  if (wakeup.Consume()) return true;
  Advance(timeout);
  return false;
}

void ManualClock::Advance(Duration d) {
  const std::lock_guard lock(mutex_);
  now_ = SaturatingAdd(now_, d);
  monotonic_ += d;
}

void ManualClock::Set(Time now) {
  const std::lock_guard lock(mutex_);
  now_ = now;
}

}  // namespace rtstream::testing
