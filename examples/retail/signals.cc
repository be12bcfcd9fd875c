#include "examples/retail/signals.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <utility>

namespace retail {

StopSignals::StopSignals() {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGINT);
  sigaddset(&stop, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  signals_ = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
}

StopSignals::~StopSignals() { close(signals_); }

StopListener::StopListener(const StopSignals& signals, std::function<void()> on_stop)
    : end_(eventfd(0, EFD_CLOEXEC)) {
  thread_ = std::thread([fd = signals.fd(), end = end_, on_stop = std::move(on_stop)] {
    for (;;) {
      pollfd fds[] = {{fd, POLLIN, 0}, {end, POLLIN, 0}};
      if (poll(fds, 2, -1) < 0) continue;
      if (fds[1].revents != 0) return;
      signalfd_siginfo info;
      while (read(fd, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) on_stop();
    }
  });
}

StopListener::~StopListener() {
  const uint64_t one = 1;
  // An eventfd takes a one unless it is full, which it is not.
  [[maybe_unused]] const ssize_t written = write(end_, &one, sizeof one);
  thread_.join();
  close(end_);
}

}  // namespace retail
