#pragma once

#include <memory>

#include "benchmarks/workload/variant.h"
#include "benchmarks/workload/w2.h"
#include "benchmarks/workload/w3.h"

namespace bench {

// W2 and W3 as pipelines of rtstream, one lane each. The input must outlive what is made.
std::unique_ptr<Variant> MakeW2Rtstream(const Records<Tick>& ticks, const RunSettings& settings);
std::unique_ptr<Variant> MakeW3Rtstream(const W3Input& input, const RunSettings& settings);

// The same on RunSettings::lanes lanes, divided by key and by campaign.
std::unique_ptr<Variant> MakeW2RtstreamLanes(const Records<Tick>& ticks, const RunSettings& settings);
std::unique_ptr<Variant> MakeW3RtstreamLanes(const W3Input& input, const RunSettings& settings);

}  // namespace bench
