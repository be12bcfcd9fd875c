#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <ostream>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "rtstream/flow/flow.h"
#include "rtstream/io/memory_sink.h"
#include "rtstream/op/aggregate.h"
#include "rtstream/op/assign_event_time.h"
#include "rtstream/op/dedup.h"
#include "rtstream/op/intern.h"
#include "rtstream/op/key_by.h"
#include "rtstream/op/map.h"
#include "rtstream/op/route.h"
#include "rtstream/op/tee.h"
#include "rtstream/op/update_state.h"
#include "rtstream/op/validate.h"
#include "rtstream/runtime/runner.h"
#include "rtstream/state/memory_blob_store.h"
#include "rtstream/state/memory_store.h"
#include "rtstream/testing/manual_clock.h"
#include "tests/runtime/visits.h"

namespace rtstream {

using ShopPage = std::pair<FixedString<8>, uint32_t>;
inline ShopPage PageOf(const Visit& v) {
  ShopPage key{{}, v.page};
  (void)key.first.Assign(v.shop);
  return key;
}

// What outlives a pipeline over visits, and the pipeline: sums by shop and page, windows by shop, all
// behind a KeyBy by shop.
class LanesWorld {
 public:
  explicit LanesWorld(const std::vector<std::pair<Visit, uint32_t>>& visits)
      : source(visits, [this] { return ToldOfPoll(); }) {}

  static void AddUp(int64_t& into, const int64_t& from) { into += from; }

  Pipeline Make() {
    auto hours = Branch<Visit>() |
                 Aggregate("hours", [](const Visit& v) -> const std::string& { return v.shop; },
                           [](int64_t& sum, const Visit& v) { sum += v.units; },
                           Tumbling{.size = std::chrono::hours(1)}) |
                 Map("to_hour",
                     [](const Aggregated<std::string, int64_t>& a) {
                       return ShopHour{a.key, a.window.start, a.value};
                     }) |
                 UpdateState(
                     "best_hour", [](const ShopHour& h) -> const std::string& { return h.shop; },
                     [](ItemUpdate<int64_t>& item, const ShopHour& h) {
                       item.Set(std::max(h.units, item.exists() ? item.value() : 0));
                       return h;
                     }) |
                 To(shop_hours);
    const auto add = [](int64_t& sum, const Visit& v) { sum += v.units; };
    // Of keys that are numbers, which have tables of their own.
    auto tens = Branch<Visit>() |
                Aggregate("tens", [](const Visit& v) { return PageOf(v).first; }, add,
                          Tumbling{.size = std::chrono::minutes(10)}) |
                Map("to_ten",
                    [](const Aggregated<FixedString<8>, int64_t>& a) {
                      return ShopHour{std::string(a.key.view()), a.window.start, a.value};
                    }) |
                To(shop_tens);
    auto pages = Branch<Visit>() | Aggregate("pages", &Visit::page, add, Partial(AddUp)) | Discard();
    auto shops = Branch<Visit>() | Aggregate("shops", &Visit::shop_number, add) | Discard();
    return From(source) |
           Validate("check",
                    [](const Visit& v) {
                      return v.units < 0 ? absl::InvalidArgumentError("want units") : absl::OkStatus();
                    }) |
           AssignEventTime(&Visit::at, {.max_out_of_orderness = std::chrono::minutes(10)}) |
           KeyBy(key_by, [](const Visit& v) -> const std::string& { return v.shop; }) |
           Dedup("dedup", &Visit::id,
                 {.window = std::chrono::hours(3), .memory_budget = dedup_budget,
                  .blobs = dedup_budget > 0 ? &blobs : nullptr},
                 Branch<Visit>() | To(copies)) |
           UpdateState(
               "sums", [](const Visit& v) { return PageOf(v); },
               [](ItemUpdate<int64_t>& item, const Visit& v) {
                 item.Set((item.exists() ? item.value() : 0) + v.units);
                 Visit next = v;
                 next.sum = item.exists() ? item.value() + v.units : v.units;
                 return next;
               }) |
           Map("see",
               [](Visit& v, Context& ctx) { v.watermark = ctx.watermark(); }) |
           Intern("numbers", [](const Visit& v) -> const std::string& { return v.shop; },
                  &Visit::shop_number) |
           Tee("to_pages", std::move(pages)) | Tee("to_shops", std::move(shops)) |
           Tee("to_hours", std::move(hours)) | Tee("to_tens", std::move(tens)) | To(out);
  }

  RunOptions Options(uint32_t lanes) {
    RunOptions options;
    options.lanes = lanes;
    options.batch_rows = 64;
    options.dead_letters = &letters;
    options.clock = &clock;
    options.seed = 1;
    return options;
  }
  absl::Status Run(RunOptions options) {
    Runner made([this] { return Make(); }, store, std::move(options));
    runner = &made;
    absl::Status status = made.Run();
    runner = nullptr;
    stats = made.Stats();
    committed = made.committed();
    return status;
  }
  bool is_finished() const { return source.is_finished(); }
  absl::Status Run(uint32_t lanes) { return Run(Options(lanes)); }

  // What came out, so that runs with any number of lanes can be compared: rows of a shop in order.
  struct Results {
    std::map<std::string, std::vector<Visit>> out;
    std::vector<ShopHour> hours, tens;
    std::vector<std::tuple<std::string, int64_t, std::string>> letters;
    std::vector<uint64_t> copies;
    std::map<std::pair<std::string, uint32_t>, int64_t> sums;
    std::map<std::string, int64_t> best;
    std::map<uint32_t, int64_t> pages;
    std::map<std::string, int64_t> shops;
    std::map<std::string, std::tuple<uint64_t, uint64_t, uint64_t, uint64_t, uint64_t>> counters;
    friend bool operator==(const Results&, const Results&) = default;
    // What tells most: what each operator has counted.
    friend void PrintTo(const Results& r, std::ostream* to) {
      for (const auto& [op, c] : r.counters) {
        const auto& [in, passed, refused, side, keys] = c;
        *to << op << ": " << in << " in, " << passed << " out, " << refused << " refused, " << side
             << " aside, " << keys << " keys\n";
      }
    }
  };
  Results Collect() const {
    Results r;
    for (const Visit& v : out.all()) r.out[v.shop].push_back(v);
    r.hours = shop_hours.all();
    std::sort(r.hours.begin(), r.hours.end());
    r.tens = shop_tens.all();
    std::sort(r.tens.begin(), r.tens.end());
    for (const DeadLetter& l : letters.all()) r.letters.emplace_back(l.partition, l.position, l.message);
    std::sort(r.letters.begin(), r.letters.end());
    for (const Visit& v : copies.all()) r.copies.push_back(v.id);
    std::sort(r.copies.begin(), r.copies.end());
    absl::Status status = ReadItems<ShopPage, int64_t>(
        store, "sums", [&](const ShopPage& key, const Item<int64_t>& item) {
          r.sums[{std::string(key.first.view()), key.second}] = item.value;
        });
    status.Update(ReadItems<std::string, int64_t>(
        store, "best_hour", [&](const std::string& shop, const Item<int64_t>& item) {
          r.best[shop] = item.value;
        }));
    status.Update(ReadPartials<uint32_t, int64_t>(
        store, "pages", AddUp, [&](uint32_t page, int64_t units) { r.pages[page] = units; }));
    std::vector<std::string> texts;
    status.Update(ReadTexts(store, "numbers", [&](std::string_view text) { texts.emplace_back(text); }));
    status.Update(ReadState<uint32_t, int64_t>(
        store, "shops", kSumsTable,
        [&](uint32_t number, int64_t units) { r.shops[texts.at(number)] = units; }));
    if (!status.ok()) r.letters.emplace_back("reading", 0, std::string(status.message()));
    for (const OperatorStats& s : stats) {
      // Lanes count the key of a partial sum each.
      r.counters[s.name] = {s.in, s.out, s.refused, s.side, s.name == "pages" ? 0 : s.keys};
    }
    return r;
  }

  // Every call of the source and of the sink at the end.
  absl::Status Told() {
    const std::lock_guard lock(mutex);
    ++calls;
    const bool fails = calls == fails_at || (fails_every > 0 && calls % fails_every == 0);
    return fails ? failing : absl::OkStatus();
  }
  absl::Status ToldOfPoll() {
    // Not under the lock: by one lane at a time.
    if (++source_polls == stop_at && runner != nullptr) runner->RequestStop();
    return Told();
  }

  std::mutex mutex;
  int calls = 0;  // guarded by mutex
  int fails_at = -1, fails_every = 0;
  absl::Status failing;
  int source_polls = 0, stop_at = -1;
  Runner* runner = nullptr;
  std::string key_by = "by_shop";
  uint64_t dedup_budget = 0;

  VisitSource source;
  ToldSink out{[this] { return Told(); }};
  MemorySink<Visit> copies{"copies"};
  MemorySink<ShopHour> shop_hours{"shop_hours"}, shop_tens{"shop_tens"};
  MemorySink<DeadLetter> letters{"letters"};
  MemoryStateStore store;
  MemoryBlobStore blobs;
  testing::ManualClock clock{Time(std::chrono::seconds(1'000'000'000))};
  std::vector<OperatorStats> stats;
  CommitRecord committed;
};

}  // namespace rtstream
