#include "tests/retail/reference_sale.h"

#include <map>

namespace reference {
namespace {

constexpr int64_t kDay = int64_t{86'400} * 1'000'000;
constexpr int64_t kTimeEnd = 84'006 * kDay;  // 2200-01-01

bool IsId(std::string_view id) { return !id.empty() && id.size() <= 128; }

}  // namespace

std::optional<Sale> ParseJsonSale(std::string_view line) {
  const auto fields = ParseJsonObject(line);
  if (!fields) return std::nullopt;
  Sale sale;
  std::string timestamp;
  std::string quantity, price, version;
  const std::map<std::string_view, std::string*> texts = {
      {"eventId", &sale.event_id}, {"retailerId", &sale.retailer_id}, {"storeId", &sale.store_id},
      {"sku", &sale.sku},          {"currency", &sale.currency},      {"source", &sale.source},
      {"timestamp", &timestamp}};
  const std::map<std::string_view, std::string*> numbers = {
      {"quantity", &quantity}, {"price", &price}, {"schemaVersion", &version}};
  std::map<std::string_view, int> met;
  for (const auto& [name, value] : *fields) {
    const auto text = texts.find(name);
    const auto number = numbers.find(name);
    if (text == texts.end() && number == numbers.end()) continue;
    if (++met[name] > 1) return std::nullopt;
    if (text != texts.end()) {
      if (value.kind != JsonValue::Kind::kString) return std::nullopt;
      *text->second = value.text;
    } else {
      if (value.kind != JsonValue::Kind::kNumber) return std::nullopt;
      *number->second = value.text;
    }
  }
  if (met.size() != texts.size() + numbers.size()) return std::nullopt;
  const auto units = ParseInt32(quantity), schema = ParseUint32(version);
  const auto money = ParseMoney(price);
  const auto time = ParseTime(timestamp);
  if (!units || !schema || !money || !time) return std::nullopt;
  sale.quantity = *units;
  sale.schema_version = *schema;
  sale.price = *money;
  sale.time = *time;
  return sale;
}

std::optional<Sale> ParseCsvSale(std::string_view line, int64_t line_number) {
  const auto fields = ParseCsvLine(line);
  if (!fields || fields->size() != 8) return std::nullopt;
  const auto units = ParseInt32((*fields)[3]);
  const auto time = ParseCsvTime((*fields)[4]);
  const auto money = ParseMoney((*fields)[5]);
  if (!units || !time || !money) return std::nullopt;
  Sale sale;
  sale.event_id = "online-retail-" + std::to_string(line_number);
  sale.retailer_id = "online-retail";
  sale.store_id = (*fields)[7];
  sale.sku = (*fields)[1];
  sale.currency = "GBP";
  sale.source = (*fields)[0];
  sale.quantity = *units;
  sale.schema_version = 1;
  sale.price = *money;
  sale.time = *time;
  return sale;
}

bool IsValid(const Sale& sale, const Rules& rules) {
  for (const std::string* id : {&sale.event_id, &sale.retailer_id, &sale.store_id, &sale.sku}) {
    if (!IsId(*id)) return false;
  }
  if (sale.quantity == 0 || (sale.quantity < 0 && !rules.accepts_returns)) return false;
  if (sale.price < 0 || (rules.max_price != 0 && sale.price >= rules.max_price)) return false;
  return sale.time >= 0 && sale.time < kTimeEnd && sale.time <= rules.now + kDay;
}

}  // namespace reference
