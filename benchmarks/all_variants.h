#pragma once

#include <vector>

#include "benchmarks/workload/variant.h"
#include "benchmarks/workload/w1.h"
#include "benchmarks/workload/w2.h"
#include "benchmarks/workload/w3.h"

namespace bench {

// All variants of a workload that were built; without oneTBB its flow graph is not there. The input must
// outlive what they make.
std::vector<VariantEntry> W1Variants(const W1Input& input);
std::vector<VariantEntry> W2Variants(const Records<Tick>& ticks);
std::vector<VariantEntry> W3Variants(const W3Input& input);

}  // namespace bench
