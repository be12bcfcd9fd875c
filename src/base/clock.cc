#include "rtstream/base/clock.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace rtstream {

// Waits by the machine's steady clock: a wait must not last longer when the wall clock is set back.
struct [[gnu::visibility("hidden")]] Wakeup::State {
  std::mutex mutex;
  std::condition_variable changed;
  bool is_notified = false;  // guarded by mutex
};

Wakeup::Wakeup() : state_(std::make_unique<State>()) {}
Wakeup::~Wakeup() = default;

void Wakeup::Notify() {
  // Notified under the lock: the waiter may destroy this as soon as it has seen the flag.
  const std::lock_guard lock(state_->mutex);
  state_->is_notified = true;
  state_->changed.notify_all();
}

bool Wakeup::WaitFor(Duration timeout) {
  // Longer waits would overflow the nanoseconds of the steady clock.
  constexpr Duration kLongest = std::chrono::hours(24 * 365 * 100);
  std::unique_lock lock(state_->mutex);
  state_->changed.wait_for(lock, std::clamp(timeout, Duration(0), kLongest),
                           [this] { return state_->is_notified; });
  return std::exchange(state_->is_notified, false);
}

bool Wakeup::Consume() {
  const std::lock_guard lock(state_->mutex);
  return std::exchange(state_->is_notified, false);
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
