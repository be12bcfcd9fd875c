// Prints what reading and writing a sale of 245 bytes costs: JSON and CSV, plain and strict, beside simdjson,
// and RowBinary. Nanoseconds of processor a record, medians of rounds in turn.
//
//   bench_parse [ROUNDS]

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/parser/sale_lines.h"
#include "benchmarks/parser/simdjson_readers.h"
#include "rtstream/core/csv_reader.h"
#include "rtstream/core/json_reader.h"
#include "rtstream/core/row_binary_writer.h"

namespace {

using namespace bench;

double Now() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

// Makes the compiler believe that the record is looked at.
template <typename T>
void Use(T& record) {
  asm volatile("" : : "r"(&record) : "memory");
}

// A way to read lines: nanoseconds a line, and how many were accepted.
struct Way {
  std::string name;
  std::function<size_t(const SaleLines&)> run;
  std::vector<double> times = {};
};

template <typename T, typename F>
size_t Read(const SaleLines& lines, F&& read) {
  static T blank{};
  Use(blank);
  rt::Arena arena;
  size_t accepted = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i % 1024 == 0) arena.Clear();
    T out = blank;
    accepted += read(lines[i], lines.readable_end(), arena, out) ? 1 : 0;
    Use(out);
  }
  return accepted;
}

template <typename T>
Way StrictJson(std::string name) {
  return {std::move(name), [](const SaleLines& lines) {
            return Read<T>(lines, [](std::string_view line, const char*, rt::Arena& arena, T& out) {
              return rt::ReadJson(line, arena, out).ok();
            });
          }};
}

template <typename T>
Way PlainJson(std::string name) {
  auto reader = std::make_shared<rt::JsonReader<T>>();
  return {std::move(name), [reader](const SaleLines& lines) {
            return Read<T>(lines, [&](std::string_view line, const char* end, rt::Arena& arena, T& out) {
              return reader->Read(line, end, arena, out).ok();
            });
          }};
}

template <typename T>
Way Csv(std::string name) {
  return {std::move(name), [reader = *rt::CsvReader<T>::Make({})](const SaleLines& lines) mutable {
            return Read<T>(lines, [&](std::string_view line, const char* end, rt::Arena& arena, T& out) {
              return reader.Read(line, end, arena, out).ok();
            });
          }};
}

void Print(const std::string& input, const SaleLines& lines, std::vector<Way> ways, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    for (Way& way : ways) {
      const double begin = Now();
      const size_t accepted = way.run(lines);
      way.times.push_back((Now() - begin) / static_cast<double>(lines.size()));
      if (accepted != lines.size()) {
        std::fprintf(stderr, "%s, %s: %zu of %zu accepted\n", input.c_str(), way.name.c_str(), accepted,
                     lines.size());
        std::exit(1);
      }
    }
  }
  std::printf(R"({"input":"%s","ns_per_line":{)", input.c_str());
  const char* separator = "";
  for (Way& way : ways) {
    std::nth_element(way.times.begin(), way.times.begin() + rounds / 2, way.times.end());
    std::printf(R"(%s"%s":%.1f)", separator, way.name.c_str(), way.times[static_cast<size_t>(rounds) / 2]);
    separator = ",";
  }
  std::printf("}}\n");
}

std::vector<Way> JsonWays() {
  return {StrictJson<Sale>("strict"),      PlainJson<Sale>("reader"),
          StrictJson<TextSale>("strict, texts"), PlainJson<TextSale>("reader, texts"),
          {"DOM", &ReadByDom},             {"iterate_many", &ReadByIterateMany}};
}

Way RowBinary() {
  return {"writer", [](const SaleLines& lines) {
            static std::vector<Sale> sales;
            static rt::RowBinaryWriter<Sale> writer;
            rt::Arena arena;
            if (sales.empty()) {
              for (size_t i = 0; i < lines.size(); ++i) {
                (void)rt::ReadJson(lines[i], arena, sales.emplace_back());
              }
            }
            for (size_t i = 0; i < sales.size(); ++i) {
              if (i % 1024 == 0) writer.Clear();
              writer.Append(sales[i]);
            }
            return sales.size();
          }};
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 21;
  Print("JSON, declared order", JsonLines(Shape::kDeclared), JsonWays(), rounds);
  Print("JSON, another order", JsonLines(Shape::kReversed), JsonWays(), rounds);
  Print("JSON, an order of its own each", JsonLines(Shape::kShuffled), JsonWays(), rounds);
  Print("JSON, with spaces", JsonLines(Shape::kSpaced), JsonWays(), rounds);
  Print("JSON, an unknown member", JsonLines(Shape::kExtra), JsonWays(), rounds);
  Print("JSON, an escape", JsonLines(Shape::kEscaped), JsonWays(), rounds);
  Print("CSV", CsvLines(false), {Csv<Sale>("reader"), Csv<TextSale>("reader, texts")}, rounds);
  Print("CSV, a quoted field", CsvLines(true), {Csv<Sale>("reader"), Csv<TextSale>("reader, texts")}, rounds);
  Print("RowBinary", JsonLines(Shape::kDeclared), {RowBinary()}, rounds);
}
