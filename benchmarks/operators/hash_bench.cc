#include <benchmark/benchmark.h>

#include <cstdint>
#include <type_traits>
#include <vector>

#include "rtstream/base/hash.h"

// What it costs that nobody can foresee where a key goes: the hash of tables, two multiplications under a secret,
// beside one multiplication with numbers that everybody knows.

namespace bench {
namespace {

using rtstream::Word128;

constexpr size_t kKeys = 4096;  // in the nearest cache

template <typename Key>
std::vector<Key> MakeKeys() {
  std::vector<Key> keys(kKeys);
  uint64_t number = 1;
  const auto next = [&number] { return number = number * 0x5851f42d4c957f2d + 0x14057b7ef767814f; };
  for (Key& key : keys) {
    if constexpr (std::is_same_v<Key, Word128>) {
      key = {next(), next()};
    } else {
      key = next();
    }
  }
  return keys;
}

template <typename Key, typename Hash>
void Measure(benchmark::State& state, const Hash& hash) {
  const std::vector<Key> keys = MakeKeys<Key>();
  std::vector<uint64_t> hashes(kKeys);
  for ([[maybe_unused]] auto _ : state) {
    for (size_t i = 0; i < kKeys; ++i) hashes[i] = hash(keys[i]);
    benchmark::DoNotOptimize(hashes.data());
    benchmark::ClobberMemory();
  }
  state.counters["per_key"] = benchmark::Counter(
      static_cast<double>(kKeys), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

template <typename Key>
void HashSecret(benchmark::State& state) {
  Measure<Key>(state, rtstream::SecretFold());
}
template <typename Key>
void HashKnown(benchmark::State& state) {
  Measure<Key>(state, [](const Key& key) {
    if constexpr (std::is_same_v<Key, Word128>) {
      return rtstream::internal::MultiplyFold(key.high ^ 0x9e3779b97f4a7c15, key.low ^ 0xd6e8feb86659fd93);
    } else {
      return rtstream::StableFold(key);
    }
  });
}

BENCHMARK(HashSecret<uint64_t>)->Name("Hash, 8 bytes/secret");
BENCHMARK(HashKnown<uint64_t>)->Name("Hash, 8 bytes/known");
BENCHMARK(HashSecret<Word128>)->Name("Hash, 16 bytes/secret");
BENCHMARK(HashKnown<Word128>)->Name("Hash, 16 bytes/known");

}  // namespace
}  // namespace bench
