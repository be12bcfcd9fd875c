#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "rtstream/testing/fault.h"

#pragma GCC visibility push(hidden)

namespace rtstream::testing {

// A failing run, as it is made smaller.
struct ShrunkRun {
  std::vector<Strike> strikes;
  size_t max_records = 0;
};

// Whether a run of these strikes over so many records still fails.
using StillFails = std::function<bool(const ShrunkRun&)>;

// The smallest failing run found within `most_tries`: fewer strikes by delta debugging (Zeller and
// Hildebrandt, "Simplifying and isolating failure-inducing input", 2002), strikes at earlier
// places, then fewer records by a half, a quarter and so on, as long as any of them
// gets on.
ShrunkRun Shrink(ShrunkRun run, const StillFails& still_fails, int most_tries);

}  // namespace rtstream::testing

#pragma GCC visibility pop
