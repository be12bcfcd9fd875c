#pragma once

#include <mutex>

#include "rtstream/base/clock.h"

namespace rtstream::testing {

// A clock that moves only when it is told to. A wait does not block: it moves the clock by as long as
// was asked for, so that backoffs and idle waits pass at once.
//
// Thread-safe.
class ManualClock final : public Clock {
 public:
  // The default is a moment of the year 1999.
  explicit ManualClock(Time start = Time(std::chrono::hours(24 * 365 * 30))) : now_(start) {}

  Time Now() const override;
  Duration Monotonic() const override;
  bool Wait(Duration timeout, Wakeup& wakeup) override;

  void Advance(Duration d);  // moves both times forward
  // Sets the wall clock, as an administrator does: Monotonic() goes on where it was.
  void Set(Time now);

 private:
  mutable std::mutex mutex_;
  Time now_;               // guarded by mutex_
  Duration monotonic_{0};  // guarded by mutex_
};

}  // namespace rtstream::testing
