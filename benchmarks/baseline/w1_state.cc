#include "benchmarks/baseline/w1_state.h"

namespace bench {

W1State::W1State(const W1Input& input) {
  const auto fill = [](const auto& rows, Dimension& dimension) {
    for (const auto& [key, text] : rows) {
      dimension[key] = {static_cast<uint32_t>(dimension.size()), text};
    }
  };
  fill(input.region_of_store, stores_);
  fill(input.category_of_sku, skus_);
}

bool W1State::IsNew(const Sale& sale) {
  if (ids_begin_ == rt::kMinTime) ids_begin_ = sale.timestamp;
  if (sale.timestamp >= ids_begin_ + kDedupWindow) [[unlikely]] {
    older_ids_ = std::move(ids_);
    ids_ = {};
    ids_begin_ = sale.timestamp;
  }
  const absl::uint128 id = absl::MakeUint128(sale.event_id.high, sale.event_id.low);
  if (!older_ids_.empty() && older_ids_.contains(id)) return false;
  return ids_.insert(id).second;
}

const W1State::Known& W1State::Find(Dimension& dimension, std::string_view key) {
  auto it = dimension.find(absl::string_view(key.data(), key.size()));
  if (it == dimension.end()) [[unlikely]] {
    const auto id = static_cast<uint32_t>(dimension.size());
    it = dimension.emplace(std::string(key), Known{id, std::string(kUnknown)}).first;
  }
  return it->second;
}

W1State::Ids W1State::Enrich(Sale& sale) {
  const Known& store = Find(stores_, sale.store_id);
  const Known& sku = Find(skus_, sale.sku);
  sale.region = store.text;
  sale.category = sku.text;
  return {Find(retailers_, sale.retailer_id).id, store.id, sku.id};
}

void W1State::AddDaily(const Sale& sale, const Ids& ids) {
  Sum& sum = daily_[{ids.retailer, sale.timestamp.time_since_epoch() / kDay, ids.sku}];
  sum.units += sale.quantity;
  sum.cents += sale.quantity * sale.price.mantissa;
  ++sum.sales;
}

void W1State::AddHour(const Sale& sale, const Ids& ids) {
  ++hours_[{ids.store, sale.timestamp.time_since_epoch() / kHour}];
}

bool W1State::TakeStock(const Sale& sale, const Ids& ids) {
  Stock& stock = stock_[{ids.store, ids.sku}];
  if (stock.units < sale.quantity) return false;
  stock.units -= sale.quantity;
  ++stock.version;
  return true;
}

void W1State::Count(bool is_verifying, W1Result& result) const {
  result.daily_keys = daily_.size();
  result.store_hours = hours_.size();
  result.stock_keys = stock_.size();
  if (!is_verifying) return;
  for (const auto& [key, sum] : daily_) {
    result.daily.Add(static_cast<uint64_t>(sum.units), static_cast<uint64_t>(sum.cents), sum.sales);
  }
  for (const auto& [key, sales] : hours_) result.hours.Add(sales);
  for (const auto& [key, stock] : stock_) {
    result.stock.Add(static_cast<uint64_t>(stock.units), stock.version);
  }
}

}  // namespace bench
