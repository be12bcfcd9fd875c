#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "examples/retail/sale.h"
#include "examples/retail/tables.h"
#include "rtstream/core/context.h"

namespace retail {

// What the pipeline asks of a record, and what it makes of it.

enum class InputFormat { kSaleJson, kOnlineRetailCsv };

struct Rules {
  InputFormat format = InputFormat::kSaleJson;
  int64_t initial_stock = 100;
  Price max_price = Price::FromUnits(10'000);  // exclusive; 0: no limit
  bool restocks_returns = false;               // else a return is refused
  rt::Duration dedup_window = std::chrono::hours(7 * 24);
};

// How far behind the newest record of its file a record may come and still move nothing: the
// generator's late records come up to an hour late.
inline constexpr rt::Duration kMaxOutOfOrderness = std::chrono::hours(1);

// A file's last lines may be this far ahead of the clock, for shops whose clocks are wrong.
inline constexpr rt::Duration kMaxAhead = std::chrono::hours(24);

// Items with at most this much on hand after a record are hot.
inline constexpr int64_t kHotStock = 10;

// The sale event of a line of the Online Retail file.
absl::StatusOr<Sale> ToSale(const OnlineRetailRow& row, rt::Context& ctx);

// InvalidArgument: what is wrong with the record.
absl::Status CheckSale(const Rules& rules, const Sale& sale, rt::Time now);

inline rt::Movement MovementOf(const Sale& sale) {
  return {sale.is_return() ? rt::MovementKind::kReturn : rt::MovementKind::kSell, sale.units()};
}

inline bool IsHot(const StockOutcome& outcome) {
  return !outcome.is_applied() || outcome.stock.on_hand <= kHotStock;
}

}  // namespace retail
