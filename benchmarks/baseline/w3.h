#pragma once

#include <memory>

#include "benchmarks/workload/variant.h"
#include "benchmarks/workload/w3.h"

namespace bench {

// W3 by hand. The input must outlive what is made.

// A loop over the records, absl's hash table for the ads, an array for the campaigns.
std::unique_ptr<Variant> MakeW3Plain(const W3Input& input, const RunSettings& settings);
// The limit over records: counts by ad, which is found without a wrong guess; campaigns only when the
// window closes.
std::unique_ptr<Variant> MakeW3Hand(const W3Input& input, const RunSettings& settings);
// The same over columns.
std::unique_ptr<Variant> MakeW3HandColumns(const W3Input& input, const RunSettings& settings);
// A flow graph of oneTBB over batches: filter and project, join, count.
std::unique_ptr<Variant> MakeW3Tbb(const W3Input& input, const RunSettings& settings);

}  // namespace bench
