#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "rtstream/core/dead_letter.h"
#include "rtstream/flow/pipeline.h"
#include "rtstream/io/memory_table.h"
#include "rtstream/io/memory_sink.h"
#include "rtstream/io/memory_source.h"
#include "tests/op/sale.h"

namespace rtstream {

// What comes out of a pipeline with every kind of operator, and what it leaves behind.
struct Outcome {
  std::vector<std::string> copies, facts, units, windows, sold_out;
  std::vector<std::pair<std::string, int64_t>> dead_letters;  // operator and position
  // On hand, version and last update in microseconds.
  std::map<std::string, std::tuple<int64_t, uint64_t, int64_t>> stock;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

inline constexpr Duration kOutOfOrderness = std::chrono::seconds(20);
inline constexpr Duration kDedupWindow = std::chrono::seconds(400);
inline constexpr Duration kWindowSize = std::chrono::seconds(60);
inline constexpr Duration kLateness = std::chrono::seconds(15);
inline constexpr int64_t kInitialStock = 60;
inline constexpr int64_t kUnlucky = 13;

// What the pipeline is connected to.
struct Ends {
  Source<Sale>& in;
  Sink<std::string>&copies, &facts, &units, &windows, &sold_out;
  LookupTable<std::string>& categories;
};

// The same in memory.
struct Everything {
  MemorySource<Sale> in;
  MemorySink<std::string> copies{"copies"}, facts{"facts"}, units{"units"}, windows{"windows"},
      sold_out{"sold_out"};
  MemoryTable<std::string> categories;

  Everything() {
    PutCategories(categories);
  }
  static void PutCategories(MemoryTable<std::string>& categories) {
    for (int i = 0; i < 30; i += 2) categories.Put("sku" + std::to_string(i), "even");
  }
  Ends ends() { return {in, copies, facts, units, windows, sold_out, categories}; }
};

// The records of this seed, so many: sales of 30 items, one a second; copies, bursts, wrong ones and late ones.
std::vector<Sale> RandomSales(uint64_t seed, size_t count = 2000);

// Validate, AssignEventTime, Dedup with a side output, Map, Enrich, Tee, Filter, FlatMap, Boundary,
// UpdateInventory, Route, Aggregate over windows and running.
Pipeline MakeEverything(const Ends& e);

// The same, one record at a time, with std::map and nothing of the library.
Outcome Reference(const std::vector<Sale>& sales);

}  // namespace rtstream
