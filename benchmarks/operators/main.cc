// Operators and tables beside baselines, with Google Benchmark. Its flags, and
//   --ids=1000000,10000000    how many ids the Dedup benchmarks insert; default a million. 100 million take 4.4 GB
//                             of memory, 12 GB with Dedup/absl: leave that out by --benchmark_filter

#include <benchmark/benchmark.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <vector>

#include "benchmarks/operators/dedup_bench.h"

namespace {

// Takes our own flag off the arguments. False: it is wrong.
bool TakeIds(int& argc, char** argv, std::vector<int64_t>& ids) {
  constexpr std::string_view kFlag = "--ids=";
  int kept = 0;
  for (int i = 0; i < argc; ++i) {
    std::string_view argument = argv[i];
    if (!argument.starts_with(kFlag)) {
      argv[kept++] = argv[i];
      continue;
    }
    argument.remove_prefix(kFlag.size());
    ids.clear();
    const char* p = argument.data();
    const char* const end = p + argument.size();
    for (;; ++p) {
      const auto [next, error] = std::from_chars(p, end, ids.emplace_back());
      if (error != std::errc() || ids.back() < 1) return false;
      p = next;
      if (p == end) break;
      if (*p != ',') return false;
    }
  }
  argc = kept;
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<int64_t> ids = {1'000'000};
  if (!TakeIds(argc, argv, ids)) {
    std::fprintf(stderr, "bench_operators: --ids wants numbers above 0\n");
    return 2;
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  for (const int64_t n : ids) bench::MeasureDedup(n);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
