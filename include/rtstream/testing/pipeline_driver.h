#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/flow/pipeline.h"
#include "rtstream/io/memory_sink.h"
#include "rtstream/runtime/runner.h"
#include "rtstream/state/keyed_state.h"
#include "rtstream/state/state_store.h"
#include "rtstream/testing/manual_clock.h"

namespace rtstream::testing {

namespace internal {

// A key whose texts are its own: those of the state are views, valid while it is read.
template <typename K>
struct OwnKeyOf {
  using type = K;
};
template <>
struct OwnKeyOf<std::string_view> {
  using type = std::string;
};
template <typename A, typename B>
struct OwnKeyOf<std::pair<A, B>> {
  using type = std::pair<typename OwnKeyOf<A>::type, typename OwnKeyOf<B>::type>;
};
template <typename... P>
struct OwnKeyOf<std::tuple<P...>> {
  using type = std::tuple<typename OwnKeyOf<P>::type...>;
};

}  // namespace internal

// Where a process dies in its commit.
enum class CommitCrash {
  kBeforeDurable,  // nothing of the commit is in the store
  kAfterDurable,   // all of it is, and outputs are not published yet
};

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
// What goes to side outputs is in the sinks that the test gives them.
//
// With several lanes, RunOptions::lanes, each Drain() is a run of its own: it ends when the source has
// nothing, and has committed. Lanes are threads; rows of different keys then come to sinks in any order.
//
// One thread.
class PipelineDriver {
 public:
  // `make` composes the pipeline; it is called again after each crash, with several lanes for each Drain() and
  // batch under way. What it refers to must outlive the driver. Options that the driver sets itself: clock,
  // dead_letters, commit_mode, and with several lanes idle_wait.
  explicit PipelineDriver(std::function<Pipeline()> make, RunOptions options = {});
  ~PipelineDriver();

  // Processes everything that the source has. Commits when the clock says so, and with several lanes at the
  // end. When it returns an error, every further call does, until Crash().
  absl::Status Drain();
  // Processes one batch. FailedPrecondition: there are several lanes.
  absl::StatusOr<StepResult> Step();
  // Commits what was processed.
  absl::Status Commit();
  // Moves the clock, then drains.
  absl::Status AdvanceClock(Duration d);
  // Sets the clock to the day that the test's records are of. It begins at the end of 1999, and event times that
  // lie further ahead of it than EventTimeOptions::max_ahead, 24 h, move no watermark: no window closes.
  void SetClock(Time now) { clock_.Set(now); }

  // Throws away what was not committed, as kill -9 does, and starts the pipeline anew.
  absl::Status Crash();
  // Makes the `nth` commit from now on fail, as it does for a process that dies then: the call that commits
  // returns Unavailable. Crash() starts the pipeline anew.
  //
  //   driver.CrashInCommit(rt::testing::CommitCrash::kAfterDurable);
  //   EXPECT_FALSE(driver.Commit().ok());
  //   ASSERT_TRUE(driver.Crash().ok());    // and everything was committed
  void CrashInCommit(CommitCrash point, int nth = 1);

  // Everything refused and not cut off by a crash, in order.
  const std::vector<DeadLetter>& dead_letters() const { return letters_.all(); }
  // The counters of the operator of this name; all zero if there is none.
  OperatorStats Stats(std::string_view name) const;

  // An operator's state as of the last commit: the keys of a table and their values, in the keys' order.
  // Tables: kSumsTable of Aggregate, kItemsTable of UpdateState (V is an Item), or the name of a KeyedState.
  // Texts of keys are strings. NotFound: no operator of this name keeps state. Other errors: those of ReadState.
  //
  //   const auto counts = driver.State<std::string_view, int64_t>("count", rt::kSumsTable);
  template <typename K, typename V>
  auto State(std::string_view op, std::string_view table) const {
    return ReadTable<K, V, typename internal::OwnKeyOf<K>::type>(op, table);
  }

  uint32_t lanes() const { return options_.lanes; }  // as the options say
  Runner& runner() { return *runner_; }  // Another one after each Crash(). The driver steps it.
  StateStore& store() { return *store_; }  // in memory; it survives crashes
  ManualClock& clock() { return clock_; }  // the pipeline's processing time

 private:
  class Store;
  class LanesClock;

  template <typename K, typename V, typename OwnKey>
  absl::StatusOr<std::vector<std::pair<OwnKey, V>>> ReadTable(std::string_view op, std::string_view table) const {
    RTSTREAM_ASSIGN_OR_RETURN(const std::unique_ptr<StateReader> snapshot, SnapshotFor(op));
    std::vector<std::pair<OwnKey, V>> entries;
    RTSTREAM_RETURN_IF_ERROR((ReadState<K, V>(*snapshot, op, table, [&](const K& key, const V& value) {
      entries.emplace_back(OwnKey(key), value);
    })));
    return entries;
  }
  absl::StatusOr<std::unique_ptr<StateReader>> SnapshotFor(std::string_view op) const;
  bool has_lanes() const { return options_.lanes > 1; }
  void MakeRunner();

  std::function<Pipeline()> make_;
  RunOptions options_;
  ManualClock clock_;
  std::unique_ptr<StateStore> store_;
  Store* crashes_;  // the same
  std::unique_ptr<LanesClock> lanes_clock_;
  MemorySink<DeadLetter> letters_{"dead_letters"};
  bool has_run_ = false;  // with several lanes: runner_ has
  std::unique_ptr<Runner> runner_;
};

}  // namespace rtstream::testing
