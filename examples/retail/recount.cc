#include "examples/retail/recount.h"

#include <tuple>
#include <utility>

#include "examples/retail/summary.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/op/aggregated.h"
#include "rtstream/op/partial_aggregate.h"
#include "rtstream/state/item.h"
#include "rtstream/state/key_codec.h"
#include "rtstream/state/keyed_state.h"

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

// The parts of a key for a message.
std::string Name(const DailyKey& key) {
  std::string date;
  rt::AppendDate(std::get<1>(key), date);
  return rt::Concat("daily-sales of ", std::get<0>(key), ", ", date, ", ", std::get<2>(key));
}
std::string Name(const HourKey& key) {
  std::string hour;
  rt::AppendHour(std::get<1>(key), hour);
  return rt::Concat("store-hour of ", std::get<0>(key), ", ", hour);
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

template <typename K>
absl::Status CompareSums(const rt::StateReader& store, std::string_view op,
                         const std::unordered_map<std::string, SalesSum>& want) {
  absl::Status status;
  size_t found = 0;
  const auto compare = [&](const K& key, const SalesSum& sum) {
    if (!status.ok()) return;
    auto it = want.find(KeyBytes(key));
    if (it == want.end()) {
      status = Difference(Name(key), "no such row", Describe(sum));
    } else if (!(it->second == sum)) {
      status = Difference(Name(key), Describe(it->second), Describe(sum));
    }
    ++found;
  };
  if (op == kDailySales) {
    RTSTREAM_RETURN_IF_ERROR((rt::ReadPartials<K, SalesSum>(store, op, MergeInto<SalesSum>, compare)));
  } else {
    RTSTREAM_RETURN_IF_ERROR((rt::ReadState<K, SalesSum>(store, op, rt::kSumsTable, compare)));
  }
  RTSTREAM_RETURN_IF_ERROR(status);
  if (found == want.size()) return absl::OkStatus();
  return Difference(rt::Concat("rows of ", op), rt::Concat(want.size()), rt::Concat(found));
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
  RTSTREAM_RETURN_IF_ERROR((rt::ReadItems<StockKey, rt::Stock>(
      store, kInventory, [&](const StockKey& key, const rt::Item<rt::Stock>& have) {
        if (!status.ok()) return;
        ++found;
        const std::string name =
            rt::Concat("stock of ", std::get<0>(key), " in ", std::get<1>(key));
        auto it = items_.find(KeyBytes(key));
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
      })));
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
  RTSTREAM_RETURN_IF_ERROR(CompareSums<DailyKey>(store, kDailySales, daily_));
  RTSTREAM_RETURN_IF_ERROR(CompareSums<HourKey>(store, kStoreHour, hours_));
  return CompareTotals(store);
}

}  // namespace retail
