#pragma once

#include <memory>

#include "benchmarks/workload/variant.h"
#include "benchmarks/workload/w1.h"

namespace bench {

// W1 as a pipeline of rtstream: one lane that commits to memory every 200 ms, in the background. The
// input must outlive what is made.
std::unique_ptr<Variant> MakeW1Rtstream(const W1Input& input, const RunSettings& settings);

}  // namespace bench
