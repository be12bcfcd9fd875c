#pragma once

#include <cstdint>

#include "benchmarks/workload/records.h"

namespace bench {

// W2: the sum of the amounts by key in tumbling windows of one second of event time. A window's results
// are given out when a record of a later one comes; those of the window that is open at the end are not.
//
// Keys are opaque numbers, 100,000 of them drawn by Zipf's law with exponent 1. A million records lie in
// a second, in the order of their times; the last one lies a window later. An amount is never 0.
struct Tick {
  uint64_t key;
  uint64_t time_us;  // since 1970
  uint32_t amount;
};

inline constexpr uint64_t kW2Window = 1'000'000;  // us
inline constexpr uint64_t kW2Keys = 100'000;

// REQUIRES: records > 0.
Records<Tick> MakeTicks(uint64_t records);

}  // namespace bench
