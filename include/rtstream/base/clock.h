#pragma once

#include <atomic>
#include <memory>

#include "rtstream/base/time.h"

namespace rtstream {

// Wakes a thread that waits on a Clock. Any thread may call Notify(); a notification that comes
// before the wait is kept, so none is lost.
class Wakeup {
 public:
  Wakeup();
  ~Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  void Notify();  // Wakes the waiting thread, or the next that waits. Thread-safe.

  // Waits until Notify() or until `timeout` has passed by the machine's monotonic clock. Returns
  // whether it was notified, and forgets the notification.
  bool WaitFor(Duration timeout);

  // Whether Notify() was called since the last wait; forgets it.
  bool Consume();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The only source of time in the library. Operators never ask it: they get the processing time that
// was fixed for their batch, so that a replay is the same.
//
// Thread-safe: all methods may be called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;

  // Processing time, UTC. May jump when the machine's clock is set.
  virtual Time Now() const = 0;

  // Time since some fixed moment; never goes back. For intervals, deadlines and backoff.
  virtual Duration Monotonic() const = 0;

  // Blocks the caller until `wakeup` is notified or `timeout` has passed by Monotonic(). Returns
  // whether it was notified.
  virtual bool Wait(Duration timeout, Wakeup& wakeup) = 0;
};

// The machine's clocks.
class SystemClock final : public Clock {
 public:
  Time Now() const override;
  Duration Monotonic() const override;
  bool Wait(Duration timeout, Wakeup& wakeup) override;
};

}  // namespace rtstream
