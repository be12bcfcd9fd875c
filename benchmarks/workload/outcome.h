#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

namespace bench {

// One number of what a variant found.
struct Figure {
  std::string_view name;
  uint64_t value = 0;
  friend bool operator==(const Figure&, const Figure&) = default;
};

// What a variant found: the same numbers for every variant of a workload on the same input, or one of
// them is wrong.
using Outcome = std::vector<Figure>;

// The value of a figure that a run could not tell; verifying runs tell all.
inline constexpr uint64_t kNotCounted = ~uint64_t{0};

// Whether two variants found the same, as far as both tell.
inline bool Agree(const Outcome& a, const Outcome& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Figure& x, const Figure& y) {
    return x == y || x.value == kNotCounted || y.value == kNotCounted;
  });
}

// A checksum of values that come in any order: for tables, which each variant walks as it likes.
class UnorderedDigest {
 public:
  void Add(uint64_t a, uint64_t b = 0, uint64_t c = 0) { value_ += Mix(a ^ Mix(b ^ Mix(c))); }
  uint64_t value() const { return value_; }

 private:
  // The finaliser of SplitMix64.
  static uint64_t Mix(uint64_t x) {
    x += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
  }
  uint64_t value_ = 0;
};

}  // namespace bench
