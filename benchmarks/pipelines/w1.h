#pragma once

#include <memory>
#include <string>

#include "benchmarks/workload/variant.h"
#include "benchmarks/workload/w1.h"
#include "rtstream/rtstream.h"

namespace bench {

// W1 over these lines, to these rows; with state in the store of whoever runs it.
rt::Pipeline MakeW1Pipeline(rt::Source<rt::Bytes>& lines, rt::LookupTable<std::string>& region_of_store,
                            rt::LookupTable<std::string>& category_of_sku,
                            rt::Sink<rt::InventoryOutcome<Sale>>& rows, const W1Sizes& sizes);

// W1 as a pipeline of rtstream on one lane, without commits. The input must outlive what is made.
std::unique_ptr<Variant> MakeW1Rtstream(const W1Input& input, const RunSettings& settings);
// The same with a commit every 200 ms, in the background, of which the store keeps nothing: what commits
// cost the lane.
std::unique_ptr<Variant> MakeW1RtstreamCommits(const W1Input& input, const RunSettings& settings);

// The same, without commits, on RunSettings::lanes lanes, divided by store.
std::unique_ptr<Variant> MakeW1RtstreamLanes(const W1Input& input, const RunSettings& settings);

// The same as so many pipelines of one lane, over input that was divided by store beforehand.
std::unique_ptr<Variant> MakeW1RtstreamSplit(const W1Input& input, const RunSettings& settings);

}  // namespace bench
