#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "benchmarks/baseline/hand_table.h"
#include "examples/retail/random.h"
#include "rtstream/core/batch.h"
#include "rtstream/op/keyed_rows.h"
#include "rtstream/state/stored_table.h"

// Table/: adds to the sum of a number's key: keys by Zipf's law, of which all are there after the first time.
// Growth/: inserts so many keys that are new into an empty table.

namespace bench {
namespace {

constexpr size_t kUpdates = 1'000'000;
constexpr size_t kBatch = 512;

std::vector<uint64_t> MakeKeys(int64_t different) {
  retail::Random random(1);
  const retail::ZipfSampler ranks(static_cast<uint64_t>(different), 1.0);
  std::vector<uint64_t> keys;
  keys.reserve(kUpdates);
  while (keys.size() < kUpdates) keys.push_back(retail::Mix(ranks.Draw(random)) | 1);
  return keys;
}

template <typename Key>
Key MakeKey(uint64_t number) {
  if constexpr (std::is_same_v<Key, std::string>) {
    return std::string(reinterpret_cast<const char*>(&number), sizeof number);
  } else {
    return number;
  }
}

template <typename Update>
void Measure(benchmark::State& state, Update&& update) {
  const std::vector<uint64_t> keys = MakeKeys(state.range(0));
  update(keys);
  for ([[maybe_unused]] auto _ : state) update(keys);
  state.counters["per_update"] =
      benchmark::Counter(static_cast<double>(kUpdates),
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void TableAbsl(benchmark::State& state) {
  absl::flat_hash_map<uint64_t, uint64_t> sums;
  Measure(state, [&](const std::vector<uint64_t>& keys) {
    for (const uint64_t key : keys) ++sums[key];
  });
}

void TableHand(benchmark::State& state) {
  hand::Table<uint64_t> sums(static_cast<uint64_t>(state.range(0)));
  Measure(state, [&](const std::vector<uint64_t>& keys) {
    for (size_t i = 0; i < keys.size(); ++i) {
      sums.Prefetch(keys[std::min(i + hand::kAhead, keys.size() - 1)]);
      ++sums[keys[i]];
    }
  });
}

// As Aggregate does it, a batch at a time, for keys of this type.
template <typename Key>
void TableRtstream(benchmark::State& state) {
  namespace rt = rtstream;
  using Table = rt::TableOf<Key, uint64_t>;
  Table sums;
  rt::internal::KeyedRows<Table> rows;
  rt::Frame frame;
  rt::Selection all;
  std::vector<Key> batch;
  Measure(state, [&](const std::vector<uint64_t>& keys) {
    for (size_t begin = 0; begin < keys.size(); begin += kBatch) {
      const size_t n = std::min(kBatch, keys.size() - begin);
      batch.clear();
      for (size_t i = 0; i < n; ++i) batch.push_back(MakeKey<Key>(keys[begin + i]));
      all.SelectAll(n);
      const rt::Rows<Key> in(std::as_const(batch).data(), frame, all);
      const auto key_of = [](const rt::Rows<Key>& r, size_t i) -> const Key& { return r[i]; };
      rows.ForEach(sums, in, key_of, [&](size_t, const auto& at) {
        bool fresh = false;
        ++rows.FindOrInsert(sums, at, fresh)->value;
      });
    }
  });
}

// insert(table, first, n) inserts the keys of the numbers from `first` on.
template <typename Table, typename Insert>
void MeasureGrowth(benchmark::State& state, Insert&& insert) {
  const auto keys = static_cast<uint64_t>(state.range(0));
  double longest = 0;
  for ([[maybe_unused]] auto _ : state) {
    std::optional<Table> table(std::in_place);
    for (uint64_t first = 0; first < keys; first += kBatch) {
      const auto begun = std::chrono::steady_clock::now();
      insert(*table, first, std::min<uint64_t>(kBatch, keys - first));
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
      longest = std::max(longest, took.count());
    }
    state.PauseTiming();
    table.reset();
    state.ResumeTiming();
  }
  state.counters["longest_batch_us"] = longest * 1e6;
  state.counters["per_insert"] =
      benchmark::Counter(static_cast<double>(keys),
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

template <typename Key>
void GrowthAbsl(benchmark::State& state) {
  using Map = absl::flat_hash_map<Key, uint64_t>;
  MeasureGrowth<Map>(state, [](Map& map, uint64_t first, uint64_t n) {
    for (uint64_t i = first; i < first + n; ++i) map[MakeKey<Key>(retail::Mix(i))] = i;
  });
}

// As Aggregate does it.
template <typename Key>
void GrowthRtstream(benchmark::State& state) {
  namespace rt = rtstream;
  using Table = rt::TableOf<Key, uint64_t>;
  rt::internal::KeyedRows<Table> rows;
  rt::Frame frame;
  rt::Selection all;
  std::vector<Key> batch;
  MeasureGrowth<Table>(state, [&](Table& table, uint64_t first, uint64_t n) {
    batch.clear();
    for (uint64_t i = first; i < first + n; ++i) batch.push_back(MakeKey<Key>(retail::Mix(i)));
    all.SelectAll(n);
    const rt::Rows<Key> in(std::as_const(batch).data(), frame, all);
    const auto key_of = [](const rt::Rows<Key>& r, size_t i) -> const Key& { return r[i]; };
    rows.ForEach(table, in, key_of, [&](size_t i, const auto& at) {
      bool fresh = false;
      rows.FindOrInsert(table, at, fresh)->value = first + i;
    });
  });
}

void Sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
}
BENCHMARK(TableAbsl)->Name("Table/absl")->Apply(Sizes);
BENCHMARK(TableHand)->Name("Table/hand")->Apply(Sizes);
BENCHMARK(TableRtstream<uint64_t>)->Name("Table/rtstream")->Apply(Sizes);
BENCHMARK(TableRtstream<std::string>)->Name("Table/rtstream_text")->Apply(Sizes);

// Once each: a table of ten million takes seconds.
void GrowthSizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->Arg(1'000'000)->Arg(10'000'000)->Iterations(1)->Unit(benchmark::kMillisecond);
}
BENCHMARK(GrowthAbsl<uint64_t>)->Name("Growth/absl")->Apply(GrowthSizes);
BENCHMARK(GrowthRtstream<uint64_t>)->Name("Growth/rtstream")->Apply(GrowthSizes);
BENCHMARK(GrowthAbsl<std::string>)->Name("Growth/absl_text")->Apply(GrowthSizes);
BENCHMARK(GrowthRtstream<std::string>)->Name("Growth/rtstream_text")->Apply(GrowthSizes);

}  // namespace
}  // namespace bench
