#include "examples/retail/progress.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <utility>

namespace retail {

Progress::Progress(std::function<std::string()> line) {
  if (isatty(STDERR_FILENO) == 0) return;
  thread_ = std::thread([this, line = std::move(line)] {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, std::chrono::milliseconds(500), [this] { return ends_; })) {
      std::fprintf(stderr, "\r%s\033[K", line().c_str());
    }
    std::fputs("\r\033[K", stderr);
  });
}

Progress::~Progress() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

}  // namespace retail
