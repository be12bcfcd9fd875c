#pragma once

#include <condition_variable>
#include <mutex>

#pragma GCC visibility push(hidden)

namespace rtstream {

// Says whether a run shall read, and whether it has come to rest. Thread-safe.
class PauseSwitch {
 public:
  // --- the host ---
  void Pause() { Set(is_wanted_, true); }
  void Resume() { Set(is_wanted_, false); }
  // For good: nobody waits any more.
  void Release() { Set(is_released_, true); }

  // --- the run ---
  bool is_wanted() const {
    const std::lock_guard lock(mutex_);
    return is_wanted_ && !is_released_;
  }
  // Waits until reading may go on. REQUIRES: what was read is committed.
  void Rest() {
    std::unique_lock lock(mutex_);
    is_resting_ = true;
    changed_.wait(lock, [this] { return !is_wanted_ || is_released_; });
    is_resting_ = false;
  }
  bool is_resting() const {
    const std::lock_guard lock(mutex_);
    return is_resting_;
  }

 private:
  void Set(bool& what, bool value) {
    const std::lock_guard lock(mutex_);
    what = value;
    changed_.notify_all();
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  bool is_wanted_ = false;
  bool is_released_ = false;
  bool is_resting_ = false;
};

}  // namespace rtstream

#pragma GCC visibility pop
