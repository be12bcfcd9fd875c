#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>

namespace rtstream {

// The seed of a randomised test, printed so that a failure can be repeated: RTSTREAM_SEED=<seed>.
inline uint64_t TestSeed() {
  const char* const given = std::getenv("RTSTREAM_SEED");
  const uint64_t seed = given == nullptr ? std::random_device{}() : std::strtoull(given, nullptr, 10);
  std::cout << "seed " << seed << "\n";
  return seed;
}

}  // namespace rtstream
