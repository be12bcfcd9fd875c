#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace retail {

// Shows a line on the terminal that standard error is, twice a second, and nothing anywhere else.
class Progress {
 public:
  // `line` is called from a thread of this object until it is destroyed.
  explicit Progress(std::function<std::string()> line);
  ~Progress();  // wipes the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace retail
