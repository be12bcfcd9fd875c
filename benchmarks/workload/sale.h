#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>

#include "rtstream/base/decimal.h"
#include "rtstream/base/fixed_string.h"
#include "rtstream/base/time.h"
#include "rtstream/base/uuid.h"
#include "rtstream/core/mapping.h"

namespace bench {

namespace rt = rtstream;

using Price = rt::Decimal<2>;

// The record of W1. Texts are views of its line.
struct Sale {
  rt::Uuid event_id;
  std::string_view retailer_id, store_id, sku;
  int32_t quantity = 0;
  Price price;
  rt::FixedString<3> currency;
  rt::Time timestamp;
  std::string_view source;
  uint16_t schema_version = 0;

  // What the master data say.
  std::string_view region, category;
  // Numbers of its texts, for keys.
  uint32_t retailer_number = 0, store_number = 0, sku_number = 0;
};

// The rules that a record must pass, besides fitting the mapping below.
inline constexpr size_t kLongestId = 128;                        // bytes; at least one
inline constexpr int64_t kPriceLimit = 10'000 * Price::kOne;     // below it, and not below 0
inline constexpr rt::Time kFirstTime{rt::Duration{0}};
inline constexpr rt::Time kEndOfTime{std::chrono::sys_days(std::chrono::year(2200) / 1 / 1)};

constexpr bool IsId(std::string_view text) { return !text.empty() && text.size() <= kLongestId; }
constexpr bool IsValid(const Sale& s) {
  return IsId(s.retailer_id) && IsId(s.store_id) && IsId(s.sku) && s.quantity > 0 &&
         s.price.mantissa >= 0 && s.price.mantissa < kPriceLimit && s.timestamp >= kFirstTime &&
         s.timestamp < kEndOfTime;
}

// Region or category of a key that the master data do not know.
inline constexpr std::string_view kUnknown = "unknown";

}  // namespace bench

template <>
struct rtstream::Mapping<bench::Sale> {
  using S = bench::Sale;
  static constexpr auto kFields = std::tuple{
      Field("eventId", &S::event_id),   Field("retailerId", &S::retailer_id),
      Field("storeId", &S::store_id),   Field("sku", &S::sku),
      Field("quantity", &S::quantity),  Field("price", &S::price),
      Field("currency", &S::currency),  Field("timestamp", &S::timestamp),
      Field("source", &S::source),      Field("schemaVersion", &S::schema_version)};
};
