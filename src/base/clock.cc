#include "rtstream/base/clock.h"

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace rtstream {

struct Wakeup::State {
  absl::Mutex mutex;
  bool notified ABSL_GUARDED_BY(mutex) = false;
};

Wakeup::Wakeup() : state_(std::make_unique<State>()) {}
Wakeup::~Wakeup() = default;

void Wakeup::Notify() {
  absl::MutexLock lock(&state_->mutex);
  state_->notified = true;
}

bool Wakeup::WaitFor(Duration timeout) {
  absl::MutexLock lock(&state_->mutex);
  const bool notified = state_->mutex.AwaitWithTimeout(absl::Condition(&state_->notified),
                                                       absl::FromChrono(timeout));
  state_->notified = false;
  return notified;
}

bool Wakeup::Consume() {
  absl::MutexLock lock(&state_->mutex);
  return std::exchange(state_->notified, false);
}

Time SystemClock::Now() const {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

Duration SystemClock::Monotonic() const {
  return std::chrono::duration_cast<Duration>(
      std::chrono::steady_clock::now().time_since_epoch());
}

bool SystemClock::Wait(Duration timeout, Wakeup& wakeup) { return wakeup.WaitFor(timeout); }

}  // namespace rtstream
