#pragma once

#include <memory>

#include "benchmarks/workload/variant.h"
#include "benchmarks/workload/w2.h"

namespace bench {

// W2 by hand. The ticks must outlive what is made.

// A loop over the records and absl's hash table.
std::unique_ptr<Variant> MakeW2Plain(const Records<Tick>& ticks, const RunSettings& settings);
// The limit, a record at a time. The table is made for the keys beforehand and does not grow.
std::unique_ptr<Variant> MakeW2Hand(const Records<Tick>& ticks, const RunSettings& settings);
// A flow graph of oneTBB over batches: key the batch, sum it up with absl's table, write.
std::unique_ptr<Variant> MakeW2Tbb(const Records<Tick>& ticks, const RunSettings& settings);

}  // namespace bench
