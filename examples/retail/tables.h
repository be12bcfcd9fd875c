#pragma once

#include <cstdint>
#include <string_view>
#include <tuple>

#include "examples/retail/sale.h"
#include "rtstream/op/update_inventory.h"
#include "rtstream/state/value_codec.h"

namespace retail {

// The state that the pipeline keeps: names of its operators, keys and values.

using StockOutcome = rt::InventoryOutcome<Sale>;

inline constexpr std::string_view kInventory = "inventory";
inline constexpr std::string_view kDailySales = "daily_sales";
inline constexpr std::string_view kStoreHour = "store_hour";
inline constexpr std::string_view kTotals = "totals";
inline constexpr std::string_view kDedup = "dedup";
// What lanes divide the records by. Everything but daily sales and totals is of one store; copies of an
// event must carry the same.
inline constexpr std::string_view kByStore = "by_store";

// The texts that got numbers.
inline constexpr std::string_view kRetailers = "retailers";
inline constexpr std::string_view kStores = "stores";
inline constexpr std::string_view kSkus = "skus";

// Keys are made of the texts' numbers, and of days and hours since 1970.
using StockKey = std::tuple<uint32_t, uint32_t>;           // sku, store
using DailyKey = std::tuple<uint32_t, int32_t, uint32_t>;  // retailer, day, sku
using HourKey = std::tuple<uint32_t, int32_t>;             // store, hour

// The one key of the totals.
inline constexpr uint32_t kTotalsKey = 0;

// Sums over sales and returns that were applied.
struct SalesSum {
  uint64_t sales = 0;
  uint64_t returns = 0;
  int64_t units = 0;  // net of returns
  Amount revenue;     // net of returns

  void Add(const Sale& sale) {
    ++(sale.is_return() ? returns : sales);
    units += sale.quantity;
    revenue += sale.amount();
  }
  void Add(const SalesSum& other) {
    sales += other.sales;
    returns += other.returns;
    units += other.units;
    revenue += other.revenue;
  }
  friend bool operator==(const SalesSum&, const SalesSum&) = default;
};

// Sums over everything that reached the inventory.
struct Totals {
  uint64_t processed = 0;
  uint64_t returns = 0;
  uint64_t refused = 0;
  int64_t units_sold = 0;
  int64_t units_returned = 0;
  Amount revenue;             // net of returns
  int64_t initial_stock = 0;  // units that items began with

  void Add(const StockOutcome& outcome);
  void Add(const Totals& other);
  int64_t stock_on_hand() const { return initial_stock - units_sold + units_returned; }
};

// Puts sums of several lanes together.
template <typename Sum>
void MergeInto(Sum& into, const Sum& from) {
  into.Add(from);
}

}  // namespace retail

template <>
struct rtstream::StateFields<retail::SalesSum> {
  using V = retail::SalesSum;
  static constexpr uint32_t kVersion = 1;
  static constexpr auto kMembers = std::tuple{&V::sales, &V::returns, &V::units, &V::revenue};
};

template <>
struct rtstream::StateFields<retail::Totals> {
  using V = retail::Totals;
  static constexpr uint32_t kVersion = 1;
  static constexpr auto kMembers =
      std::tuple{&V::processed,      &V::returns, &V::refused,      &V::units_sold,
                 &V::units_returned, &V::revenue, &V::initial_stock};
};
