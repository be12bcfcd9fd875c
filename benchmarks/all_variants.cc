#include "benchmarks/all_variants.h"

#include <memory>

#include "benchmarks/baseline/w1.h"
#include "benchmarks/baseline/w2.h"
#include "benchmarks/baseline/w3.h"
#include "benchmarks/pipelines/w1.h"
#include "benchmarks/pipelines/windows.h"

namespace bench {
namespace {

constexpr bool kHasTbb = RTSTREAM_BENCH_HAS_TBB != 0;

template <typename Input>
VariantEntry Entry(const char* name, std::unique_ptr<Variant> (*make)(const Input&, const RunSettings&),
                   const Input& input) {
  return {name, [make, &input](const RunSettings& settings) { return make(input, settings); }};
}

}  // namespace

std::vector<VariantEntry> W1Variants(const W1Input& input) {
  std::vector<VariantEntry> all = {Entry("plain", MakeW1Plain, input), Entry("hand", MakeW1Hand, input)};
  if constexpr (kHasTbb) all.push_back(Entry("tbb", MakeW1Tbb, input));
  all.push_back(Entry("rtstream", MakeW1Rtstream, input));
  all.push_back(Entry("rtstream_commits", MakeW1RtstreamCommits, input));
  all.push_back(Entry("rtstream_lanes", MakeW1RtstreamLanes, input));
  all.push_back(Entry("rtstream_split", MakeW1RtstreamSplit, input));
  return all;
}

std::vector<VariantEntry> W2Variants(const Records<Tick>& ticks) {
  std::vector<VariantEntry> all = {Entry("plain", MakeW2Plain, ticks), Entry("hand", MakeW2Hand, ticks)};
  if constexpr (kHasTbb) all.push_back(Entry("tbb", MakeW2Tbb, ticks));
  all.push_back(Entry("rtstream", MakeW2Rtstream, ticks));
  all.push_back(Entry("rtstream_lanes", MakeW2RtstreamLanes, ticks));
  return all;
}

std::vector<VariantEntry> W3Variants(const W3Input& input) {
  std::vector<VariantEntry> all = {Entry("plain", MakeW3Plain, input), Entry("hand", MakeW3Hand, input),
                                   Entry("hand_columns", MakeW3HandColumns, input)};
  if constexpr (kHasTbb) all.push_back(Entry("tbb", MakeW3Tbb, input));
  all.push_back(Entry("rtstream", MakeW3Rtstream, input));
  all.push_back(Entry("rtstream_lanes", MakeW3RtstreamLanes, input));
  return all;
}

}  // namespace bench
