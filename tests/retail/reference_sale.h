#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/retail/reference_text.h"

namespace reference {

struct Sale {
  std::string event_id, retailer_id, store_id, sku, currency, source;
  int64_t quantity = 0, schema_version = 0;
  Micros price = 0;
  int64_t time = 0;  // microseconds since 1970
};

// One line as a sale event. Nothing: it does not parse. All ten fields must be there, and once.
std::optional<Sale> ParseJsonSale(std::string_view line);

// One line of the data set "Online Retail"; `line_number` 1 is the first after the header.
std::optional<Sale> ParseCsvSale(std::string_view line, int64_t line_number);

inline constexpr std::string_view kCsvHeader =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";

struct Rules {
  Micros max_price = Micros{10'000} * 1'000'000;  // 0: no limit
  bool accepts_returns = false;
  int64_t now = 0;  // a time more than 24 h later is refused
};

// Whether a sale that parsed is one by the rules of the shop.
bool IsValid(const Sale& sale, const Rules& rules);

}  // namespace reference
