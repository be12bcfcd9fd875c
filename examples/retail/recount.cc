#include "examples/retail/recount.h"

#include <tuple>
#include <utility>

#include "examples/retail/stored_state.h"
#include "examples/retail/summary.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/state/item.h"
#include "rtstream/state/key_codec.h"

namespace retail {
namespace {

template <typename... Parts>
std::string KeyBytes(const Parts&... parts) {
  std::string key;
  (rt::KeyCodec<Parts>::Append(parts, key), ...);
  return key;
}

rt::Time DayOf(const Sale& sale) { return rt::FloorTo(sale.timestamp, std::chrono::hours(24)); }
rt::Time HourOf(const Sale& sale) { return rt::FloorTo(sale.timestamp, std::chrono::hours(1)); }

std::string KeyOf(const DailyRow& row) { return KeyBytes(row.retailer, row.day, row.sku); }
std::string KeyOf(const HourRow& row) { return KeyBytes(row.store, row.hour); }

// The parts of a key for a message.
std::string Name(const DailyRow& row) {
  std::string date;
  rt::AppendDate(row.day, date);
  return rt::Concat("daily-sales of ", row.retailer, ", ", date, ", ", row.sku);
}
std::string Name(const HourRow& row) {
  std::string hour;
  rt::AppendHour(row.hour, hour);
  return rt::Concat("store-hour of ", row.store, ", ", hour);
}

std::string Describe(const SalesSum& sum) {
  std::string text = rt::Concat(sum.sales, " sales, ", sum.returns, " returns, ", sum.units,
                                " units, revenue ");
  rt::AppendDecimal(sum.revenue, text);
  return text;
}

absl::Status Difference(std::string_view what, std::string_view files, std::string_view state) {
  return absl::DataLossError(
      rt::Concat(what, ": the files give ", files, ", the state has ", state));
}

// `read(store, visit)` visits the rows.
template <typename Row, typename Read>
absl::Status CompareSums(const rt::StateReader& store, std::string_view table, Read&& read,
                         const std::unordered_map<std::string, SalesSum>& want) {
  absl::Status status;
  size_t found = 0;
  RTSTREAM_RETURN_IF_ERROR(read(store, [&](const Row& row) {
    if (!status.ok()) return;
    auto it = want.find(KeyOf(row));
    if (it == want.end()) {
      status = Difference(Name(row), "no such row", Describe(row.sum));
    } else if (!(it->second == row.sum)) {
      status = Difference(Name(row), Describe(it->second), Describe(row.sum));
    }
    ++found;
  }));
  RTSTREAM_RETURN_IF_ERROR(status);
  if (found == want.size()) return absl::OkStatus();
  return Difference(rt::Concat("rows of ", table), rt::Concat(want.size()), rt::Concat(found));
}

}  // namespace

Recount::Item& Recount::ItemOf(const Sale& sale) {
  auto [it, is_new] = items_.try_emplace(KeyBytes(sale.sku, sale.store_id));
  if (is_new) {
    it->second.on_hand = initial_->Of(sale.sku, sale.store_id);
    totals_.initial_stock += it->second.on_hand;
  }
  return it->second;
}

// A refusal met the stock that stood between two applied records.
void Recount::ExplainRefusals(Item& item) {
  while (item.explained < item.met.size() && item.met[item.explained] == item.on_hand) {
    ++item.explained;
  }
}

void Recount::AddRefused(const OutputRecord& record) {
  ItemOf(record.sale).met.push_back(record.on_hand);
  ++totals_.refused;
}

StockOutcome Recount::Apply(const Sale& sale) {
  Item& item = ItemOf(sale);
  ExplainRefusals(item);
  item.on_hand -= sale.quantity;
  ++item.version;
  item.last_updated = sale.timestamp;
  daily_[KeyBytes(sale.retailer_id, DayOf(sale), sale.sku)].Add(sale);
  hours_[KeyBytes(sale.store_id, HourOf(sale))].Add(sale);
  StockOutcome outcome;
  outcome.record = &sale;
  outcome.stock.on_hand = item.on_hand;
  outcome.version = item.version;
  totals_.Add(outcome);
  return outcome;
}

absl::Status Recount::CompareInventory(const rt::StateReader& store) const {
  absl::Status status;
  size_t found = 0;
  RTSTREAM_RETURN_IF_ERROR(ReadStock(store, [&](const StockRow& row) {
    const rt::Item<rt::Stock>& have = row.item;
    if (!status.ok()) return;
    ++found;
    const std::string name =
        rt::Concat("stock of ", row.sku, " in ", row.store);
    auto it = items_.find(KeyBytes(row.sku, row.store));
    if (it == items_.end()) {
      status = Difference(name, "no such item", "one");
      return;
    }
    Item want = it->second;
    ExplainRefusals(want);
    if (want.on_hand != have.value.on_hand || have.value.reserved != 0) {
      status = Difference(name, rt::Concat(want.on_hand, " on hand"),
                          rt::Concat(have.value.on_hand, " and ", have.value.reserved,
                                     " reserved"));
    } else if (want.version != have.version) {
      status = Difference(name, rt::Concat("version ", want.version),
                          rt::Concat("version ", have.version));
    } else if (want.last_updated != have.last_updated) {
      status = Difference(name, "another time of the last update", "its own");
    } else if (want.explained != want.met.size()) {
      status = absl::DataLossError(
          rt::Concat(name, ": a refused sale met ", want.met[want.explained],
                     " on hand, which the item never had then"));
    }
  }));
  RTSTREAM_RETURN_IF_ERROR(status);
  if (found == items_.size()) return absl::OkStatus();
  return Difference("stock items", rt::Concat(items_.size()), rt::Concat(found));
}

absl::Status Recount::CompareTotals(const rt::StateReader& store) const {
  RTSTREAM_ASSIGN_OR_RETURN(const Summary summary, ReadSummary(store));
  const uint64_t outcomes = summary.rejected + summary.duplicates + totals_.processed +
                            totals_.refused + totals_.returns;
  if (summary.records_in != outcomes) {
    return Difference("records_in", rt::Concat(outcomes, " with the state's rejected and duplicates"),
                      rt::Concat(summary.records_in));
  }
  Summary want = summary;
  want.totals = totals_;
  want.stock_items = items_.size();
  want.daily_sales_rows = daily_.size();
  want.store_hour_rows = hours_.size();
  const std::string files = SummaryLine(want, std::nullopt);
  const std::string state = SummaryLine(summary, std::nullopt);
  return files == state ? absl::OkStatus() : Difference("summary", files, state);
}

absl::Status Recount::Compare(const rt::StateReader& store) const {
  RTSTREAM_RETURN_IF_ERROR(CompareInventory(store));
  RTSTREAM_RETURN_IF_ERROR(CompareSums<DailyRow>(store, kDailySales, ReadDailySales, daily_));
  RTSTREAM_RETURN_IF_ERROR(CompareSums<HourRow>(store, kStoreHour, ReadStoreHours, hours_));
  return CompareTotals(store);
}

}  // namespace retail
