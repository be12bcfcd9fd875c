#include <benchmark/benchmark.h>

#include <cstring>
#include <string>
#include <vector>

#include "benchmarks/baseline/hand_rows.h"
#include "benchmarks/baseline/hand_sale.h"
#include "benchmarks/baseline/simdjson_sale.h"
#include "benchmarks/workload/lines.h"
#include "benchmarks/workload/row_binary.h"

// Sales as RowBinary, a batch that stays in the cache again and again.

namespace bench {
namespace {

constexpr size_t kRows = 1024;

const Lines& TheLines() {
  static const Lines lines = *Lines::Generate(2 * kRows);
  return lines;
}

void Report(benchmark::State& state, size_t bytes) {
  const auto n = static_cast<double>(kRows);
  state.counters["bytes_per_row"] = static_cast<double>(bytes) / n;
  state.counters["per_row"] = benchmark::Counter(
      n, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void RowsAppended(benchmark::State& state) {
  SaleReader reader;
  std::vector<Sale> sales;
  std::vector<std::string> texts;  // what the sales refer to
  texts.reserve(4 * kRows);
  const auto keep = [&](std::string_view text) { return std::string_view(texts.emplace_back(text)); };
  for (std::string_view rest = TheLines().text(); sales.size() < kRows;) {
    const size_t lf = rest.find('\n');
    Sale sale;
    if (reader.Read(rest.substr(0, lf), sale) && IsValid(sale)) {
      sale.retailer_id = keep(sale.retailer_id);
      sale.store_id = keep(sale.store_id);
      sale.sku = keep(sale.sku);
      sale.source = keep(sale.source);
      sale.region = "north";
      sale.category = "books";
      sales.push_back(sale);
    }
    rest.remove_prefix(lf + 1);
  }
  std::string rows;
  for ([[maybe_unused]] auto _ : state) {
    rows.clear();
    for (const Sale& sale : sales) AppendRow(sale, rows);
    benchmark::DoNotOptimize(rows.data());
  }
  Report(state, rows.size());
}
BENCHMARK(RowsAppended)->Name("RowBinary/plain")->Unit(benchmark::kMicrosecond);

void RowsByHand(benchmark::State& state) {
  hand::SaleParser parser;
  std::vector<hand::SaleRow> sales;
  const std::string_view text = TheLines().text();
  for (const char* p = text.data(); sales.size() < kRows; ++p) {
    hand::SaleRow row;
    bool is_valid = false;
    p = parser.Read(p, text.data() + text.size(), row, is_valid);
    if (is_valid) sales.push_back(row);
  }
  const hand::EncodedText region("north"), category("books");
  RowOutput output(false);
  hand::RowWriter writer(output);
  for ([[maybe_unused]] auto _ : state) {
    for (const hand::SaleRow& sale : sales) writer.Put(sale, region, category);
    writer.Flush();
  }
  Report(state, output.bytes() / static_cast<size_t>(state.iterations()));
}
BENCHMARK(RowsByHand)->Name("RowBinary/hand")->Unit(benchmark::kMicrosecond);

// As many bytes, copied: what cannot be undercut.
void RowsCopied(benchmark::State& state) {
  constexpr size_t kRowBytes = 105;
  const std::string from(kRows * kRowBytes, 'x');
  std::string to(from.size(), ' ');
  for ([[maybe_unused]] auto _ : state) {
    std::memcpy(to.data(), from.data(), from.size());
    benchmark::ClobberMemory();
  }
  Report(state, from.size());
}
BENCHMARK(RowsCopied)->Name("RowBinary/memcpy")->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace bench
