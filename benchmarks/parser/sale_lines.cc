#include "benchmarks/parser/sale_lines.h"

#include <algorithm>
#include <cstdio>

#include "rtstream/testing/random.h"

namespace bench {
namespace {

constexpr int kSales = 20'000;

std::string Numbered(const char* form, uint64_t n) {
  char text[32];
  std::snprintf(text, sizeof text, form, static_cast<unsigned>(n));
  return text;
}

// A sale's members: the name, the value, and whether it is a text.
struct Member {
  const char* name;
  std::string value;
  bool is_text;
};

std::vector<Member> RandomSale(rtstream::testing::Random& random, int i) {
  std::string id, time;
  rtstream::AppendUuid({random.Next(), random.Next()}, id);
  rtstream::AppendRfc3339(rtstream::Time(rtstream::Duration((1'764'288'000'000 + int64_t{i} * 4'321) * 1'000)), time);
  const uint64_t cents = 100 + random.Below(20'000);
  return {{"eventId", id, true},
          {"retailerId", Numbered("retailer-%03u", random.Below(180)), true},
          {"storeId", Numbered("STORE-%04u", random.Below(1'000)), true},
          {"sku", Numbered("SKU-%06u", random.Below(50'000)), true},
          {"quantity", std::to_string(1 + random.Below(5)), false},
          {"price", std::to_string(cents / 100) + "." + Numbered("%02u", cents % 100), false},
          {"currency", "EUR", true},
          {"timestamp", time, true},
          {"source", "pos-terminal-" + std::to_string(random.Below(60)), true},
          {"schemaVersion", "3", false}};
}

std::string JsonOf(const std::vector<Member>& members, bool is_spaced) {
  std::string line = "{";
  for (const Member& m : members) {
    if (line.size() > 1) line += is_spaced ? ", " : ",";
    line += std::string("\"") + m.name + (is_spaced ? "\": " : "\":");
    line += m.is_text ? "\"" + m.value + "\"" : m.value;
  }
  return line + "}";
}

}  // namespace

SaleLines JsonLines(Shape shape) {
  rtstream::testing::Random random(1), order(2);
  SaleLines lines;
  for (int i = 0; i < kSales; ++i) {
    std::vector<Member> members = RandomSale(random, i);
    if (shape == Shape::kReversed) std::reverse(members.begin(), members.end());
    if (shape == Shape::kExtra) members.insert(members.begin() + 3, {"cashier", "c-17", true});
    if (shape == Shape::kEscaped) members[8].value += "\\u002fa";
    if (shape == Shape::kShuffled) {
      for (size_t k = members.size(); k > 1; --k) std::swap(members[k - 1], members[order.Below(k)]);
    }
    lines.Add(JsonOf(members, shape == Shape::kSpaced));
  }
  lines.Finish();
  return lines;
}

SaleLines CsvLines(bool is_quoted) {
  rtstream::testing::Random random(1);
  SaleLines lines;
  for (int i = 0; i < kSales; ++i) {
    std::string line;
    for (const Member& m : RandomSale(random, i)) {
      if (!line.empty()) line += ",";
      const bool has_quotes = is_quoted && m.value == "EUR";
      line += has_quotes ? "\"" + m.value + "\"" : m.value;
    }
    lines.Add(line);
  }
  lines.Finish();
  return lines;
}

}  // namespace bench
