#include "benchmarks/baseline/hand_sale.h"

#include <cstring>

namespace bench::hand {

const char* SaleParser::ReadAny(const char* p, const char* end, SaleRow& row, bool& is_valid) {
  const auto* const lf = static_cast<const char*>(std::memchr(p, '\n', static_cast<size_t>(end - p)));
  Sale sale;
  is_valid = reader_.Read({p, static_cast<size_t>(lf - p)}, sale) && IsValid(sale);
  if (!is_valid) return lf;
  // Whoever reads a text may read sixteen bytes.
  const size_t size = sale.retailer_id.size() + sale.store_id.size() + sale.sku.size() + sale.source.size();
  char* const texts = arena_.Allocate(size + 16);
  char* to = texts;
  const auto put = [&](std::string_view text) {
    const auto at = static_cast<uint16_t>(to - texts);
    to += text.copy(to, text.size());
    return at;
  };
  row.text = texts;
  row.id_high = sale.event_id.high;
  row.id_low = sale.event_id.low;
  const int64_t ms = sale.timestamp.time_since_epoch().count() / 1000;
  row.day = static_cast<uint32_t>(ms / 86'400'000);
  row.ms_of_day = static_cast<uint32_t>(ms % 86'400'000);
  row.quantity = static_cast<uint32_t>(sale.quantity);
  row.cents = static_cast<uint32_t>(sale.price.mantissa);
  row.currency = 0;
  std::memcpy(&row.currency, sale.currency.data(), 3);
  row.retailer_at = put(sale.retailer_id);
  row.store_at = put(sale.store_id);
  row.sku_at = put(sale.sku);
  row.source_at = put(sale.source);
  row.retailer_size = static_cast<uint8_t>(sale.retailer_id.size());
  row.store_size = static_cast<uint8_t>(sale.store_id.size());
  row.sku_size = static_cast<uint8_t>(sale.sku.size());
  row.source_size = static_cast<uint32_t>(sale.source.size());
  row.schema_version = sale.schema_version;
  return lf;
}

}  // namespace bench::hand
