#include <benchmark/benchmark.h>

#include <algorithm>
#include <boost/lockfree/spsc_queue.hpp>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

// From one thread to another: records of 24 bytes through Boost's queue, so many at once, and pointers to
// batches that come back.

namespace bench {
namespace {

struct Record {
  uint64_t key, time, value;
};
constexpr size_t kRecords = 1 << 20;

void Report(benchmark::State& state) {
  state.counters["per_record"] =
      benchmark::Counter(static_cast<double>(kRecords),
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

template <typename Queue, typename T>
void PushAll(Queue& queue, const T* values, size_t n) {
  for (size_t pushed = 0; pushed < n;) {
    const size_t more = queue.push(values + pushed, n - pushed);
    if (more == 0) std::this_thread::yield();
    pushed += more;
  }
}

void SpscRecords(benchmark::State& state) {
  const auto bulk = static_cast<size_t>(state.range(0));
  boost::lockfree::spsc_queue<Record> queue(8192);
  uint64_t sum = 0;
  for ([[maybe_unused]] auto _ : state) {
    std::thread producer([&] {
      std::vector<Record> records(bulk);
      for (size_t sent = 0; sent < kRecords; sent += bulk) {
        for (size_t i = 0; i < bulk; ++i) records[i] = {sent + i, sent, 1};
        PushAll(queue, records.data(), bulk);
      }
    });
    std::vector<Record> records(bulk);
    for (size_t got = 0; got < kRecords;) {
      const size_t n = queue.pop(records.data(), bulk);
      if (n == 0) std::this_thread::yield();
      for (size_t i = 0; i < n; ++i) sum += records[i].value;
      got += n;
    }
    producer.join();
  }
  benchmark::DoNotOptimize(sum);
  Report(state);
}
BENCHMARK(SpscRecords)->Name("Spsc/records")->Arg(1)->Arg(64)->Arg(1024)->UseRealTime()->Unit(
    benchmark::kMillisecond);

void SpscBatches(benchmark::State& state) {
  using Batch = std::vector<Record>;
  const auto size = static_cast<size_t>(state.range(0));
  constexpr size_t kBatches = 8;
  std::vector<Batch> batches(kBatches, Batch(size));
  boost::lockfree::spsc_queue<Batch*> full(kBatches), empty(kBatches);
  uint64_t sum = 0;
  for ([[maybe_unused]] auto _ : state) {
    for (Batch& batch : batches) empty.push(&batch);
    std::thread producer([&] {
      for (size_t sent = 0; sent < kRecords; sent += size) {
        Batch* batch = nullptr;
        while (!empty.pop(batch)) std::this_thread::yield();
        for (size_t i = 0; i < size; ++i) (*batch)[i] = {sent + i, sent, 1};
        full.push(batch);
      }
    });
    for (size_t got = 0; got < kRecords; got += size) {
      Batch* batch = nullptr;
      while (!full.pop(batch)) std::this_thread::yield();
      for (const Record& record : *batch) sum += record.value;
      empty.push(batch);
    }
    producer.join();
    empty.reset();
  }
  benchmark::DoNotOptimize(sum);
  Report(state);
}
BENCHMARK(SpscBatches)->Name("Spsc/batches")->Arg(1024)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace bench
