#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/workload/records.h"
#include "rtstream/rtstream.h"

// Records of 64 bytes through a KeyBy, from the lane that read them to the lane of their key, which looks at
// each: with one lane, what reading and KeyBy take by themselves.

namespace bench {
namespace {

namespace rt = rtstream;

struct Record {
  uint64_t key = 0, value = 0;
  std::array<uint64_t, 6> rest{};
};
static_assert(sizeof(Record) == 64);
constexpr size_t kInMemory = 1 << 20;
constexpr size_t kPasses = 64;
constexpr size_t kRecords = kInMemory * kPasses;

const Records<Record>& Input() {
  static const Records<Record>* const records = [] {
    auto* const made = new Records<Record>(kInMemory);
    for (size_t i = 0; i < kInMemory; ++i) {
      (*made)[i].key = i * 0x9e3779b97f4a7c15 >> 40;
      (*made)[i].value = i;
    }
    return made;
  }();
  return *records;
}

// Gives the input again and again.
class PassingSource final : public rt::Source<Record> {
 public:
  absl::Status Open(absl::Span<const rt::CommittedPosition>) override {
    at_ = 0;
    return absl::OkStatus();
  }
  std::string PartitionName(uint32_t) const override { return "memory"; }
  bool IsFinished(uint32_t) const override { return at_ == kRecords; }
  absl::StatusOr<rt::PollResult> Poll(size_t max_rows, rt::Batch<Record>& batch) override {
    if (at_ == kRecords) return rt::PollResult::kFinished;
    const size_t begin = at_ % kInMemory, n = std::min(max_rows, kInMemory - begin);
    batch.Begin(0, "memory", static_cast<int64_t>(at_), 0);
    batch.Borrow(Input().span().subspan(begin, n));
    batch.input_bytes = n * sizeof(Record);
    at_ += n;
    return rt::PollResult::kBatch;
  }

 private:
  size_t at_ = 0;
};

void Exchange(benchmark::State& state) {
  const auto lanes = static_cast<uint32_t>(state.range(0));
  Input();
  PassingSource source;
  // One for each copy of the pipeline.
  struct alignas(64) Sum {
    uint64_t value = 0;
  };
  uint64_t total = 0;
  for ([[maybe_unused]] auto _ : state) {
    state.PauseTiming();
    std::vector<std::unique_ptr<Sum>> sums;
    const auto make = [&] {
      Sum* const sum = sums.emplace_back(std::make_unique<Sum>()).get();
      return rt::From(source) | rt::KeyBy("by_key", &Record::key) |
             rt::Filter("look", [sum](const Record& r) {
               sum->value += r.value;
               return false;
             }) |
             rt::Discard();
    };
    rt::RunOptions options;
    options.lanes = lanes;
    rt::Runner runner(make, options);
    if (const absl::Status status = runner.Open(); !status.ok()) {
      return state.SkipWithError(std::string(status.message()).c_str());
    }
    state.ResumeTiming();
    const absl::Status status = runner.Run();
    state.PauseTiming();
    uint64_t sum = 0;
    for (const auto& s : sums) sum += s->value;
    if (!status.ok() || sum != uint64_t{kInMemory} * (kInMemory - 1) / 2 * kPasses) {
      return state.SkipWithError("records are missing");
    }
    total += sum;
    state.ResumeTiming();
  }
  benchmark::DoNotOptimize(total);
  state.counters["per_record"] =
      benchmark::Counter(static_cast<double>(kRecords),
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(Exchange)->Name("Exchange/lanes")->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace bench
