#pragma once

#include <memory>

#include "benchmarks/workload/variant.h"
#include "benchmarks/workload/w1.h"

namespace bench {

// W1 as a pipeline of rtstream on one lane, without commits. The input must outlive what is made.
std::unique_ptr<Variant> MakeW1Rtstream(const W1Input& input, const RunSettings& settings);
// The same with a commit every 200 ms, in the background, of which the store keeps nothing: what commits
// cost the lane.
std::unique_ptr<Variant> MakeW1RtstreamCommits(const W1Input& input, const RunSettings& settings);

}  // namespace bench
