#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "benchmarks/workload/sale.h"

namespace bench {

// The rows of W1 in ClickHouse's RowBinary, column by column:
//   eventId UUID: 16 bytes, high half then low half, each little-endian
//   retailerId, storeId, sku String: length as LEB128, then the bytes
//   quantity Int32   price Decimal(18, 2): the mantissa as Int64
//   currency FixedString(3): filled up with zero bytes
//   timestamp DateTime64(3): milliseconds since 1970 as Int64
//   source String   schemaVersion UInt16   region, category String
static_assert(std::endian::native == std::endian::little);

inline constexpr size_t kFixedRowBytes = 16 + 4 + 8 + 3 + 8 + 2;

namespace internal {
template <typename T>
void AppendValue(T value, std::string& out) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
inline void AppendText(std::string_view text, std::string& out) {
  size_t n = text.size();
  for (; n >= 0x80; n >>= 7) out.push_back(static_cast<char>(n | 0x80));
  out.push_back(static_cast<char>(n));
  out.append(text);
}
}  // namespace internal

// The plain way: for the plain variants, and to compare with.
inline void AppendRow(const Sale& s, std::string& out) {
  using internal::AppendText;
  using internal::AppendValue;
  AppendValue(s.event_id.high, out);
  AppendValue(s.event_id.low, out);
  AppendText(s.retailer_id, out);
  AppendText(s.store_id, out);
  AppendText(s.sku, out);
  AppendValue(s.quantity, out);
  AppendValue(s.price.mantissa, out);
  out.append(s.currency.data(), 3);
  AppendValue(int64_t{s.timestamp.time_since_epoch().count() / 1000}, out);
  AppendText(s.source, out);
  AppendValue(s.schema_version, out);
  AppendText(s.region, out);
  AppendText(s.category, out);
}

}  // namespace bench
