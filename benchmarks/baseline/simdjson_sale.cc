#include "benchmarks/baseline/simdjson_sale.h"

#include <simdjson.h>

#include <array>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "benchmarks/workload/lines.h"

namespace bench {
namespace {

using simdjson::ondemand::value;

constexpr std::array<std::string_view, 10> kNames = {
    "eventId", "retailerId", "storeId",   "sku",    "quantity",
    "price",   "currency",   "timestamp", "source", "schemaVersion"};
constexpr uint32_t kAll = (1u << kNames.size()) - 1;
static_assert(Lines::kPadding >= simdjson::SIMDJSON_PADDING);

size_t FieldOf(std::string_view name) {
  size_t i = 0;
  while (i < kNames.size() && kNames[i] != name) ++i;
  return i;
}

bool ReadText(value v, std::string_view& out) { return !v.get_string().get(out); }

template <typename I>
bool ReadInteger(value v, I& out) {
  std::conditional_t<std::is_signed_v<I>, int64_t, uint64_t> wide = 0;
  if (v.get(wide) || !std::in_range<I>(wide)) return false;
  out = static_cast<I>(wide);
  return true;
}

bool ReadPrice(value v, Price& out) {
  std::string_view token = v.raw_json_token();
  token = token.substr(0, token.find_last_not_of(" \t\r") + 1);
  return rt::ParseDecimal(token, out).ok();
}

bool ReadField(size_t field, value v, Sale& out) {
  std::string_view text;
  switch (field) {
    case 0: return ReadText(v, text) && rt::ParseUuid(text, out.event_id);
    case 1: return ReadText(v, out.retailer_id);
    case 2: return ReadText(v, out.store_id);
    case 3: return ReadText(v, out.sku);
    case 4: return ReadInteger(v, out.quantity);
    case 5: return ReadPrice(v, out.price);
    case 6: return ReadText(v, text) && out.currency.Assign(text);
    case 7: {
      if (!ReadText(v, text)) return false;
      const absl::StatusOr<rt::Time> time = rt::ParseRfc3339(text);
      if (time.ok()) out.timestamp = *time;
      return time.ok();
    }
    case 8: return ReadText(v, out.source);
    default: return ReadInteger(v, out.schema_version);
  }
}

}  // namespace

struct SaleReader::Impl {
  simdjson::ondemand::parser parser;
  simdjson::dom::parser strict;

  // On demand, what is skipped is not checked.
  bool IsJson(std::string_view line) {
    return strict.parse(line.data(), line.size(), true).error() == simdjson::SUCCESS;
  }
};

SaleReader::SaleReader() : impl_(std::make_unique<Impl>()) {}
SaleReader::~SaleReader() = default;

bool SaleReader::Read(std::string_view line, Sale& out) {
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (impl_->parser.iterate(line.data(), line.size(), line.size() + simdjson::SIMDJSON_PADDING)
          .get(document) ||
      document.get_object().get(object)) {
    return false;
  }
  uint32_t seen = 0;
  bool has_unknown = false;
  for (auto field : object) {
    std::string_view name;
    value v;
    if (field.unescaped_key().get(name) || field.value().get(v)) return false;
    const size_t at = FieldOf(name);
    if (at == kNames.size()) {
      has_unknown = true;
      continue;
    }
    if ((seen >> at & 1) != 0 || !ReadField(at, v, out)) return false;
    seen |= 1u << at;
  }
  const bool has_ended = document.current_location().error() != simdjson::SUCCESS;
  return seen == kAll && has_ended && (!has_unknown || impl_->IsJson(line));
}

}  // namespace bench
