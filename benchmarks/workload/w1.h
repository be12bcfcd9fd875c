#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "benchmarks/workload/lines.h"
#include "benchmarks/workload/outcome.h"
#include "benchmarks/workload/sale.h"
#include "rtstream/base/hash.h"

namespace bench {

// W1: a day of a retailer's sales, the same work for every variant.
//
// Each line of the input is a record, taken in order:
//   parse      one JSON object (RFC 8259, UTF-8) that fits the mapping of Sale; else rejected
//   validate   IsValid(); else rejected
//   dedup      exact, on eventId, over 7 days of event time: of copies only the first goes on
//   enrich     region of the store, category of the SKU, kUnknown for those not in the master data
//   daily      units, revenue and number of sales by (retailer, date, SKU)
//   hours      number of sales by (store, hour)
//   inventory  an item (store, SKU) begins with kInitialUnits and version 0; a sale takes its units and
//              raises the version, or is refused when fewer are left
//   serialise  each sale that took its units as a row of ClickHouse's RowBinary, see row_binary.h
// Daily sums and hours count what passed dedup, whether or not there was stock.
inline constexpr rt::Duration kDedupWindow = std::chrono::hours(7 * 24);
inline constexpr rt::Duration kDay = std::chrono::hours(24);
inline constexpr rt::Duration kHour = std::chrono::hours(1);
inline constexpr int64_t kInitialUnits = 1000;

struct W1Result {
  uint64_t events = 0;
  uint64_t rejected = 0;    // not parsed, or not valid
  uint64_t duplicates = 0;
  uint64_t refused = 0;     // for want of stock
  uint64_t accepted = 0;    // serialised
  uint64_t daily_keys = 0;
  uint64_t store_hours = 0;
  uint64_t stock_keys = 0;
  uint64_t output_bytes = 0;
  // Of a verifying run; 0 otherwise.
  uint64_t output_checksum = 0;
  UnorderedDigest daily;  // units, cents and number of sales of each key
  UnorderedDigest hours;  // number of sales
  UnorderedDigest stock;  // units left, version

  Outcome ToOutcome() const;
};

// The input of W1: its lines, and master data of (key, text).
struct W1Input {
  Lines lines;
  std::vector<std::pair<std::string, std::string>> region_of_store, category_of_sku;
};

// How many keys state is made for, by all variants that can be told. Of ten million events of the generator's
// 2.4 million make a new daily key and 3.8 million a new item; of few, nearly all.
struct W1Sizes {
  uint64_t ids, daily, stock, hours = 100'000;
  explicit W1Sizes(uint64_t events)
      : ids(events), daily(std::min(events, 1'000'000 + events / 5)),
        stock(std::min(events, 2'000'000 + events * 3 / 10)) {}
};

// The generator's lines, or those of `path` if it is not empty, with the generator's master data.
absl::StatusOr<W1Input> MakeW1Input(uint64_t events, const std::string& path);

// Where the rows of W1 go: counts the bytes, and in a verifying run sums them up. What the checksum is
// does not depend on how the bytes were cut.
class RowOutput {
 public:
  explicit RowOutput(bool is_verifying) : is_verifying_(is_verifying) {}
  void Write(std::string_view bytes);
  uint64_t bytes() const { return bytes_; }
  uint64_t checksum() const { return is_verifying_ ? checksum_.value() : 0; }

 private:
  bool is_verifying_;
  uint64_t bytes_ = 0;
  rt::RollingChecksum checksum_;
};

}  // namespace bench
