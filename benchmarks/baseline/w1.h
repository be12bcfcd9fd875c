#pragma once

#include <memory>

#include "benchmarks/workload/variant.h"
#include "benchmarks/workload/w1.h"

namespace bench {

// W1 by hand. The input must outlive what is made.

// What a good engineer writes in an hour: a loop over the lines, simdjson, absl's hash tables.
std::unique_ptr<Variant> MakeW1Plain(const W1Input& input, const RunSettings& settings);

// The limit: every trick we know, on one core. Tables are sized for the input beforehand and touched.
std::unique_ptr<Variant> MakeW1Hand(const W1Input& input, const RunSettings& settings);

// The plain loop's parts in a flow graph of oneTBB, a batch of lines a token.
std::unique_ptr<Variant> MakeW1Tbb(const W1Input& input, const RunSettings& settings);

}  // namespace bench
