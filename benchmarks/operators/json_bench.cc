#include <benchmark/benchmark.h>

#include <string_view>
#include <vector>

#include "benchmarks/baseline/hand_sale.h"
#include "benchmarks/baseline/simdjson_sale.h"
#include "benchmarks/workload/lines.h"
#include "rtstream/base/arena.h"
#include "rtstream/core/json_reader.h"

namespace bench {
namespace {

// Lines of W1 that stay in the cache of the third level.
const Lines& TheLines() {
  static const Lines lines = *Lines::Generate(20'000);
  return lines;
}

std::vector<std::string_view> Cut(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t lf = text.find('\n');
    lines.push_back(text.substr(0, lf));
    text.remove_prefix(lf + 1);
  }
  return lines;
}

void Report(benchmark::State& state, size_t lines, size_t valid) {
  const auto n = static_cast<double>(lines);
  state.counters["valid"] = static_cast<double>(valid) / n;
  state.counters["per_line"] = benchmark::Counter(
      n, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void JsonRtstream(benchmark::State& state) {
  const std::vector<std::string_view> lines = Cut(TheLines().text());
  // Lines::kPadding bytes behind the last line may be read.
  const char* const readable_end = TheLines().text().data() + TheLines().text().size() + Lines::kPadding;
  rt::Arena arena;
  rt::JsonReader<Sale> reader;
  size_t valid = 0;
  for ([[maybe_unused]] auto _ : state) {
    valid = 0;
    for (const std::string_view line : lines) {
      Sale sale;
      valid += reader.Read(line, readable_end, arena, sale).ok() && IsValid(sale) ? 1 : 0;
      benchmark::DoNotOptimize(sale);
    }
    arena.Clear();
  }
  Report(state, lines.size(), valid);
}
BENCHMARK(JsonRtstream)->Name("Json/rtstream")->Unit(benchmark::kMillisecond);

void JsonSimdjson(benchmark::State& state) {
  const std::vector<std::string_view> lines = Cut(TheLines().text());
  SaleReader reader;
  size_t valid = 0;
  for ([[maybe_unused]] auto _ : state) {
    valid = 0;
    for (const std::string_view line : lines) {
      Sale sale;
      valid += reader.Read(line, sale) && IsValid(sale) ? 1 : 0;
      benchmark::DoNotOptimize(sale);
    }
  }
  Report(state, lines.size(), valid);
}
BENCHMARK(JsonSimdjson)->Name("Json/simdjson")->Unit(benchmark::kMillisecond);

void JsonHand(benchmark::State& state) {
  const std::string_view text = TheLines().text();
  hand::SaleParser parser;
  std::vector<hand::SaleRow> rows(512);
  size_t valid = 0;
  for ([[maybe_unused]] auto _ : state) {
    valid = 0;
    size_t at = 0;
    const char* const end = text.data() + text.size();
    for (const char* p = text.data(); p < end; ++p) {
      bool is_valid = false;
      p = parser.Read(p, end, rows[at], is_valid);
      at = (at + 1) % rows.size();
      valid += is_valid ? 1 : 0;
    }
    benchmark::DoNotOptimize(rows.data());
    benchmark::ClobberMemory();
    parser.NextBatch();
  }
  Report(state, TheLines().count(), valid);
}
BENCHMARK(JsonHand)->Name("Json/hand")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace bench
