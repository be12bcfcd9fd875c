// What a pipeline takes of memory when it has run for long: resident bytes by day of event time, and
// allocations; see `--help`.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/durability/changes.h"
#include "benchmarks/durability/stores.h"
#include "benchmarks/runner/process.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/rtstream.h"
#include "rtstream/testing/allocations.h"

namespace bench {
namespace {

constexpr rt::Duration kDay = std::chrono::hours(24);

struct Flags {
  std::string store = "none";
  uint64_t events = 100'000'000;
  int days = 30;
  uint32_t keys = 100'000;
  std::string dir = "/tmp";
};

struct Event {
  rt::Uuid id;
  rt::Time at;
  uint32_t key = 0;
  int32_t cents = 0;
};

// New ids, in the order of their times.
class Events final : public rt::Source<Event> {
 public:
  explicit Events(const Flags& flags) : flags_(flags) {}

  absl::Status Open(absl::Span<const rt::CommittedPosition>) override { return absl::OkStatus(); }
  std::string PartitionName(uint32_t) const override { return "made"; }
  bool IsFinished(uint32_t) const override { return at_ == flags_.events; }
  absl::StatusOr<rt::PollResult> Poll(size_t max_rows, rt::Batch<Event>& batch) override {
    if (at_ == flags_.events) return rt::PollResult::kFinished;
    batch.Begin(0, "made", static_cast<int64_t>(at_), 0);
    const uint64_t n = std::min<uint64_t>(max_rows, flags_.events - at_);
    for (uint64_t i = 0; i < n; ++i) {
      const uint64_t number = at_ + i;
      rt::RowMeta meta;
      meta.position = meta.ordinal = static_cast<uint32_t>(i);
      batch.Append({.id = {number, number * 0x9e3779b97f4a7c15}, .at = TimeOf(number),
                    .key = static_cast<uint32_t>(number * 2654435761u % flags_.keys), .cents = 1}, meta);
    }
    at_ += n;
    batch.resume = rt::Concat(at_);
    batch.input_bytes = n * sizeof(Event);
    return rt::PollResult::kBatch;
  }

  uint64_t at() const { return at_; }
  rt::Time TimeOf(uint64_t number) const {
    const double share = static_cast<double>(number) / static_cast<double>(flags_.events);
    return rt::Time(rt::Duration(static_cast<int64_t>(share * flags_.days * kDay.count())));
  }

 private:
  Flags flags_;
  uint64_t at_ = 0;
};

rt::Pipeline MakePipeline(Events& events) {
  const auto add = [](Sums& sums, const Event& e) {
    sums.cents += e.cents;
    ++sums.sales;
  };
  auto running = rt::Branch<Event>() | rt::Aggregate("running", &Event::key, add) | rt::Discard();
  return rt::From(events)
       | rt::AssignEventTime(&Event::at, {})
       | rt::Dedup("dedup", &Event::id, {.window = 7 * kDay})
       | rt::Tee("to_running", std::move(running))
       | rt::Aggregate("hourly", &Event::key, add, rt::Tumbling{.size = std::chrono::hours(1)})
       | rt::Discard();
}

absl::Status Measure(const Flags& flags) {
  const TemporaryDirectory dir(flags.dir);
  Events events(flags);
  std::unique_ptr<rt::StateStore> store;
  std::unique_ptr<rt::Runner> runner;
  if (flags.store == "none") {
    runner = std::make_unique<rt::Runner>(MakePipeline(events), rt::RunOptions{});
  } else {
    RTSTREAM_ASSIGN_OR_RETURN(store, OpenStore(flags.store, dir.Path("state")));
    runner = std::make_unique<rt::Runner>(MakePipeline(events), *store, rt::RunOptions{});
  }
  RTSTREAM_RETURN_IF_ERROR(runner->Open());
  std::vector<uint64_t> resident, allocations;  // at the end of each day
  std::vector<uint64_t> seen;
  for (int day = 1; day <= flags.days; ++day) {
    const rt::Time end(day * kDay);
    while (events.at() < flags.events && events.TimeOf(events.at()) < end) {
      RTSTREAM_RETURN_IF_ERROR(runner->Step().status());
    }
    resident.push_back(ResidentBytes() >> 10);
    allocations.push_back(rt::testing::AllocationsOfProcess());
    seen.push_back(events.at());
  }
  // The window, its last bucket, and a day.
  const size_t warm = std::min<size_t>(8, resident.size() - 1);
  const uint64_t least = *std::min_element(resident.begin() + static_cast<ptrdiff_t>(warm), resident.end());
  const uint64_t most = *std::max_element(resident.begin() + static_cast<ptrdiff_t>(warm), resident.end());
  std::printf("{\"benchmark\":\"steady\",\"store\":\"%s\",\"events\":%llu,\"days\":%d,\"resident_mb_by_day\":[",
              flags.store.c_str(), static_cast<unsigned long long>(flags.events), flags.days);
  for (size_t i = 0; i < resident.size(); ++i) {
    std::printf("%s%llu", i == 0 ? "" : ",", static_cast<unsigned long long>(resident[i] >> 10));
  }
  std::printf("],\"resident_after_day_8_most_over_least\":%.3f,\"allocations_per_event_after_day_8\":%.6f}\n",
              static_cast<double>(most) / static_cast<double>(least),
              static_cast<double>(allocations.back() - allocations[warm]) /
                  static_cast<double>(std::max<uint64_t>(1, seen.back() - seen[warm])));
  if (store != nullptr) RTSTREAM_RETURN_IF_ERROR(store->Close());
  return absl::OkStatus();
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  bench::Flags flags;
  CLI::App app("New ids over days of event time through a dedup window of seven days, running sums and hourly windows.");
  app.add_option("--store", flags.store, "none, memory, rocksdb or log");
  app.add_option("--events", flags.events, "Over all days")->check(CLI::Range(1000, 2'000'000'000));
  app.add_option("--days", flags.days, "Of event time")->check(CLI::Range(10, 10'000));
  app.add_option("--keys", flags.keys, "Of the sums");
  app.add_option("--dir", flags.dir, "Where a directory of state is made");
  CLI11_PARSE(app, argc, argv);
  if (const absl::Status status = bench::Measure(flags); !status.ok()) {
    std::fprintf(stderr, "bench_steady: %s\n", std::string(rtstream::MessageOf(status)).c_str());
    return 1;
  }
  return 0;
}
