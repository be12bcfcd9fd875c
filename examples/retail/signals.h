#pragma once

#include <functional>
#include <thread>

namespace retail {

// Keeps SIGINT and SIGTERM from ending the process. Construct it before other threads start: they
// inherit that the signals are blocked, and blocked they stay.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  int fd() const { return signals_; }

 private:
  int signals_ = -1;  // a signalfd
};

// Calls `on_stop` for each of the signals, also those that came before, from a thread of its own, until
// it is destroyed.
class StopListener {
 public:
  StopListener(const StopSignals& signals, std::function<void()> on_stop);
  ~StopListener();
  StopListener(const StopListener&) = delete;
  StopListener& operator=(const StopListener&) = delete;

 private:
  int end_ = -1;  // an eventfd that ends the thread
  std::thread thread_;
};

}  // namespace retail
