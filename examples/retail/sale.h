#pragma once

#include <cstdint>
#include <string_view>
#include <tuple>

#include "rtstream/base/decimal.h"
#include "rtstream/base/time.h"
#include "rtstream/core/mapping.h"

namespace retail {

namespace rt = rtstream;

using Price = rt::Decimal<6>;
using Amount = rt::WideDecimal<6>;

// A sale or a return, as the shops send it. Views are valid until the end of its batch.
struct Sale {
  std::string_view event_id;
  std::string_view retailer_id;
  std::string_view store_id;
  std::string_view sku;
  int32_t quantity = 0;  // below zero: a return
  Price price;           // of one unit
  std::string_view currency;
  rt::Time timestamp;
  std::string_view source;
  uint32_t schema_version = 0;

  // Where the record stands in the input, and what the master data say.
  std::string_view partition;
  int64_t position = 0;
  std::string_view region;
  std::string_view category;

  // The numbers that the run gave its texts.
  uint32_t retailer_number = 0;
  uint32_t store_number = 0;
  uint32_t sku_number = 0;

  bool is_return() const { return quantity < 0; }
  // Units that the record moves, whichever way.
  int64_t units() const { return is_return() ? -int64_t{quantity} : quantity; }
  // Net of returns.
  Amount amount() const { return price * quantity; }
};

// A line of the Online Retail file, texts as they stand there.
struct OnlineRetailRow {
  std::string_view invoice_no;
  std::string_view stock_code;
  std::string_view description;
  int32_t quantity = 0;
  std::string_view invoice_date;
  Price unit_price;
  std::string_view customer_id;
  std::string_view country;
};

inline constexpr std::string_view kOnlineRetailHeader =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";

}  // namespace retail

template <>
struct rtstream::Mapping<retail::Sale> {
  static constexpr auto kFields = std::tuple{
      Field("eventId", &retail::Sale::event_id), Field("retailerId", &retail::Sale::retailer_id),
      Field("storeId", &retail::Sale::store_id), Field("sku", &retail::Sale::sku),
      Field("quantity", &retail::Sale::quantity), Field("price", &retail::Sale::price),
      Field("currency", &retail::Sale::currency), Field("timestamp", &retail::Sale::timestamp),
      Field("source", &retail::Sale::source),
      Field("schemaVersion", &retail::Sale::schema_version)};
};

template <>
struct rtstream::Mapping<retail::OnlineRetailRow> {
  using Row = retail::OnlineRetailRow;
  static constexpr auto kFields = std::tuple{
      Field("InvoiceNo", &Row::invoice_no), Field("StockCode", &Row::stock_code),
      Field("Description", &Row::description), Field("Quantity", &Row::quantity),
      Field("InvoiceDate", &Row::invoice_date), Field("UnitPrice", &Row::unit_price),
      Field("CustomerID", &Row::customer_id), Field("Country", &Row::country)};
};
