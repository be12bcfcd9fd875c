#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "benchmarks/workload/sale.h"
#include "rtstream/core/mapping.h"

// Made-up sales as text, for the benchmarks of readers.

namespace bench {

// A Sale with all ids as texts.
struct TextSale {
  std::string_view event_id, retailer_id, store_id, sku;
  int32_t quantity = 0;
  Price price;
  std::string_view currency;
  rt::Time timestamp;
  std::string_view source;
  uint16_t schema_version = 0;
};

// SaleLines in one buffer, with 64 bytes readable behind it.
class SaleLines {
 public:
  void Add(std::string_view line) {
    places_.push_back({bytes_.size(), line.size()});
    bytes_.append(line).push_back('\n');
  }
  void Finish() { bytes_.reserve(bytes_.size() + 128); }

  size_t size() const { return places_.size(); }
  std::string_view operator[](size_t i) const {
    return {bytes_.data() + places_[i].first, places_[i].second};
  }
  const std::string& bytes() const { return bytes_; }
  const char* readable_end() const { return bytes_.data() + bytes_.size() + 64; }

 private:
  std::string bytes_;
  std::vector<std::pair<size_t, size_t>> places_;
};

enum class Shape { kDeclared, kReversed, kShuffled, kSpaced, kExtra, kEscaped };

// The same sales in each shape.
SaleLines JsonLines(Shape shape);
SaleLines CsvLines(bool is_quoted);

}  // namespace bench

template <>
struct rtstream::Mapping<bench::TextSale> {
  using S = bench::TextSale;
  static constexpr auto kFields = std::tuple{
      Field("eventId", &S::event_id),     Field("retailerId", &S::retailer_id),
      Field("storeId", &S::store_id),     Field("sku", &S::sku),
      Field("quantity", &S::quantity),    Field("price", &S::price),
      Field("currency", &S::currency),    Field("timestamp", &S::timestamp),
      Field("source", &S::source),        Field("schemaVersion", &S::schema_version)};
};
