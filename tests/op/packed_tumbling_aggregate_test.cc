// Tumbling windows of keys that are numbers, which have tables of their own: the same results as a map of
// them, however batches, commits and crashes fall.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "rtstream/flow/flow.h"
#include "rtstream/io/memory_sink.h"
#include "rtstream/io/memory_source.h"
#include "rtstream/op/aggregate.h"
#include "rtstream/op/assign_event_time.h"
#include "rtstream/op/filter.h"
#include "rtstream/op/key_by.h"
#include "rtstream/op/map.h"
#include "rtstream/state/keyed_state.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/pipeline_driver.h"
#include "rtstream/testing/random.h"
#include "tests/base/seed.h"

namespace rtstream {
namespace {

using namespace std::chrono_literals;
using testing::DeadLetterIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::PipelineDriver;
using testing::Random;

struct Reading {
  uint64_t sensor = 0;
  int64_t value = 0;
  Time at{};
  friend bool operator==(const Reading&, const Reading&) = default;
};
using Sum = Aggregated<uint64_t, int64_t>;
using Row = std::tuple<Time, uint64_t, int64_t>;
using Sums = std::map<std::pair<Time, uint64_t>, int64_t>;

constexpr Duration kSize = 10s;
constexpr Time kStart{1'000'000'000s};

class PackedTumblingTest : public ::testing::Test {
 protected:
  void Use(const Tumbling& window, const EventTimeOptions& times, size_t batch_rows) {
    driver = std::make_unique<PipelineDriver>(
        [this, window, times] {
          return From(in) | Filter("used", [](const Reading& r) { return r.value != 0; }) |
                 AssignEventTime(&Reading::at, times) |
                 Aggregate("sums", &Reading::sensor, [](int64_t& sum, const Reading& r) { sum += r.value; },
                           window, Branch<Reading>() | To(late)) |
                 Map("row", [](const Sum& s) { return Row(s.window.start, s.key, s.value); }) | To(rows);
        },
        RunOptions{.batch_rows = batch_rows});
    driver->clock().Advance(kStart - driver->clock().Now());
  }
  Sums Stored() {
    Sums stored;
    EXPECT_THAT((ReadState<std::pair<Time, uint64_t>, int64_t>(
                    driver->store(), "sums", kSumsTable,
                    [&](const std::pair<Time, uint64_t>& key, int64_t sum) { stored[key] = sum; })),
                IsOk());
    return stored;
  }

  MemorySource<Reading> in;
  MemorySink<Row> rows{"rows"};
  MemorySink<Reading> late{"late"};
  std::unique_ptr<PipelineDriver> driver;
};

// What the operator says of itself, record by record.
struct Model {
  Tumbling window;
  Duration out_of_orderness;
  Time watermark = kMinTime;
  Sums sums{};
  std::vector<Reading> late{};

  void Take(const Reading& r) {
    if (r.value == 0) return;
    const Window w = window.WindowOf(r.at);
    if (window.IsClosed(w, watermark)) {
      late.push_back(r);
    } else {
      sums[{w.start, r.sensor}] += r.value;
    }
    watermark = std::max(watermark, SaturatingSubtract(r.at, out_of_orderness));
  }
  std::vector<Row> Closed() const {
    std::vector<Row> closed;
    for (const auto& [key, sum] : sums) {
      if (window.IsClosed(window.WindowOf(key.first), watermark)) closed.emplace_back(key.first, key.second, sum);
    }
    return closed;
  }
  Sums Open() const {
    Sums open;
    for (const auto& [key, sum] : sums) {
      if (!window.IsClosed(window.WindowOf(key.first), watermark)) open.emplace(key, sum);
    }
    return open;
  }
};

class PackedTumblingModelTest : public PackedTumblingTest, public ::testing::WithParamInterface<size_t> {};

TEST_P(PackedTumblingModelTest, SumsAreThoseOfAMapOverCommitsAndCrashes) {
  Random random(TestSeed());
  Model model{{.size = kSize, .allowed_lateness = 3s}, 4s};
  Use(model.window, {.max_out_of_orderness = model.out_of_orderness, .max_ahead = Duration{0}}, GetParam());
  int64_t ms = 0;
  for (int step = 0; step < 150; ++step) {
    const bool is_dense = random.Chance(0.5);
    const uint64_t keys = random.Chance(0.1) ? 20'000 : 50;
    for (uint64_t n = random.Below(1'500); n > 0; --n) {
      ms += static_cast<int64_t>(random.Below(is_dense ? 3 : 200));
      const auto behind = static_cast<int64_t>(random.Below(random.Chance(0.02) ? 30'000 : 2'000));
      const Reading r{random.Below(keys) * 0x9e3779b97f4a7c15, static_cast<int64_t>(random.Below(5)) - 1,
                      kStart + std::chrono::milliseconds(ms - behind)};
      in.Push(r);
      model.Take(r);
    }
    ASSERT_THAT(driver->Drain(), IsOk());
    if (random.Chance(0.2)) {
      ASSERT_THAT(driver->Crash(), IsOk());
      ASSERT_THAT(driver->Drain(), IsOk());
    }
    if (random.Chance(0.4)) {
      ASSERT_THAT(driver->Commit(), IsOk());
      ASSERT_EQ(Stored(), model.Open()) << step;
      ASSERT_EQ(driver->Stats("sums").keys, model.Open().size());
    }
  }
  EXPECT_EQ(rows.all(), model.Closed());
  EXPECT_EQ(late.all(), model.late);
  EXPECT_FALSE(model.late.empty());
  EXPECT_EQ(driver->Stats("sums").side, model.late.size());
}

INSTANTIATE_TEST_SUITE_P(BatchRows, PackedTumblingModelTest, ::testing::Values(1, 64, 512, 4096));

TEST_F(PackedTumblingTest, MoreKeysThanTheNearestCacheHoldsAllCome) {
  Use({.size = kSize}, {}, 512);
  constexpr uint64_t kKeys = 300'000;
  for (int round = 0; round < 2; ++round) {
    for (uint64_t k = 0; k < kKeys; ++k) in.Push({k * 7, 1, kStart});
  }
  in.Push({1, 1, kStart + kSize});
  ASSERT_THAT(driver->Drain(), IsOk());
  ASSERT_EQ(rows.all().size(), kKeys);
  for (uint64_t k = 0; k < kKeys; ++k) ASSERT_EQ(rows.all()[k], Row(kStart, k * 7, 2));
}

TEST_F(PackedTumblingTest, ALateRecordWithoutAnExitIsRefused) {
  PipelineDriver refusing([this] {
    return From(in) | AssignEventTime(&Reading::at) |
           Aggregate("sums", &Reading::sensor, [](int64_t& sum, const Reading& r) { sum += r.value; },
                     Tumbling{.size = kSize}) |
           Discard();
  });
  refusing.clock().Advance(kStart - refusing.clock().Now());
  in.Push({1, 1, kStart + 10s});
  in.Push({1, 1, kStart + 9s});
  ASSERT_THAT(refusing.Drain(), IsOk());
  EXPECT_THAT(refusing.dead_letters(),
              ElementsAre(DeadLetterIs("sums", absl::StatusCode::kOutOfRange,
                                       "late record: its window is closed, event time is 1000 ms")));
}

// The ends of time: windows there are not as long as others.
TEST_F(PackedTumblingTest, RecordsAtTheEndsOfTimeAreInWindows) {
  Use({.size = kSize}, {.max_ahead = Duration{0}}, 512);
  in.Push({1, 1, kMinTime});
  in.Push({1, 2, kMinTime + kSize});
  in.Push({1, 4, Time(-1us)});
  in.Push({1, 8, kMaxTime});
  ASSERT_THAT(driver->Drain(), IsOk());
  int64_t sum = 0;
  for (const Row& row : rows.all()) sum += std::get<2>(row);
  for (const Reading& r : late.all()) sum += r.value;
  EXPECT_EQ(sum, 15);
}

// Behind a KeyBy state is in the slice of its record's key, that of results as well.
TEST_F(PackedTumblingTest, BehindAKeyByResultsKeepTheirPlace) {
  PipelineDriver keyed([this] {
    return From(in) | AssignEventTime(&Reading::at) | KeyBy("by_sensor", &Reading::sensor) |
           Aggregate("sums", &Reading::sensor, [](int64_t& sum, const Reading& r) { sum += r.value; },
                     Tumbling{.size = kSize}) |
           Aggregate("most", &Sum::key, [](int64_t& most, const Sum& s) { most = std::max(most, s.value); }) |
           Discard();
  });
  keyed.clock().Advance(kStart - keyed.clock().Now());
  for (uint64_t k = 0; k < 100; ++k) in.Push({k, static_cast<int64_t>(k), kStart});
  in.Push({0, 0, kStart + kSize});
  ASSERT_THAT(keyed.Drain(), IsOk());
  ASSERT_THAT(keyed.Commit(), IsOk());
  ASSERT_THAT(keyed.Crash(), IsOk());
  for (uint64_t k = 0; k < 100; ++k) in.Push({k, 1, kStart + kSize});
  in.Push({0, 0, kStart + 2 * kSize});
  ASSERT_THAT(keyed.Drain(), IsOk());
  ASSERT_THAT(keyed.Commit(), IsOk());
  uint64_t n = 0;
  ASSERT_THAT((ReadState<uint64_t, int64_t>(keyed.store(), "most", kSumsTable,
                                            [&](uint64_t key, int64_t most) {
                                              EXPECT_EQ(most, std::max<int64_t>(1, static_cast<int64_t>(key)));
                                              ++n;
                                            })),
              IsOk());
  EXPECT_EQ(n, 100u);
}

}  // namespace
}  // namespace rtstream
