#include "benchmarks/parser/simdjson_readers.h"

#include <simdjson.h>

#include <cmath>
#include <string_view>

namespace bench {
namespace {

constexpr unsigned kAll = (1u << 10) - 1;

// Sets the member that the name stands for, and its bit in `seen`. `Key` compares with texts; `value.get`
// gives texts, integers and doubles as its argument asks.
template <typename Key, typename Value>
bool SetMember(const Key& key, Value&& value, Sale& sale, unsigned& seen) {
  std::string_view text;
  int64_t integer = 0;
  double real = 0;
  const auto see = [&](int i, bool is_good) {
    seen |= 1u << i;
    return is_good;
  };
  if (key == "eventId") return see(0, value.get(text) && rtstream::ParseUuid(text, sale.event_id));
  if (key == "retailerId") return see(1, value.get(sale.retailer_id));
  if (key == "storeId") return see(2, value.get(sale.store_id));
  if (key == "sku") return see(3, value.get(sale.sku));
  if (key == "quantity") {
    const bool is_good = value.get(integer);
    sale.quantity = static_cast<int32_t>(integer);
    return see(4, is_good);
  }
  if (key == "price") {
    const bool is_good = value.get(real);
    sale.price.mantissa = std::llround(real * Price::kOne);
    return see(5, is_good);
  }
  if (key == "currency") return see(6, value.get(text) && sale.currency.Assign(text));
  if (key == "timestamp") {
    if (!value.get(text)) return false;
    const auto time = rtstream::ParseRfc3339(text);
    if (time.ok()) sale.timestamp = *time;
    return see(7, time.ok());
  }
  if (key == "source") return see(8, value.get(sale.source));
  if (key == "schemaVersion") {
    const bool is_good = value.get(integer);
    sale.schema_version = static_cast<uint16_t>(integer);
    return see(9, is_good);
  }
  return true;
}

struct DomValue {
  simdjson::dom::element element;
  template <typename V>
  bool get(V& out) const {
    return element.get(out) == simdjson::SUCCESS;
  }
};

struct OnDemandValue {
  simdjson::ondemand::value value;
  bool get(std::string_view& out) { return value.get_string().get(out) == simdjson::SUCCESS; }
  bool get(int64_t& out) { return value.get_int64().get(out) == simdjson::SUCCESS; }
  bool get(double& out) { return value.get_double().get(out) == simdjson::SUCCESS; }
};

}  // namespace

size_t ReadByDom(const SaleLines& lines) {
  static simdjson::dom::parser parser;
  size_t good = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    simdjson::dom::object object;
    if (parser.parse(lines[i].data(), lines[i].size(), false).get(object) != simdjson::SUCCESS) continue;
    Sale sale;
    unsigned seen = 0;
    bool is_good = true;
    for (const simdjson::dom::key_value_pair member : object) {
      is_good &= SetMember(member.key, DomValue{member.value}, sale, seen);
    }
    asm volatile("" : : "r"(&sale) : "memory");
    good += is_good && seen == kAll ? 1 : 0;
  }
  return good;
}

size_t ReadByIterateMany(const SaleLines& lines) {
  static simdjson::ondemand::parser parser;
  simdjson::ondemand::document_stream stream;
  if (parser.iterate_many(lines.bytes().data(), lines.bytes().size(), 1 << 20).get(stream)) return 0;
  size_t good = 0;
  for (auto document : stream) {
    simdjson::ondemand::object object;
    if (document.get_object().get(object) != simdjson::SUCCESS) continue;
    Sale sale;
    unsigned seen = 0;
    bool is_good = true;
    for (auto member : object) {
      simdjson::ondemand::raw_json_string key;
      simdjson::ondemand::value value;
      if (member.key().get(key) || member.value().get(value)) {
        is_good = false;
        break;
      }
      is_good &= SetMember(key, OnDemandValue{value}, sale, seen);
    }
    asm volatile("" : : "r"(&sale) : "memory");
    good += is_good && seen == kAll ? 1 : 0;
  }
  return good;
}

}  // namespace bench
