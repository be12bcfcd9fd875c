#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/rtstream.h"
#include "rtstream/testing/pipeline_driver.h"

// What the tests of flows send through them.
namespace rtstream::testing {

struct Order {
  std::string sku;
  int64_t units = 0;
  friend bool operator==(const Order&, const Order&) = default;
};

// A source that holds `n` orders, of 0, 1, 2, ... units.
inline MemorySource<Order> Orders(int64_t n) {
  MemorySource<Order> source;
  for (int64_t units = 0; units < n; ++units) source.Push({"shirt", units});
  source.Finish();
  return source;
}

inline std::vector<int64_t> UnitsOf(const std::vector<Order>& orders) {
  std::vector<int64_t> units;
  units.reserve(orders.size());
  for (const Order& order : orders) units.push_back(order.units);
  return units;
}

inline Order PlusOne(const Order& order) { return {order.sku, order.units + 1}; }
inline bool IsEven(const Order& order) { return order.units % 2 == 0; }
inline absl::Status WantBelowFive(const Order& order) {
  return order.units < 5 ? absl::OkStatus() : absl::InvalidArgumentError("units: want below 5");
}

}  // namespace rtstream::testing
