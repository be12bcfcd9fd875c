#pragma once

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "rtstream/state/state_store.h"
#include "tests/connectors/numbered_commits.h"
#include "tests/connectors/scratch_dir.h"

namespace rtstream {

// A directory that a test shares with the process of its death test, which runs the test from the
// beginning.
class SharedDir {
 public:
  SharedDir() { setenv(kName, scratch_.Path("").c_str(), 0); }
  ~SharedDir() { unsetenv(kName); }
  std::string Path(const std::string& name) const { return getenv(kName) + name; }
  std::string Read(const std::string& name) const { return scratch_.Read(name); }

 private:
  static constexpr const char* kName = "RTSTREAM_TEST_SHARED_DIR";
  ScratchDir scratch_;
};

// Commits without end; another thread kills the process once `commits` are through. What was
// acknowledged is noted in a file.
[[noreturn]] inline void CommitUntilKilled(StateStore& store, const SharedDir& shared, uint64_t commits,
                                           size_t size) {
  std::atomic<uint64_t> done = 0;
  std::thread killer([&] {
    while (done.load() < commits) std::this_thread::yield();
    raise(SIGKILL);
  });
  std::ofstream acknowledged(shared.Path("acknowledged"));
  for (uint64_t n = 1;; ++n) {
    if (!NumberedCommits::Apply(store, n, n, size).ok()) std::_Exit(1);
    acknowledged.seekp(0);
    acknowledged << n << '\n' << std::flush;
    done.store(n);
  }
}

}  // namespace rtstream
