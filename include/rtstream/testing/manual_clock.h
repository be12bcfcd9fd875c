#pragma once

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "rtstream/base/clock.h"

namespace rtstream::testing {

// A clock that moves only when it is told to. A wait does not block: it moves the clock by as long as
// was asked for, so that backoffs and idle waits pass at once.
//
// Thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Time start = Time(std::chrono::hours(24 * 365 * 30))) : now_(start) {}

  Time Now() const override;
  Duration Monotonic() const override;
  bool Wait(Duration timeout, Wakeup& wakeup) override;

  void Advance(Duration d);

 private:
  mutable absl::Mutex mutex_;
  Time now_ ABSL_GUARDED_BY(mutex_);
  Duration monotonic_ ABSL_GUARDED_BY(mutex_){0};
};

}  // namespace rtstream::testing
