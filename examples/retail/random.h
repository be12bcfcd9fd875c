#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

namespace retail {

// The finaliser of SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators",
// 2014): every bit of the result depends on every bit of x.
constexpr uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return x ^ x >> 31;
}

// SplitMix64: the same numbers for the same seed on every machine.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(Mix(seed)) {}
  uint64_t Next() {
    const uint64_t x = Mix(state_);
    state_ += 0x9e3779b97f4a7c15;
    return x;
  }
  // Evenly from [0, n). REQUIRES: n > 0.
  uint64_t Below(uint64_t n) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<uint64_t>(static_cast<Wide>(Next()) * n >> 64);
  }
  // In [0, 1), in steps of 2^-53.
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1p-53; }
  bool Chance(double p) { return Unit() < p; }

 private:
  uint64_t state_;
};

// Draws ranks from [0, n) with probability proportional to 1 / (rank + 1)^exponent, in constant time:
// Walker's alias method, in Vose's form (IEEE Trans. Software Eng. 17(9), 1991).
class ZipfSampler {
 public:
  ZipfSampler(uint64_t n, double exponent);
  uint64_t Draw(Random& random) const {
    const uint64_t i = random.Below(keep_.size());
    return random.Unit() < keep_[i] ? i : alias_[i];
  }

 private:
  std::vector<double> keep_;
  std::vector<uint32_t> alias_;
};

}  // namespace retail
