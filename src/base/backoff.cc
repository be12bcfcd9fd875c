#include "rtstream/base/backoff.h"

#include <algorithm>

namespace rtstream {
namespace {

// SplitMix64; Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
uint64_t NextRandom(uint64_t& state) {
  uint64_t z = (state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace

Duration Backoff::Next() {
  const Duration bound = std::min(bound_, max_);
  bound_ = bound > max_ / 2 ? max_ : bound * 2;
  if (bound <= Duration{0}) return Duration{0};
  return Duration(static_cast<int64_t>(NextRandom(random_) %
                                       (static_cast<uint64_t>(bound.count()) + 1)));
}

}  // namespace rtstream
