#include "benchmarks/operators/dedup_bench.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/numeric/int128.h"
#include "benchmarks/baseline/hand_id_set.h"
#include "examples/retail/random.h"
#include "rtstream/base/uuid.h"
#include "rtstream/state/claim_table.h"
#include "rtstream/state/packed_key.h"

namespace bench {
namespace {

namespace rt = rtstream;

constexpr size_t kBatch = 512;

std::vector<rt::Uuid> MakeIds(int64_t n) {
  retail::Random random(1);
  std::vector<rt::Uuid> ids;
  ids.reserve(static_cast<size_t>(n));
  while (ids.size() < static_cast<size_t>(n)) {
    if (!ids.empty() && random.Below(20) == 0) {
      ids.push_back(ids[ids.size() - 1 - random.Below(std::min<size_t>(ids.size(), 10'000))]);
    } else {
      ids.push_back({random.Next(), random.Next()});
    }
  }
  return ids;
}

// Times `insert(ids)`, which returns the number of new ids, on a set of its own each time.
template <typename Set, typename Make, typename Insert>
void Measure(benchmark::State& state, Make&& make, Insert&& insert) {
  const std::vector<rt::Uuid> ids = MakeIds(state.range(0));
  size_t added = 0;
  for ([[maybe_unused]] auto _ : state) {
    state.PauseTiming();
    std::optional<Set> set;
    make(set, ids.size());
    state.ResumeTiming();
    added = insert(*set, ids);
    state.PauseTiming();
    set.reset();
    state.ResumeTiming();
  }
  const auto n = static_cast<double>(ids.size());
  state.counters["new"] = static_cast<double>(added) / n;
  state.counters["per_id"] = benchmark::Counter(
      n, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

// Grows as it fills, as whoever knows no better writes it.
void DedupAbsl(benchmark::State& state) {
  using Set = absl::flat_hash_set<absl::uint128>;
  Measure<Set>(
      state, [](std::optional<Set>& set, size_t) { set.emplace(); },
      [](Set& set, const std::vector<rt::Uuid>& ids) {
        for (const rt::Uuid& id : ids) set.insert(absl::MakeUint128(id.high, id.low));
        return set.size();
      });
}

// Made for as many beforehand, and asks for memory ahead.
void DedupHand(benchmark::State& state) {
  using hand::IdSet;
  Measure<IdSet>(
      state, [](std::optional<IdSet>& set, size_t n) { set.emplace(n); },
      [](IdSet& set, const std::vector<rt::Uuid>& ids) {
        for (size_t i = 0; i < ids.size(); ++i) {
          const rt::Uuid& ahead = ids[std::min(i + hand::kAhead, ids.size() - 1)];
          set.Prefetch(ahead.high, ahead.low);
          set.Insert(ids[i].high, ids[i].low);
        }
        return set.size();
      });
}

// As Dedup does it, a batch at a time; grows as it fills.
void DedupRtstream(benchmark::State& state) {
  using rt::ClaimTable;
  Measure<ClaimTable>(
      state,
      [](std::optional<ClaimTable>& table, size_t) {
        table.emplace();
        (void)table->Open({.window = std::chrono::hours(1)});
        table->Attach({.keeps_changes = false});
      },
      [](ClaimTable& table, const std::vector<rt::Uuid>& ids) {
        const rt::Time now{};
        rt::IdBatch batch;
        for (size_t begin = 0; begin < ids.size(); begin += kBatch) {
          const size_t n = std::min(kBatch, ids.size() - begin);
          batch.Clear();
          for (size_t i = 0; i < n; ++i) {
            batch.AddNumber(rt::PackKey(ids[begin + i]));
          }
          if (!table.Prepare(batch).ok()) return size_t{0};
          for (size_t i = 0; i < n; ++i) {
            table.PrefetchAhead(i);
            benchmark::DoNotOptimize(table.Claim(batch, i, 0, now, now));
          }
          table.Settle([](size_t) { return false; });
        }
        return table.size();
      });
}

benchmark::internal::Benchmark* const kAll[] = {
    benchmark::RegisterBenchmark("Dedup/absl", DedupAbsl),
    benchmark::RegisterBenchmark("Dedup/hand", DedupHand),
    benchmark::RegisterBenchmark("Dedup/rtstream", DedupRtstream)};

}  // namespace

void MeasureDedup(int64_t ids) {
  for (benchmark::internal::Benchmark* const b : kAll) b->Arg(ids)->Unit(benchmark::kMillisecond);
}

}  // namespace bench
