#include "benchmarks/pipelines/w1.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <thread>
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

  SalesSum& operator+=(const SalesSum& other) {
    units += other.units;
    cents += other.cents;
    sales += other.sales;
    return *this;
  }
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

void MergeSums(SalesSum& into, const SalesSum& from) { into += from; }

// Behind a KeyBy by store a sum of a retailer's day is one a lane.
template <bool kIsKeyed>
auto DailyKind(const W1Sizes& sizes) {
  if constexpr (kIsKeyed) {
    return rt::Partial(MergeSums, sizes.daily);
  } else {
    return rt::Running{.expected_keys = sizes.daily};
  }
}

// The flow as it is, or divided among lanes.
template <bool kIsKeyed, typename Flow>
auto ByStore(Flow flow) {
  if constexpr (kIsKeyed) {
    return std::move(flow) | rt::KeyBy("by_store", &Sale::store_id);
  } else {
    return flow;
  }
}

template <bool kIsKeyed>
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
                             DailyKind<kIsKeyed>(sizes))
             | rt::Discard();
  auto hours = rt::Branch<Sale>()
             | rt::Aggregate("hours", [](const Sale& s) { return HourKeyOf(s); },
                             [](uint64_t& sales, const Sale&) { ++sales; },
                             rt::Running{.expected_keys = sizes.hours})
             | rt::Discard();
  auto timed = rt::From(lines)
             | rt::ParseJson<Sale>("parse")
             | rt::Validate("validate", [](const Sale& s) {
                 return IsValid(s) ? absl::OkStatus() : absl::InvalidArgumentError("want a sale by the rules");
               })
             | rt::AssignEventTime(&Sale::timestamp, {.max_ahead = rt::Duration{0}});
  return ByStore<kIsKeyed>(std::move(timed))
       | rt::Dedup("dedup", &Sale::event_id, {.window = kDedupWindow, .expected_ids = sizes.ids})
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

void AddSum(const SalesSum& s, W1Result& result) {
  result.daily.Add(static_cast<uint64_t>(s.units), static_cast<uint64_t>(s.cents), s.sales);
  ++result.daily_keys;
}

// What the tables that are of one store each hold.
absl::Status ReadStoreTables(const rt::StateReader& store, W1Result& result) {
  RTSTREAM_RETURN_IF_ERROR((rt::ReadState<HourKey, uint64_t>(
      store, "hours", rt::kSumsTable,
      [&](const HourKey&, uint64_t sales) { result.hours.Add(sales); })));
  return rt::ReadItems<StockKey, rt::Stock>(
      store, "inventory", [&](const StockKey&, const rt::Item<rt::Stock>& item) {
        result.stock.Add(static_cast<uint64_t>(item.value.on_hand), item.version);
      });
}

absl::Status ReadTables(const rt::StateReader& store, bool is_partial, W1Result& result) {
  const auto add = [&](const DailyKey&, const SalesSum& s) { AddSum(s, result); };
  RTSTREAM_RETURN_IF_ERROR(
      is_partial ? (rt::ReadPartials<DailyKey, SalesSum>(store, "daily", MergeSums, add))
                 : (rt::ReadState<DailyKey, SalesSum>(store, "daily", rt::kSumsTable, add)));
  return ReadStoreTables(store, result);
}

// Adds what a run has counted.
void AddCounts(const PipelineRun& run, W1Result& result) {
  const rt::OperatorStats parse = run.Stats("parse"), accepted = run.Stats("accepted");
  result.events += parse.in;
  result.rejected += parse.refused + run.Stats("validate").refused;
  result.duplicates += run.Stats("dedup").side;
  result.accepted += accepted.out;
  result.refused += accepted.in - accepted.out;
  result.store_hours += run.Stats("hours").keys;
  result.stock_keys += run.Stats("inventory").keys;
}

class W1Rtstream final : public Variant {
 public:
  W1Rtstream(const W1Input& input, const RunSettings& settings, Commits commits, bool is_keyed)
      : is_verifying_(settings.is_verifying), is_keyed_(is_keyed), lines_(input.lines.text()),
        rows_(settings.is_verifying) {
    Put(input.region_of_store, region_of_store_);
    Put(input.category_of_sku, category_of_sku_);
    const W1Sizes sizes(input.lines.count());
    if (is_verifying_) commits = Commits::kMemory;
    if (!is_keyed) {
      run_.emplace(MakePipeline<false>(lines_, region_of_store_, category_of_sku_, rows_, sizes), commits);
      return;
    }
    if (settings.lanes > 1) rows_.SortRows();
    run_.emplace(
        [&] { return MakePipeline<true>(lines_, region_of_store_, category_of_sku_, rows_, sizes); },
        commits, settings.lanes);
  }

  absl::Status Run() override { return run_->Run(); }

  absl::StatusOr<Outcome> Finish() override {
    W1Result result;
    AddCounts(*run_, result);
    rows_.Finish();
    if (is_verifying_) {
      RTSTREAM_RETURN_IF_ERROR(ReadTables(run_->store(), is_keyed_, result));
    } else {
      // Behind a KeyBy lanes count the same key each.
      result.daily_keys = is_keyed_ ? kNotCounted : run_->Stats("daily").keys;
    }
    result.output_bytes = rows_.output().bytes();
    result.output_checksum = rows_.output().checksum();
    return result.ToOutcome();
  }

 private:
  bool is_verifying_;
  bool is_keyed_;
  LineSource lines_;
  rt::MemoryTable<std::string> region_of_store_, category_of_sku_;
  RowSink rows_;
  std::optional<PipelineRun> run_;
};

// The value of "storeId" in a line; empty if it has none.
std::string_view StoreIn(std::string_view line) {
  constexpr std::string_view kName = "\"storeId\":\"";
  const size_t at = line.find(kName);
  if (at == line.npos) return {};
  line.remove_prefix(at + kName.size());
  return line.substr(0, line.find('"'));
}

// Calls `f` with each line, LF included, and its place.
template <typename F>
void ForEachLine(std::string_view text, F&& f) {
  for (size_t at = 0; at < text.size();) {
    const std::string_view line = text.substr(at, text.find('\n', at) + 1 - at);
    f(line, at);
    at += line.size();
  }
}

// Which part each store goes to, so that parts are about as large: the largest stores first.
std::map<std::string_view, size_t> DivideStores(std::string_view text, size_t parts) {
  std::map<std::string_view, size_t> bytes, part_of;
  ForEachLine(text, [&](std::string_view line, size_t) { bytes[StoreIn(line)] += line.size(); });
  std::vector<std::pair<size_t, std::string_view>> stores;
  for (const auto& [store, n] : bytes) stores.emplace_back(n, store);
  std::sort(stores.rbegin(), stores.rend());
  std::vector<size_t> sizes(parts);
  for (const auto& [n, store] : stores) {
    const auto least = std::min_element(sizes.begin(), sizes.end());
    *least += n;
    part_of[store] = static_cast<size_t>(least - sizes.begin());
  }
  return part_of;
}

// The input divided by store beforehand, and a pipeline of one lane over each part.
class W1Split final : public Variant {
 public:
  W1Split(const W1Input& input, const RunSettings& settings)
      : is_verifying_(settings.is_verifying), rows_(settings.is_verifying) {
    Put(input.region_of_store, region_of_store_);
    Put(input.category_of_sku, category_of_sku_);
    rows_.SortRows();
    const auto count = static_cast<size_t>(settings.lanes);
    std::vector<std::string> texts(count);
    std::vector<std::map<int64_t, int64_t>> origins(count);
    const std::map<std::string_view, size_t> part_of = DivideStores(input.lines.text(), count);
    ForEachLine(input.lines.text(), [&](std::string_view line, size_t at) {
      const size_t part = part_of.at(StoreIn(line));
      if (is_verifying_) origins[part][static_cast<int64_t>(texts[part].size())] = static_cast<int64_t>(at);
      texts[part] += line;
    });
    const W1Sizes sizes(input.lines.count() / count);
    for (size_t i = 0; i < count; ++i) {
      Part& part = *parts_.emplace_back(std::make_unique<Part>(Lines::Copy(texts[i]), is_verifying_));
      part.origins = std::move(origins[i]);
      part.rows.SortRows();
      part.run.emplace(MakePipeline<false>(part.source, region_of_store_, category_of_sku_, part.rows, sizes),
                       is_verifying_ ? Commits::kMemory : Commits::kNone);
    }
  }

  absl::Status Run() override {
    std::vector<absl::Status> statuses(parts_.size());
    std::vector<std::thread> threads;
    for (size_t i = 1; i < parts_.size(); ++i) {
      threads.emplace_back([&, i] { statuses[i] = parts_[i]->run->Run(); });
    }
    statuses[0] = parts_[0]->run->Run();
    for (std::thread& thread : threads) thread.join();
    for (const absl::Status& status : statuses) RTSTREAM_RETURN_IF_ERROR(status);
    return absl::OkStatus();
  }

  absl::StatusOr<Outcome> Finish() override {
    W1Result result;
    uint64_t bytes = 0;
    for (const std::unique_ptr<Part>& part : parts_) {
      AddCounts(*part->run, result);
      for (auto& [position, row] : part->rows.rows()) {
        rows_.rows().emplace_back(part->origins.at(position), std::move(row));
      }
      bytes += part->rows.output().bytes();
      // A retailer's day has sums in several parts.
      if (is_verifying_) RTSTREAM_RETURN_IF_ERROR(ReadStoreTables(part->run->store(), result));
      if (is_verifying_) RTSTREAM_RETURN_IF_ERROR(AddDaily(part->run->store()));
    }
    for (const auto& [key, sum] : daily_) AddSum(sum, result);
    rows_.Finish();
    if (!is_verifying_) result.daily_keys = kNotCounted;
    result.output_bytes = is_verifying_ ? rows_.output().bytes() : bytes;
    result.output_checksum = rows_.output().checksum();
    return result.ToOutcome();
  }

 private:
  struct Part {
    Part(Lines l, bool is_verifying) : lines(std::move(l)), source(lines.text()), rows(is_verifying) {}
    Lines lines;
    LineSource source;
    RowSink rows;
    std::map<int64_t, int64_t> origins;  // of a verifying run: where a line stood before, by its position
    std::optional<PipelineRun> run;
  };

  // Each part has numbers of its own for texts.
  absl::Status AddDaily(const rt::StateReader& store) {
    std::vector<std::string> retailers, skus;
    RTSTREAM_RETURN_IF_ERROR(
        rt::ReadTexts(store, "retailers", [&](std::string_view text) { retailers.emplace_back(text); }));
    RTSTREAM_RETURN_IF_ERROR(rt::ReadTexts(store, "skus", [&](std::string_view text) { skus.emplace_back(text); }));
    return rt::ReadState<DailyKey, SalesSum>(
        store, "daily", rt::kSumsTable, [&](const DailyKey& key, const SalesSum& s) {
          const auto& [retailer, day, sku] = key;
          daily_[{retailers.at(retailer), day, skus.at(sku)}] += s;
        });
  }

  bool is_verifying_;
  rt::MemoryTable<std::string> region_of_store_, category_of_sku_;
  RowSink rows_;  // all, of a verifying run
  std::map<std::tuple<std::string, uint16_t, std::string>, SalesSum> daily_;
  std::vector<std::unique_ptr<Part>> parts_;
};

}  // namespace

rt::Pipeline MakeW1Pipeline(rt::Source<rt::Bytes>& lines, rt::LookupTable<std::string>& region_of_store,
                            rt::LookupTable<std::string>& category_of_sku, rt::Sink<Outcomes>& rows,
                            const W1Sizes& sizes) {
  return MakePipeline<false>(lines, region_of_store, category_of_sku, rows, sizes);
}

std::unique_ptr<Variant> MakeW1RtstreamSplit(const W1Input& input, const RunSettings& settings) {
  return std::make_unique<W1Split>(input, settings);
}
std::unique_ptr<Variant> MakeW1Rtstream(const W1Input& input, const RunSettings& settings) {
  return std::make_unique<W1Rtstream>(input, settings, Commits::kNone, false);
}
std::unique_ptr<Variant> MakeW1RtstreamCommits(const W1Input& input, const RunSettings& settings) {
  return std::make_unique<W1Rtstream>(input, settings, Commits::kLog, false);
}
std::unique_ptr<Variant> MakeW1RtstreamLanes(const W1Input& input, const RunSettings& settings) {
  return std::make_unique<W1Rtstream>(input, settings, Commits::kNone, true);
}

}  // namespace bench
