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

// Claims all ids a batch at a time, as Dedup does; returns the longest batch's seconds.
double ClaimAll(rt::ClaimTable& table, const std::vector<rt::Uuid>& ids, rt::Time event_time) {
  rt::IdBatch batch;
  double longest = 0;
  for (size_t begin = 0; begin < ids.size(); begin += kBatch) {
    const auto started = std::chrono::steady_clock::now();
    const size_t n = std::min(kBatch, ids.size() - begin);
    batch.ResetToNumbers(n);
    for (size_t i = 0; i < n; ++i) batch.SetNumber(i, rt::PackKey(ids[begin + i]));
    if (!table.Prepare(batch).ok()) return -1;
    for (size_t i = 0; i < n; ++i) {
      i = table.ClaimNew(batch, i, {}, event_time, event_time);
      if (i == n) break;
      table.PrefetchAhead(i);
      benchmark::DoNotOptimize(table.Claim(batch, i, 0, event_time, event_time));
    }
    table.SettleAll();
    table.Expire(event_time);
    longest = std::max(
        longest, std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count());
  }
  return longest;
}

void MakeTable(std::optional<rt::ClaimTable>& table, rt::ClaimOptions options) {
  options.window = std::chrono::hours(1);
  table.emplace();
  table->Attach({.keeps_changes = false});
  (void)table->Open(options);
}

void Claim(benchmark::State& state, bool is_sized, bool fingerprints) {
  double longest = 0, bytes = 0;
  Measure<rt::ClaimTable>(
      state,
      [&](std::optional<rt::ClaimTable>& table, size_t n) {
        MakeTable(table, {.fingerprints = fingerprints, .expected_ids = is_sized ? n : 0});
      },
      [&](rt::ClaimTable& table, const std::vector<rt::Uuid>& ids) {
        longest = std::max(longest, ClaimAll(table, ids, {}));
        bytes = static_cast<double>(table.memory()) / static_cast<double>(table.size());
        return table.size();
      });
  state.counters["longest_batch_us"] = longest * 1e6;
  state.counters["bytes_an_id"] = bytes;
}

// Grows as it fills.
void DedupRtstream(benchmark::State& state) { Claim(state, false, false); }
// Told how many there will be, as the hand-written set is.
void DedupSized(benchmark::State& state) { Claim(state, true, false); }
void DedupFingerprints(benchmark::State& state) { Claim(state, true, true); }

// A window of eight buckets that is full: the longest call that forgets a bucket, and the longest batch while
// as many ids come anew.
void DedupExpiry(benchmark::State& state) {
  const std::vector<rt::Uuid> ids = MakeIds(state.range(0));
  const size_t part = ids.size() / 16 + 1;
  double longest_expiry = 0, longest_batch = 0;
  for ([[maybe_unused]] auto _ : state) {
    state.PauseTiming();
    std::optional<rt::ClaimTable> table;
    MakeTable(table, {.expected_ids = ids.size() * 5 / 8});
    const rt::Duration width = std::chrono::hours(1) / 8;
    state.ResumeTiming();
    for (size_t i = 0; i * part < ids.size(); ++i) {
      const rt::Time now(width * static_cast<int64_t>(i));
      const auto started = std::chrono::steady_clock::now();
      table->Expire(now);
      longest_expiry = std::max(
          longest_expiry, std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count());
      const std::vector<rt::Uuid> some(ids.begin() + static_cast<ptrdiff_t>(i * part),
                                       ids.begin() + static_cast<ptrdiff_t>(std::min(ids.size(), (i + 1) * part)));
      longest_batch = std::max(longest_batch, ClaimAll(*table, some, now));
    }
    state.PauseTiming();
    table.reset();
    state.ResumeTiming();
  }
  state.counters["longest_expiry_us"] = longest_expiry * 1e6;
  state.counters["longest_batch_us"] = longest_batch * 1e6;
  state.counters["per_id"] =
      benchmark::Counter(static_cast<double>(ids.size()),
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

benchmark::internal::Benchmark* const kAll[] = {
    benchmark::RegisterBenchmark("Dedup/absl", DedupAbsl),
    benchmark::RegisterBenchmark("Dedup/hand", DedupHand),
    benchmark::RegisterBenchmark("Dedup/rtstream", DedupRtstream),
    benchmark::RegisterBenchmark("Dedup/rtstream_sized", DedupSized),
    benchmark::RegisterBenchmark("Dedup/rtstream_fingerprints", DedupFingerprints),
    benchmark::RegisterBenchmark("Dedup/rtstream_expiry", DedupExpiry)};

}  // namespace

void MeasureDedup(int64_t ids) {
  for (benchmark::internal::Benchmark* const b : kAll) b->Arg(ids)->Unit(benchmark::kMillisecond);
}

}  // namespace bench
