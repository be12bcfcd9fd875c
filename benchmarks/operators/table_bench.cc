#include <benchmark/benchmark.h>

#include <algorithm>
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

// Adds to the sum of a number's key: keys by Zipf's law, of which all are there after the first time.

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
      rows.Begin(sums, in, key_of);
      for (size_t i = 0; i < n; ++i) {
        rows.Ahead(sums, in, key_of, i);
        bool fresh = false;
        ++rows.FindOrInsert(sums, i, fresh)->value;
      }
    }
  });
}

void Sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
}
BENCHMARK(TableAbsl)->Name("Table/absl")->Apply(Sizes);
BENCHMARK(TableHand)->Name("Table/hand")->Apply(Sizes);
BENCHMARK(TableRtstream<uint64_t>)->Name("Table/rtstream")->Apply(Sizes);
BENCHMARK(TableRtstream<std::string>)->Name("Table/rtstream_text")->Apply(Sizes);

}  // namespace
}  // namespace bench
