#include "examples/retail/pipeline.h"

#include <string>
#include <utility>

#include "rtstream/op/parse_csv.h"
#include "rtstream/rtstream.h"

namespace retail {
namespace {

constexpr rt::Duration kDay = std::chrono::hours(24);
constexpr rt::Duration kHour = std::chrono::hours(1);

// How many whole `steps` the time is behind 1970.
int32_t Count(rt::Time time, rt::Duration step) {
  return static_cast<int32_t>(rt::FloorTo(time, step).time_since_epoch() / step);
}

StockKey StockKeyOf(const Sale& s) { return {s.sku_number, s.store_number}; }
DailyKey DailyKeyOf(const StockOutcome& o) {
  return {o.record->retailer_number, Count(o.record->timestamp, kDay), o.record->sku_number};
}
HourKey HourKeyOf(const StockOutcome& o) {
  return {o.record->store_number, Count(o.record->timestamp, kHour)};
}

// Notes where the record stands in the input.
void Stamp(Sale& sale, rt::Context& ctx) {
  sale.partition = ctx.partition();
  sale.position = ctx.position();
}

// Everything behind parsing, whichever format it was.
template <typename Parsed>
rt::Pipeline Compose(Parsed parsed, const PipelineParts& parts) {
  const Rules rules = parts.rules;
  const InitialStock& initial = parts.initial_stock;
  auto daily = rt::Branch<StockOutcome>()
             | rt::Aggregate(std::string(kDailySales), [](const StockOutcome& o) { return DailyKeyOf(o); },
                             [](SalesSum& sum, const StockOutcome& o) { sum.Add(*o.record); },
                             rt::Partial(MergeInto<SalesSum>))
             | rt::Discard();
  auto hours = rt::Branch<StockOutcome>()
             | rt::Aggregate(std::string(kStoreHour), [](const StockOutcome& o) { return HourKeyOf(o); },
                             [](SalesSum& sum, const StockOutcome& o) { sum.Add(*o.record); })
             | rt::Discard();
  auto totals = rt::Branch<StockOutcome>()
              | rt::Aggregate(std::string(kTotals), [](const StockOutcome&) { return kTotalsKey; },
                              [](Totals& sum, const StockOutcome& o) { sum.Add(o); },
                              rt::Partial(MergeInto<Totals>))
              | rt::Discard();
  auto applied = rt::Branch<StockOutcome>()
               | rt::Tee("daily", std::move(daily))
               | rt::Tee("hours", std::move(hours))
               | rt::To(parts.facts);
  auto refused = rt::Branch<StockOutcome>() | rt::To(parts.failed);
  auto outcomes = rt::Branch<StockOutcome>()
                | rt::Route("by_outcome", [](const StockOutcome& o) { return o.is_applied(); },
                            std::move(applied), std::move(refused));
  return std::move(parsed)
       | rt::Validate("validate", [rules](const Sale& s, rt::Context& ctx) {
           return CheckSale(rules, s, ctx.now());
         })
       | rt::AssignEventTime(&Sale::timestamp, {.max_out_of_orderness = kMaxOutOfOrderness})
       | rt::Boundary()
       | rt::KeyBy(std::string(kByStore), &Sale::store_id)
       | rt::Dedup(std::string(kDedup), &Sale::event_id, {.window = rules.dedup_window})
       | rt::Intern(std::string(kRetailers), &Sale::retailer_id, &Sale::retailer_number)
       | rt::Intern(std::string(kStores), &Sale::store_id, &Sale::store_number)
       | rt::Intern(std::string(kSkus), &Sale::sku, &Sale::sku_number)
       | rt::Enrich("region", *parts.master.region_of_store, rt::Interned(&Sale::store_id, &Sale::store_number),
                    [](Sale& s, const std::string* region) {
                      s.region = region == nullptr ? "unknown" : std::string_view(*region);
                    })
       | rt::Enrich("category", *parts.master.category_of_sku, rt::Interned(&Sale::sku, &Sale::sku_number),
                    [](Sale& s, const std::string* category) {
                      s.category = category == nullptr ? "unknown" : std::string_view(*category);
                    })
       | rt::UpdateInventory(std::string(kInventory), [](const Sale& s) { return StockKeyOf(s); },
                             [](const Sale& s) { return MovementOf(s); },
                             [&initial](const Sale& s) { return initial.Of(s.sku, s.store_id); })
       | rt::Tee("sums", std::move(totals))
       | rt::Tee("outcomes", std::move(outcomes))
       | rt::Route("hot_or_cold", [](const StockOutcome& o) { return IsHot(o); },
                   rt::Branch<StockOutcome>() | rt::To(parts.hot),
                   rt::Branch<StockOutcome>() | rt::To(parts.cold));
}

}  // namespace

rt::Pipeline MakePipeline(const PipelineParts& parts) {
  if (parts.rules.format == InputFormat::kOnlineRetailCsv) {
    return Compose(rt::From(parts.events)
                       | rt::ParseCsv<OnlineRetailRow>("parse")
                       | rt::Map("to_sale", ToSale)
                       | rt::Map("stamp", Stamp),
                   parts);
  }
  return Compose(rt::From(parts.events)
                     | rt::ParseJson<Sale>("parse")
                     | rt::Map("stamp", Stamp),
                 parts);
}

}  // namespace retail
