#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "rtstream/base/time.h"

namespace retail {

namespace rt = rtstream;

struct GenerateOptions {
  uint64_t events = 1'000'000;  // lines
  uint64_t seed = 1;
  // Shares of the lines.
  double duplicates = 0.05;
  double invalid = 0.01;
  double late = 0.01;
  rt::Duration span = std::chrono::hours(24);  // of event time
};

// InvalidArgument: a share is not one, or the span is out of range.
absl::Status CheckOptions(const GenerateOptions& options);

// Writes sale events as NDJSON, the same for the same options: 180 retailers, 1,000 stores (store i
// belongs to retailer i mod 180), 50,000 SKUs drawn by Zipf's law with exponent 1, quantities 1 to 5,
// times rising evenly over the span from 2025-11-28T00:00:00Z.
//
// A duplicate is a copy of one of the last 10,000 lines, byte for byte. A late event is up to an hour
// earlier than its turn. An invalid line is one of ten kinds, see generate.cc.
//
// `write` takes the text piece by piece; its error ends the call and is returned.
absl::Status Generate(const GenerateOptions& options,
                      absl::FunctionRef<absl::Status(std::string_view)> write);

// Writes DIR/stores.csv and DIR/products.csv for what Generate names; makes DIR if it is missing.
absl::Status WriteMasterData(const std::string& dir);

}  // namespace retail
