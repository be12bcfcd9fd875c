#pragma once

#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "examples/retail/tables.h"
#include "rtstream/state/item.h"
#include "rtstream/state/state_store.h"

namespace retail {

// What a run has committed, with texts in place of their numbers. Each visits in the order of its texts and
// times; views are valid during the call. DataLoss: a number that no text has.

struct StockRow {
  std::string_view sku, store;
  const rt::Item<rt::Stock>& item;
};
absl::Status ReadStock(const rt::StateReader& store, absl::FunctionRef<void(const StockRow&)> visit);

struct DailyRow {
  std::string_view retailer;
  rt::Time day;
  std::string_view sku;
  const SalesSum& sum;
};
absl::Status ReadDailySales(const rt::StateReader& store, absl::FunctionRef<void(const DailyRow&)> visit);

struct HourRow {
  std::string_view store;
  rt::Time hour;
  const SalesSum& sum;
};
absl::Status ReadStoreHours(const rt::StateReader& store, absl::FunctionRef<void(const HourRow&)> visit);

}  // namespace retail
