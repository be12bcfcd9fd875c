#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rtstream/flow/flow.h"
#include "rtstream/io/memory_sink.h"
#include "rtstream/op/assign_event_time.h"
#include "rtstream/op/tee.h"
#include "rtstream/op/update_state.h"
#include "rtstream/op/validate.h"
#include "rtstream/runtime/runner.h"
#include "rtstream/testing/manual_clock.h"
#include "tests/runtime/fake_sinks.h"
#include "tests/runtime/fake_source.h"
#include "tests/runtime/fake_store.h"

namespace rtstream {

// Everything outside a pipeline that outlives it, and the pipeline between: numbers are summed up
// by their remainder of 3, and every sum goes to a sink of each kind. Every seventh number is
// refused.
struct World {
  explicit World(int64_t records) : source(records) {}

  Pipeline Make() {
    return From(source) |
           Validate("check",
                    [](const int64_t& n) {
                      return n % 7 == 6 ? absl::InvalidArgumentError("want no seventh")
                                        : absl::OkStatus();
                    }) |
           AssignEventTime([](const int64_t& n) { return TimeOf(n); }) |
           UpdateState(
               "sum", [](const int64_t& n) { return n % 3; },
               [](ItemUpdate<int64_t>& item, const int64_t& n) {
                 item.Set((item.exists() ? item.value() : 0) + n);
                 return n;
               }) |
           Tee("to_staged", Branch<int64_t>() | To(staged)) |
           Tee("to_outbox", Branch<int64_t>() | To(outbox)) | To(plain);
  }
  RunOptions Options() {
    RunOptions options;
    options.batch_rows = 5;
    options.commit_interval = Duration{0};
    options.dead_letters = &letters;
    options.clock = &clock;
    options.commit_mode = CommitMode::kInStep;
    options.seed = 1;
    return options;
  }
  std::unique_ptr<Runner> NewRunner(const RunOptions& options) {
    return std::make_unique<Runner>(Make(), store, options);
  }
  std::unique_ptr<Runner> NewRunner() { return NewRunner(Options()); }

  static Time TimeOf(int64_t n) { return Time(std::chrono::seconds(1'000'000'000 + n)); }

  // What `n` records must have led to.
  static std::vector<int64_t> Accepted(int64_t n) {
    std::vector<int64_t> accepted;
    for (int64_t i = 0; i < n; ++i) {
      if (i % 7 != 6) accepted.push_back(i);
    }
    return accepted;
  }
  static std::string Sent(int64_t n) {
    std::string sent;
    for (int64_t i : Accepted(n)) sent += std::to_string(i) + ",";
    return sent;
  }
  static std::map<int64_t, int64_t> Sums(int64_t n) {
    std::map<int64_t, int64_t> sums;
    for (int64_t i : Accepted(n)) sums[i % 3] += i;
    return sums;
  }
  std::map<int64_t, int64_t> CommittedSums() const {
    std::map<int64_t, int64_t> sums;
    (void)ReadItems<int64_t, int64_t>(
        store, "sum",
        [&](const int64_t& key, const Item<int64_t>& item) { sums[key] = item.value; });
    return sums;
  }
  size_t OutboxKeys() const {
    size_t n = 0;
    (void)store.Scan("x/", [&](std::string_view, std::string_view) {
      ++n;
      return absl::OkStatus();
    });
    return n;
  }

  FakeSource source;
  FakeStagedSink staged;
  FakeOutboxSink outbox;
  FakePlainSink plain;
  MemorySink<DeadLetter> letters{"letters"};
  FakeStore store;
  testing::ManualClock clock{TimeOf(0)};
};

}  // namespace rtstream
