#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/flow/pipeline.h"
#include "rtstream/io/memory_sink.h"
#include "rtstream/runtime/runner.h"
#include "rtstream/state/memory_store.h"
#include "rtstream/testing/manual_clock.h"

namespace rtstream::testing {

// Drives a pipeline by hand, with the production runtime underneath: time moves only when the test
// says so, and every step, commit and crash happens where the test puts it.
//
//   rt::MemorySource<Order> orders;
//   rt::MemorySink<Order> sold;
//   rt::testing::PipelineDriver driver([&] { return MakePipeline({orders, sold}); });
//   orders.Push({...});
//   ASSERT_TRUE(driver.Drain().ok());
//   EXPECT_THAT(sold.all(), ElementsAre(...));
//
// One thread.
class PipelineDriver {
 public:
  // `make` composes the pipeline; it is called again after each crash. What it refers to must outlive
  // the driver. Options that the driver sets itself: clock, dead_letters, commit_in_background, and lanes,
  // which is one: several run by themselves.
  explicit PipelineDriver(std::function<Pipeline()> make, RunOptions options = {});
  ~PipelineDriver();

  // Processes everything that the source has. Commits when the clock says so.
  absl::Status Drain();
  // Processes one batch.
  absl::StatusOr<StepResult> Step();
  // Commits what was processed.
  absl::Status Commit();
  // Moves the clock, then drains.
  absl::Status AdvanceClock(Duration d);

  // Throws away what was not committed, as kill -9 does, and starts the pipeline anew.
  absl::Status Crash();

  // Everything refused and not cut off by a crash, in order.
  const std::vector<DeadLetter>& dead_letters() const { return letters_.all(); }
  // The counters of the operator of this name; all zero if there is none.
  OperatorStats Stats(std::string_view name) const;

  Runner& runner() { return *runner_; }
  StateStore& store() { return store_; }
  ManualClock& clock() { return clock_; }

 private:
  std::function<Pipeline()> make_;
  RunOptions options_;
  ManualClock clock_;
  MemoryStateStore store_;
  MemorySink<DeadLetter> letters_{"dead_letters"};
  std::unique_ptr<Runner> runner_;
};

}  // namespace rtstream::testing
