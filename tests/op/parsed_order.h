#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <tuple>

#include "rtstream/core/mapping.h"

namespace rtstream {

// The record of the parsers' tests: a view of the input, and a copy that outlives the batch.
struct ParsedOrder {
  std::string_view sku;
  int32_t units = 0;
};

template <>
struct Mapping<ParsedOrder> {
  static constexpr auto kFields =
      std::tuple{Field("sku", &ParsedOrder::sku), Field("units", &ParsedOrder::units)};
};

struct OwnedOrder {
  std::string sku;
  int32_t units = 0;
  friend bool operator==(const OwnedOrder&, const OwnedOrder&) = default;
  friend std::ostream& operator<<(std::ostream& os, const OwnedOrder& o) {
    return os << o.sku << "/" << o.units;
  }
};

inline OwnedOrder OwnOrder(const ParsedOrder& order) { return {std::string(order.sku), order.units}; }

}  // namespace rtstream
