#pragma once

#include <functional>
#include <thread>

namespace retail {

// Turns SIGINT and SIGTERM into a call of `on_stop`, from a thread of its own, instead of the end of
// the process. Construct it before other threads start: they inherit that the signals are blocked.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();  // ends the thread; signals stay blocked
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // Signals that came before are not lost. Called once.
  void OnStop(std::function<void()> on_stop);

 private:
  int signals_ = -1;  // a signalfd
  int end_ = -1;      // an eventfd that ends the thread
  std::thread thread_;
};

}  // namespace retail
