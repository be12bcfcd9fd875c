#include "benchmarks/pipelines/w1.h"

#include <string>
#include <tuple>
#include <utility>

#include "benchmarks/pipelines/pipeline_run.h"
#include "benchmarks/pipelines/row_sink.h"
#include "benchmarks/pipelines/sources.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/rtstream.h"

namespace bench {

struct SalesSum {
  int64_t units = 0;
  int64_t cents = 0;
  uint64_t sales = 0;
};

}  // namespace bench

template <>
struct rtstream::StateFields<bench::SalesSum> {
  using V = bench::SalesSum;
  static constexpr uint32_t kVersion = 1;
  static constexpr auto kMembers = std::tuple{&V::units, &V::cents, &V::sales};
};

namespace bench {
namespace {

using Outcomes = rt::InventoryOutcome<Sale>;

// Numbers, which go into one of 8 bytes. There are fewer than 65,536 retailers, and days until 2149.
using DailyKey = std::tuple<uint16_t, uint16_t, uint32_t>;
using HourKey = std::tuple<uint32_t, uint32_t>;
using StockKey = std::tuple<uint32_t, uint32_t>;

DailyKey DailyKeyOf(const Sale& s) {
  return {static_cast<uint16_t>(s.retailer_number), static_cast<uint16_t>(s.timestamp.time_since_epoch() / kDay),
          s.sku_number};
}
HourKey HourKeyOf(const Sale& s) {
  return {s.store_number, static_cast<uint32_t>(s.timestamp.time_since_epoch() / kHour)};
}
StockKey StockKeyOf(const Sale& s) { return {s.store_number, s.sku_number}; }

void Put(const std::vector<std::pair<std::string, std::string>>& rows, rt::MemoryTable<std::string>& table) {
  for (const auto& [key, text] : rows) table.Put(key, text);
}

rt::Pipeline MakePipeline(rt::Source<rt::Bytes>& lines, rt::LookupTable<std::string>& region_of_store,
                          rt::LookupTable<std::string>& category_of_sku, rt::Sink<Outcomes>& rows,
                          const W1Sizes& sizes) {
  auto daily = rt::Branch<Sale>()
             | rt::Aggregate("daily", [](const Sale& s) { return DailyKeyOf(s); },
                             [](SalesSum& sum, const Sale& s) {
                               sum.units += s.quantity;
                               sum.cents += s.quantity * s.price.mantissa;
                               ++sum.sales;
                             },
                             rt::Running{.expected_keys = sizes.daily})
             | rt::Discard();
  auto hours = rt::Branch<Sale>()
             | rt::Aggregate("hours", [](const Sale& s) { return HourKeyOf(s); },
                             [](uint64_t& sales, const Sale&) { ++sales; },
                             rt::Running{.expected_keys = sizes.hours})
             | rt::Discard();
  return rt::From(lines)
       | rt::ParseJson<Sale>("parse")
       | rt::Validate("validate", [](const Sale& s) {
           return IsValid(s) ? absl::OkStatus() : absl::InvalidArgumentError("want a sale by the rules");
         })
       | rt::AssignEventTime(&Sale::timestamp, {.max_ahead = rt::Duration{0}})
       | rt::Dedup("dedup", &Sale::event_id, {.window = kDedupWindow})
       | rt::Intern("retailers", &Sale::retailer_id, &Sale::retailer_number)
       | rt::Intern("stores", &Sale::store_id, &Sale::store_number)
       | rt::Intern("skus", &Sale::sku, &Sale::sku_number)
       | rt::Enrich("region", region_of_store, rt::Interned(&Sale::store_id, &Sale::store_number),
                    [](Sale& s, const std::string* region) {
                      s.region = region == nullptr ? kUnknown : std::string_view(*region);
                    })
       | rt::Enrich("category", category_of_sku, rt::Interned(&Sale::sku, &Sale::sku_number),
                    [](Sale& s, const std::string* category) {
                      s.category = category == nullptr ? kUnknown : std::string_view(*category);
                    })
       | rt::Tee("to_daily", std::move(daily))
       | rt::Tee("to_hours", std::move(hours))
       | rt::UpdateInventory("inventory", [](const Sale& s) { return StockKeyOf(s); },
                             [](const Sale& s) { return rt::Movement{rt::MovementKind::kSell, s.quantity}; },
                             [](const Sale&) { return kInitialUnits; }, {.expected_keys = sizes.stock})
       | rt::Filter("accepted", [](const Outcomes& o) { return o.is_applied(); })
       | rt::To(rows);
}

class W1Rtstream final : public Variant {
 public:
  W1Rtstream(const W1Input& input, const RunSettings& settings, Commits commits)
      : is_verifying_(settings.is_verifying), lines_(input.lines.text()), rows_(settings.is_verifying),
        run_(MakePipeline(lines_, region_of_store_, category_of_sku_, rows_, W1Sizes(input.lines.count())),
             settings.is_verifying ? Commits::kMemory : commits) {
    Put(input.region_of_store, region_of_store_);
    Put(input.category_of_sku, category_of_sku_);
  }

  absl::Status Run() override { return run_.Run(); }

  absl::StatusOr<Outcome> Finish() override {
    W1Result result;
    const rt::OperatorStats parse = run_.Stats("parse"), accepted = run_.Stats("accepted");
    result.events = parse.in;
    result.rejected = parse.refused + run_.Stats("validate").refused;
    result.duplicates = run_.Stats("dedup").side;
    result.accepted = accepted.out;
    result.refused = accepted.in - accepted.out;
    result.daily_keys = run_.Stats("daily").keys;
    result.store_hours = run_.Stats("hours").keys;
    result.stock_keys = run_.Stats("inventory").keys;
    result.output_bytes = rows_.output().bytes();
    result.output_checksum = rows_.output().checksum();
    if (is_verifying_) RTSTREAM_RETURN_IF_ERROR(ReadTables(result));
    return result.ToOutcome();
  }

 private:
  absl::Status ReadTables(W1Result& result) const {
    RTSTREAM_RETURN_IF_ERROR((rt::ReadState<DailyKey, SalesSum>(
        run_.store(), "daily", rt::kSumsTable, [&](const DailyKey&, const SalesSum& s) {
          result.daily.Add(static_cast<uint64_t>(s.units), static_cast<uint64_t>(s.cents), s.sales);
        })));
    RTSTREAM_RETURN_IF_ERROR((rt::ReadState<HourKey, uint64_t>(
        run_.store(), "hours", rt::kSumsTable,
        [&](const HourKey&, uint64_t sales) { result.hours.Add(sales); })));
    return rt::ReadItems<StockKey, rt::Stock>(
        run_.store(), "inventory", [&](const StockKey&, const rt::Item<rt::Stock>& item) {
          result.stock.Add(static_cast<uint64_t>(item.value.on_hand), item.version);
        });
  }

  bool is_verifying_;
  LineSource lines_;
  rt::MemoryTable<std::string> region_of_store_, category_of_sku_;
  RowSink rows_;
  PipelineRun run_;
};

}  // namespace

rt::Pipeline MakeW1Pipeline(rt::Source<rt::Bytes>& lines, rt::LookupTable<std::string>& region_of_store,
                            rt::LookupTable<std::string>& category_of_sku, rt::Sink<Outcomes>& rows,
                            const W1Sizes& sizes) {
  return MakePipeline(lines, region_of_store, category_of_sku, rows, sizes);
}

std::unique_ptr<Variant> MakeW1Rtstream(const W1Input& input, const RunSettings& settings) {
  return std::make_unique<W1Rtstream>(input, settings, Commits::kNone);
}
std::unique_ptr<Variant> MakeW1RtstreamCommits(const W1Input& input, const RunSettings& settings) {
  return std::make_unique<W1Rtstream>(input, settings, Commits::kDiscarded);
}

}  // namespace bench
