#include "tests/op/everything.h"

#include <algorithm>
#include <set>

#include "rtstream/flow/flow.h"
#include "rtstream/op/aggregate.h"
#include "rtstream/op/assign_event_time.h"
#include "rtstream/op/dedup.h"
#include "rtstream/op/enrich.h"
#include "rtstream/op/filter.h"
#include "rtstream/op/flat_map.h"
#include "rtstream/op/map.h"
#include "rtstream/op/route.h"
#include "rtstream/op/tee.h"
#include "rtstream/op/update_inventory.h"
#include "rtstream/op/validate.h"
#include "rtstream/testing/record_generator.h"

namespace rtstream {
namespace {

struct Priced {
  Sale sale;
  std::string category;
};
using Decided = InventoryOutcome<Priced>;
using Sum = Aggregated<std::string, int64_t>;

int64_t Microseconds(Time t) { return t.time_since_epoch().count(); }
std::string WindowText(int64_t start, const std::string& key, int64_t sum) {
  return std::to_string(start) + "/" + key + "=" + std::to_string(sum);
}

absl::Status CheckUnits(const Sale& s) {
  return s.units > 0 ? absl::OkStatus() : absl::InvalidArgumentError("want units > 0");
}
absl::Status CheckLuck(const Sale& s) {
  return s.units != kUnlucky ? absl::OkStatus() : absl::InvalidArgumentError("unlucky");
}

}  // namespace

std::vector<Sale> RandomSales(uint64_t seed, size_t count) {
  using namespace std::chrono_literals;
  testing::RecordGenerator<Sale> generator(
      {.seed = seed,
       .keys = 30,
       .start = At(0),
       .spacing = 1s,
       .late = 0.15,
       .max_late = 500s,
       .duplicates = 0.1,
       .duplicate_reach = 300,
       .invalid = 0.05,
       .bursts = 0.01},
      [](const testing::RecordDraft& d, testing::Random& random) {
        return Sale{"id" + std::to_string(d.number), "sku" + std::to_string(d.key),
                    d.is_invalid ? -random.Between(0, 3) : random.Between(1, 14), d.event_time};
      });
  return generator.Take(count);
}

Pipeline MakeEverything(const Ends& e) {
  auto text = [](const Sale& s) { return s.id; };
  auto sold =
      Branch<Decided>() |
      Aggregate(
          "per_window", [](const Decided& d) -> const std::string& { return d.record->sale.sku; },
          [](int64_t& sum, const Decided& d) { sum += d.record->sale.units; },
          Tumbling{.size = kWindowSize, .allowed_lateness = kLateness}) |
      Map("window_text",
          [](const Sum& s) { return WindowText(Microseconds(s.window.start), s.key, s.value); }) |
      To(e.windows);
  auto sold_out =
      Branch<Decided>() |
      Aggregate(
          "refusals", [](const Decided& d) -> const std::string& { return d.record->sale.sku; },
          [](int64_t& n, const Decided&) { ++n; }) |
      Map("refusal_text", [](const Sum& s) { return s.key + "=" + std::to_string(s.value); }) |
      To(e.sold_out);
  auto units = Branch<Priced>() |
               FlatMap("split",
                       [](const Priced& p) {
                         std::vector<std::string> all;
                         for (int64_t i = 0; i < p.sale.units; ++i) all.push_back(p.sale.id);
                         return all;
                       }) |
               To(e.units);
  auto facts =
      Branch<Priced>() | Filter("known", [](const Priced& p) { return p.category != "?"; }) |
      Map("fact", [](const Priced& p) { return p.sale.id + "/" + p.category; }) | To(e.facts);
  return From(e.in) | Validate("check", CheckUnits) |
         AssignEventTime(&Sale::at, {.max_out_of_orderness = kOutOfOrderness, .max_ahead = {}}) |
         Dedup("dedup", &Sale::id, {.window = kDedupWindow},
               Branch<Sale>() | Map("copy", text) | To(e.copies)) |
         Validate("luck", CheckLuck) |
         Enrich("category", e.categories, &Sale::sku,
                [](const Sale& s, const std::string* category) {
                  return Priced{s, category == nullptr ? "?" : *category};
                }) |
         Tee("to_facts", std::move(facts)) | Tee("to_units", std::move(units)) | Boundary() |
         UpdateInventory(
             "inventory", [](const Priced& p) -> const std::string& { return p.sale.sku; },
             [](const Priced& p) {
               return Movement{MovementKind::kSell, p.sale.units};
             },
             [](const Priced&) { return kInitialStock; }) |
         Route("applied", &Decided::is_applied, std::move(sold), std::move(sold_out));
}

Outcome Reference(const std::vector<Sale>& sales) {
  Outcome out;
  Time watermark = kMinTime, largest = kMinTime;
  std::map<std::string, Time> claims;  // id to the end of its bucket
  std::map<std::pair<Time, std::string>, int64_t> windows;
  std::map<std::string, int64_t> refusals;
  const Duration bucket = kDedupWindow / 8;
  for (size_t i = 0; i < sales.size(); ++i) {
    const Sale& s = sales[i];
    const auto refuse = [&](const char* op) { out.dead_letters.emplace_back(op, i); };
    if (s.units <= 0) {
      refuse("check");
      continue;
    }
    const Time before = watermark;
    largest = std::max(largest, s.at);
    watermark = std::max(watermark, largest - kOutOfOrderness);
    // Everything that happens to the record, seen at the watermark of the records before it.
    [&] {
      if (before != kMinTime && s.at < before - kDedupWindow) return refuse("dedup");
      const auto claim = claims.find(s.id);
      if (claim != claims.end() && claim->second + kDedupWindow > before) {
        out.copies.push_back(s.id);
        return;
      }
      if (s.units == kUnlucky) {
        claims.erase(s.id);
        return refuse("luck");
      }
      claims[s.id] = FloorTo(s.at, bucket) + bucket;
      if (std::stoi(s.sku.substr(3)) % 2 == 0) out.facts.push_back(s.id + "/even");
      for (int64_t n = 0; n < s.units; ++n) out.units.push_back(s.id);
      auto& [on_hand, version, updated] =
          out.stock.try_emplace(s.sku, kInitialStock, 0, Microseconds(kMinTime)).first->second;
      if (s.units > on_hand) {
        out.sold_out.push_back(s.sku + "=" + std::to_string(++refusals[s.sku]));
        return;
      }
      on_hand -= s.units;
      ++version;
      updated = Microseconds(s.at);
      const Time start = FloorTo(s.at, kWindowSize);
      if (before != kMinTime && start + kWindowSize + kLateness <= before) {
        claims.erase(s.id);
        return refuse("per_window");
      }
      windows[{start, s.sku}] += s.units;
    }();
    while (!windows.empty() &&
           windows.begin()->first.first + kWindowSize + kLateness <= watermark) {
      const auto& [key, sum] = *windows.begin();
      out.windows.push_back(WindowText(Microseconds(key.first), key.second, sum));
      windows.erase(windows.begin());
    }
  }
  return out;
}

}  // namespace rtstream
