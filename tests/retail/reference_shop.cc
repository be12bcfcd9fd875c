#include "tests/retail/reference_shop.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace reference {
namespace {

// What `retail` documents for runs without --master.
std::string HashedRegion(const std::string& store) {
  static constexpr const char* kRegions[] = {"north", "south", "east",    "west",
                                             "coast", "lakes", "central", "islands"};
  return kRegions[XXH3_64bits(store.data(), store.size()) % 8];
}
std::string HashedCategory(const std::string& sku) {
  static constexpr const char* kCategories[] = {"apparel", "beauty", "books",  "electronics",
                                                "food",    "garden", "health", "home",
                                                "office",  "sports", "tools",  "toys"};
  return kCategories[XXH3_64bits(sku.data(), sku.size()) % 12];
}

std::string FoundOr(const std::map<std::string, std::string>& table, const std::string& key) {
  const auto found = table.find(key);
  return found == table.end() ? "unknown" : found->second;
}

std::string ProcessingId(const Place& place) {
  return JsonText(place.partition + ":" + std::to_string(place.position));
}

}  // namespace

void Shop::Take(const std::optional<Sale>& sale, std::string_view line, const Place& place) {
  ++records_;
  if (line.size() > kMaxRecord) return Reject(line, place, "RESOURCE_EXHAUSTED");
  if (!sale || !IsValid(*sale, flags_.rules)) return Reject(line, place, "INVALID_ARGUMENT");
  // The watermark before this record: the record itself moves it only for the next one. Every valid
  // record moves it, also a duplicate and one that comes too late.
  std::optional<int64_t> horizon;
  if (newest_) horizon = *newest_ - int64_t{3600} * 1'000'000 - flags_.dedup_window;
  newest_ = newest_ ? std::max(*newest_, sale->time) : sale->time;
  if (horizon && sale->time < *horizon) return Reject(line, place, "OUT_OF_RANGE");

  const auto [claim, is_new] = claims_.try_emplace(sale->event_id, sale->time);
  if (!is_new) {
    const int64_t bucket = flags_.dedup_window / 8;
    const bool is_remembered = (claim->second / bucket + 1) * bucket > *horizon;
    if (is_remembered) {
      ++duplicates_;
      return;
    }
    claim->second = sale->time;
  }
  Decide(*sale, place);
}

void Shop::Reject(std::string_view line, const Place& place, std::string_view code) {
  ++rejected_;
  files_.dead_letters << "{\"code\":" << JsonText(code)
                      << ",\"partition\":" << JsonText(place.partition)
                      << ",\"position\":" << place.position << ",\"length\":" << line.size()
                      << ",\"bytes\":\"" << Base64(line.substr(0, 64 << 10)) << "\"}\n";
}

void Shop::Decide(const Sale& sale, const Place& place) {
  const auto key = std::pair(sale.sku, sale.store_id);
  const auto [item, is_new] = stock_.try_emplace(key);
  Stock& stock = item->second;
  if (is_new) {
    const auto given = flags_.stock.find(key);
    stock.on_hand = given == flags_.stock.end() ? flags_.initial_stock : given->second;
  }
  const bool is_return = sale.quantity < 0;
  const bool is_refused = !is_return && stock.on_hand < sale.quantity;
  if (is_refused) {
    ++refused_;
    files_.failed << '{' << EventFields(sale) << ",\"quantityOnHand\":" << stock.on_hand
                  << ",\"quantityReserved\":0,\"processingId\":" << ProcessingId(place) << "}\n";
  } else {
    stock.on_hand -= sale.quantity;
    ++stock.version;
    stock.last_updated = sale.time;
    ++(is_return ? returns_ : processed_);
    (is_return ? units_returned_ : units_sold_) += is_return ? -sale.quantity : sale.quantity;
    const Micros amount = sale.price * sale.quantity;
    revenue_ += amount;
    for (Total* total : {&daily_[{sale.retailer_id, DateText(sale.time), sale.sku}],
                         &hourly_[{sale.store_id, HourText(sale.time)}]}) {
      ++(is_return ? total->returns : total->sales);
      total->units += sale.quantity;
      total->revenue += amount;
    }
    files_.facts << '{' << EventFields(sale) << ",\"processingId\":" << ProcessingId(place)
                 << "}\n";
  }
  if (is_refused || stock.on_hand <= 10) {
    files_.hot << "{\"outcome\":\""
               << (is_refused  ? "refused"
                   : is_return ? "returned"
                               : "processed")
               << "\",\"eventId\":" << JsonText(sale.event_id) << ",\"sku\":" << JsonText(sale.sku)
               << ",\"storeId\":" << JsonText(sale.store_id)
               << ",\"quantityOnHand\":" << stock.on_hand
               << ",\"processingId\":" << ProcessingId(place) << "}\n";
  } else {
    files_.cold << "{\"eventId\":" << JsonText(sale.event_id)
                << ",\"processingId\":" << ProcessingId(place) << "}\n";
  }
}

std::string Shop::EventFields(const Sale& sale) const {
  const std::string region =
      flags_.has_master ? FoundOr(flags_.regions, sale.store_id) : HashedRegion(sale.store_id);
  const std::string category =
      flags_.has_master ? FoundOr(flags_.categories, sale.sku) : HashedCategory(sale.sku);
  return "\"eventId\":" + JsonText(sale.event_id) +
         ",\"retailerId\":" + JsonText(sale.retailer_id) +
         ",\"storeId\":" + JsonText(sale.store_id) + ",\"sku\":" + JsonText(sale.sku) +
         ",\"quantity\":" + std::to_string(sale.quantity) + ",\"price\":" + MoneyText(sale.price) +
         ",\"currency\":" + JsonText(sale.currency) + ",\"timestamp\":\"" + TimeText(sale.time) +
         "\",\"source\":" + JsonText(sale.source) +
         ",\"schemaVersion\":" + std::to_string(sale.schema_version) +
         ",\"region\":" + JsonText(region) + ",\"category\":" + JsonText(category) +
         ",\"amount\":\"" + MoneyText(sale.price * sale.quantity) + '"';
}

void Shop::PrintInventory(std::ostream& out) const {
  for (const auto& [key, stock] : stock_) {
    out << "{\"sku\":" << JsonText(key.first) << ",\"storeId\":" << JsonText(key.second)
        << ",\"quantityOnHand\":" << stock.on_hand
        << ",\"quantityReserved\":0,\"version\":" << stock.version << ",\"lastUpdated\":"
        << (stock.last_updated ? '"' + TimeText(*stock.last_updated) + '"' : "null") << "}\n";
  }
}

void Shop::PrintDailySales(std::ostream& out) const {
  for (const auto& [key, total] : daily_) {
    const auto& [retailer, date, sku] = key;
    out << "{\"retailerId\":" << JsonText(retailer) << ",\"date\":\"" << date
        << "\",\"sku\":" << JsonText(sku) << ",\"sales\":" << total.sales
        << ",\"returns\":" << total.returns << ",\"units\":" << total.units << ",\"revenue\":\""
        << MoneyText(total.revenue) << "\"}\n";
  }
}

void Shop::PrintStoreHours(std::ostream& out) const {
  for (const auto& [key, total] : hourly_) {
    out << "{\"storeId\":" << JsonText(key.first) << ",\"hour\":\"" << key.second
        << "\",\"sales\":" << total.sales << ",\"returns\":" << total.returns
        << ",\"units\":" << total.units << ",\"revenue\":\"" << MoneyText(total.revenue) << "\"}\n";
  }
}

void Shop::PrintSummary(std::ostream& out) const {
  int64_t on_hand = 0;
  for (const auto& [key, stock] : stock_) on_hand += stock.on_hand;
  out << "{\"records_in\":" << records_ << ",\"rejected\":" << rejected_
      << ",\"duplicates\":" << duplicates_ << ",\"processed\":" << processed_
      << ",\"refused\":" << refused_ << ",\"returns\":" << returns_
      << ",\"units_sold\":" << units_sold_ << ",\"units_returned\":" << units_returned_
      << ",\"revenue\":\"" << MoneyText(revenue_) << "\",\"stock_items\":" << stock_.size()
      << ",\"stock_on_hand\":" << on_hand << ",\"daily_sales_rows\":" << daily_.size()
      << ",\"store_hour_rows\":" << hourly_.size() << "}\n";
}

}  // namespace reference
