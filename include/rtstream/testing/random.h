#pragma once

#include <cstdint>

namespace rtstream::testing {

// A source of random numbers that is the same on every machine: SplitMix64 (Steele, Lea and Flood,
// "Fast Splittable Pseudorandom Number Generators", 2014). The standard library's distributions are
// not. For tests and generated input, never for secrets.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}  // equal seeds give equal numbers

  uint64_t Next();  // 64 random bits
  // In [0, bound). REQUIRES: bound > 0.
  uint64_t Below(uint64_t bound);
  // In [first, last]. REQUIRES: first <= last.
  int64_t Between(int64_t first, int64_t last);
  // In [0, 1).
  double Fraction();
  // True with this probability.
  bool Chance(double probability) { return Fraction() < probability; }

 private:
  uint64_t state_;
};

}  // namespace rtstream::testing
