#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "examples/retail/tables.h"
#include "rtstream/runtime/commit_record.h"

namespace retail {

// Totals of committed work since the state was made.
struct Summary {
  uint64_t records_in = 0;
  uint64_t rejected = 0;
  uint64_t duplicates = 0;
  Totals totals;
  uint64_t stock_items = 0;
  uint64_t daily_sales_rows = 0;
  uint64_t store_hour_rows = 0;
};

// The rates of one run.
struct Rates {
  double events_per_second = 0;
  double elapsed_s = 0;
  double cpu_s_per_million_events = 0;       // of all threads
  double written_mb_per_million_events = 0;  // to the disk, by this process
};

// NotFound: the store holds no pipeline's state.
absl::StatusOr<Summary> ReadSummary(const rt::StateReader& store);

// One line of JSON, without the LF.
std::string SummaryLine(const Summary& summary, const std::optional<Rates>& rates);

}  // namespace retail
