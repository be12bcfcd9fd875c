#pragma once

#include <cstdint>

#include "rtstream/base/time.h"

namespace rtstream {

// Waits between repeated calls: each bound twice the one before, up to a largest, and the wait drawn
// evenly below it (full jitter), so that callers who failed together do not come back together.
// See M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
class Backoff {
 public:
  // How long waits are.
  struct Options {
    Duration initial = std::chrono::milliseconds(10);  // the first wait is at most this
    Duration max = std::chrono::seconds(5);            // the bound doubles up to this
    uint64_t seed = 0;                                 // of the jitter
  };
  // The first wait is bounded by `initial`.
  explicit Backoff(const Options& options)
      : bound_(options.initial), max_(options.max), random_(options.seed) {}

  // The next wait, in [0, bound].
  Duration Next();

 private:
  Duration bound_;
  Duration max_;
  uint64_t random_;
};

}  // namespace rtstream
