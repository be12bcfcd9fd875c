#pragma once

#include <concepts>
#include <cstdlib>

namespace rtstream {

// How much less a test does that only tries the same again: 1, or 10 where RTSTREAM_FEW_ROUNDS is set, as tests/run.sh
// does under sanitizers, which find what they find in few rounds. The release tests and tests/nightly.sh do all.
inline int RoundsDivisor() {
  static const int divisor = std::getenv("RTSTREAM_FEW_ROUNDS") == nullptr ? 1 : 10;
  return divisor;
}

// Of `all` rounds those to be done.
template <std::integral T>
T Rounds(T all) {
  return all / static_cast<T>(RoundsDivisor());
}

// How far apart the places are that are tried, of those that are `step` apart.
template <std::integral T>
T Stride(T step) {
  return step * static_cast<T>(RoundsDivisor());
}

}  // namespace rtstream
