#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "benchmarks/baseline/hand_table.h"
#include "examples/retail/random.h"
#include "rtstream/state/key_codec.h"
#include "rtstream/state/keyed_table.h"

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

// As Aggregate does it: keys as bytes, hashed a batch at a time.
void TableRtstream(benchmark::State& state) {
  namespace rt = rtstream;
  constexpr size_t kKeySize = 8;
  constexpr size_t kSlotAhead = 20, kEntryAhead = 10;
  rt::KeyedTable<uint64_t> sums;
  std::string bytes;
  std::vector<uint64_t> hashes(kBatch);
  Measure(state, [&](const std::vector<uint64_t>& keys) {
    for (size_t begin = 0; begin < keys.size(); begin += kBatch) {
      const size_t n = std::min(kBatch, keys.size() - begin);
      bytes.clear();
      for (size_t i = 0; i < n; ++i) rt::KeyCodec<uint64_t>::Append(keys[begin + i], bytes);
      const auto key = [&](size_t i) { return std::string_view(bytes).substr(i * kKeySize, kKeySize); };
      for (size_t i = 0; i < n; ++i) hashes[i] = sums.Hash(key(i));
      for (size_t i = 0; i < n; ++i) {
        if (i + kSlotAhead < n) sums.PrefetchSlot(hashes[i + kSlotAhead]);
        if (i + kEntryAhead < n) sums.PrefetchEntry(hashes[i + kEntryAhead]);
        bool fresh = false;
        ++sums.FindOrInsert(hashes[i], key(i), fresh).value;
      }
    }
  });
}

void Sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
}
BENCHMARK(TableAbsl)->Name("Table/absl")->Apply(Sizes);
BENCHMARK(TableHand)->Name("Table/hand")->Apply(Sizes);
BENCHMARK(TableRtstream)->Name("Table/rtstream")->Apply(Sizes);

}  // namespace
}  // namespace bench
