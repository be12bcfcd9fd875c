#include "examples/retail/rules.h"

#include <charconv>
#include <string_view>
#include <utility>

#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"

namespace retail {
namespace {

constexpr size_t kLongestId = 128;
constexpr rt::Time kFirstTime{rt::Duration{0}};
constexpr rt::Time kEndOfTime{std::chrono::sys_days(std::chrono::year(2200) / 1 / 1)};

}  // namespace

void Totals::Add(const Totals& other) {
  processed += other.processed;
  returns += other.returns;
  refused += other.refused;
  units_sold += other.units_sold;
  units_returned += other.units_returned;
  revenue += other.revenue;
  initial_stock += other.initial_stock;
}

void Totals::Add(const StockOutcome& outcome) {
  const Sale& sale = *outcome.record;
  initial_stock += outcome.initial;
  if (!outcome.is_applied()) {
    ++refused;
    return;
  }
  ++(sale.is_return() ? returns : processed);
  (sale.is_return() ? units_returned : units_sold) += sale.units();
  revenue += sale.amount();
}

absl::StatusOr<Sale> ToSale(const OnlineRetailRow& row, rt::Context& ctx) {
  constexpr std::string_view kPrefix = "online-retail-";
  Sale sale;
  // Ids count the lines behind the header.
  char id[kPrefix.size() + 20];
  kPrefix.copy(id, kPrefix.size());
  const char* const end =
      std::to_chars(id + kPrefix.size(), id + sizeof id, ctx.ordinal() - 1).ptr;
  sale.event_id = ctx.arena().Copy({id, static_cast<size_t>(end - id)});
  sale.retailer_id = "online-retail";
  sale.store_id = row.country;
  sale.sku = row.stock_code;
  sale.quantity = row.quantity;
  sale.price = row.unit_price;
  sale.currency = "GBP";
  absl::StatusOr<rt::Time> time = rt::ParseCivil(row.invoice_date);
  if (!time.ok()) {
    return absl::InvalidArgumentError(rt::Concat("InvoiceDate: ", rt::MessageOf(time.status())));
  }
  sale.timestamp = *time;
  sale.source = row.invoice_no;
  sale.schema_version = 1;
  return sale;
}

absl::Status CheckSale(const Rules& rules, const Sale& sale, rt::Time now) {
  for (const auto& [name, text] : {std::pair("eventId", sale.event_id),
                                   std::pair("retailerId", sale.retailer_id),
                                   std::pair("storeId", sale.store_id), std::pair("sku", sale.sku)}) {
    if (text.empty() || text.size() > kLongestId) [[unlikely]] {
      return absl::InvalidArgumentError(
          rt::Concat(name, ": want 1 to ", kLongestId, " bytes, got ", text.size()));
    }
  }
  if (sale.quantity == 0) return absl::InvalidArgumentError("quantity: want not 0, got 0");
  if (sale.quantity < 0 && !rules.restocks_returns) {
    return absl::InvalidArgumentError(
        rt::Concat("quantity: want above 0, got ", sale.quantity, " (returns are rejected)"));
  }
  const bool is_too_high = rules.max_price.mantissa > 0 && sale.price >= rules.max_price;
  if (sale.price.mantissa < 0 || is_too_high) {
    std::string message = "price: want at least 0";
    if (rules.max_price.mantissa > 0) {
      message += " and below ";
      rt::AppendDecimal(rules.max_price, message);
    }
    message += ", got ";
    rt::AppendDecimal(sale.price, message);
    return absl::InvalidArgumentError(message);
  }
  if (sale.timestamp < kFirstTime || sale.timestamp >= kEndOfTime) {
    return absl::InvalidArgumentError("timestamp: want a year from 1970 to 2199");
  }
  if (sale.timestamp > now + kMaxAhead) {
    return absl::InvalidArgumentError("timestamp: want at most 24 h ahead of the clock");
  }
  return absl::OkStatus();
}

}  // namespace retail
