#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "examples/retail/sale.h"
#include "rtstream/base/arena.h"

namespace retail {

// A line of facts.ndjson or failed.ndjson, read back.
struct OutputRecord {
  Sale sale;
  std::string_view amount;
  std::string_view processing_id;
  int64_t on_hand = -1;  // failed.ndjson only
  int64_t reserved = -1;
};

// Reads a line. InvalidArgument: it is not what FactLine or FailedLine writes, or the amount is not
// price times quantity. Views in `out` point into `line` or the arena.
absl::Status ReadOutputRecord(std::string_view line, rt::Arena& arena, OutputRecord& out);

}  // namespace retail
