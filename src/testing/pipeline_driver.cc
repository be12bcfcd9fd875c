#include "rtstream/testing/pipeline_driver.h"

#include <atomic>
#include <map>
#include <optional>

#include "rtstream/base/text.h"
#include "rtstream/runtime/commit_record.h"
#include "rtstream/state/memory_store.h"

namespace rtstream::testing {

// In memory; dies in the commit that it is told.
class [[gnu::visibility("hidden")]] PipelineDriver::Store final : public StateStore {
 public:
  absl::StatusOr<std::optional<Versioned>> Get(std::string_view key) const override { return kept_.Get(key); }
  absl::Status Scan(std::string_view prefix, Visitor visit) const override { return kept_.Scan(prefix, visit); }
  absl::StatusOr<std::unique_ptr<StateReader>> Snapshot() override { return kept_.Snapshot(); }
  absl::Status Close() override { return kept_.Close(); }

  absl::Status Apply(const StateBatch& batch) override {
    if (left_ == 0 || --left_ > 0) return kept_.Apply(batch);
    if (point_ == CommitCrash::kAfterDurable) RTSTREAM_RETURN_IF_ERROR(kept_.Apply(batch));
    return absl::UnavailableError("the test has the process die in this commit");
  }
  void CrashAt(CommitCrash point, int nth) {
    point_ = point;
    left_ = nth;
  }

 private:
  MemoryStateStore kept_;
  CommitCrash point_ = CommitCrash::kBeforeDurable;
  int left_ = 0;  // commits until it dies; 0: it does not
};

// The test's clock for lanes: their run ends when the source has nothing. That wait is told by its length,
// since idle_wait is shorter than what a plug-in's next try waits.
class [[gnu::visibility("hidden")]] PipelineDriver::LanesClock final : public Clock {
 public:
  static constexpr Duration kIdleWait{1};

  explicit LanesClock(ManualClock& clock) : clock_(&clock) {}
  void SetRunner(Runner* runner) { runner_.store(runner); }

  Time Now() const override { return clock_->Now(); }
  Duration Monotonic() const override { return clock_->Monotonic(); }
  bool Wait(Duration timeout, Wakeup& wakeup) override {
    Runner* const runner = runner_.load();
    if (timeout > kIdleWait || runner == nullptr) return clock_->Wait(timeout, wakeup);
    runner->RequestStop();
    return wakeup.Consume();
  }

 private:
  ManualClock* clock_;
  std::atomic<Runner*> runner_{nullptr};
};

PipelineDriver::PipelineDriver(std::function<Pipeline()> make, RunOptions options)
    : make_(std::move(make)), options_(std::move(options)) {
  auto store = std::make_unique<Store>();
  crashes_ = store.get();
  store_ = std::move(store);
  options_.clock = &clock_;
  options_.dead_letters = &letters_;
  options_.commit_mode = CommitMode::kInStep;
  if (options_.seed == 0) options_.seed = 1;
  if (has_lanes()) {
    lanes_clock_ = std::make_unique<LanesClock>(clock_);
    options_.clock = lanes_clock_.get();
    options_.idle_wait = LanesClock::kIdleWait;
  }
  MakeRunner();
}

PipelineDriver::~PipelineDriver() = default;

void PipelineDriver::MakeRunner() {
  if (has_lanes()) lanes_clock_->SetRunner(nullptr);
  runner_.reset();
  if (!has_lanes()) {
    runner_ = std::make_unique<Runner>(make_(), *store_, options_);
    return;
  }
  runner_ = std::make_unique<Runner>(make_, *store_, options_);
  lanes_clock_->SetRunner(runner_.get());
  has_run_ = false;
}

absl::StatusOr<StepResult> PipelineDriver::Step() {
  RTSTREAM_RETURN_IF_ERROR(runner_->Open());
  return runner_->Step();
}

absl::Status PipelineDriver::Drain() {
  if (has_lanes()) {
    // A runner runs once.
    if (has_run_) {
      RTSTREAM_RETURN_IF_ERROR(runner_->Commit());
      MakeRunner();
    }
    has_run_ = true;
    return runner_->Run();
  }
  for (;;) {
    RTSTREAM_ASSIGN_OR_RETURN(const StepResult result, Step());
    if (result != StepResult::kBatch) return absl::OkStatus();
  }
}

absl::Status PipelineDriver::Commit() {
  RTSTREAM_RETURN_IF_ERROR(runner_->Open());
  return runner_->Commit();
}

absl::Status PipelineDriver::AdvanceClock(Duration d) {
  clock_.Advance(d);
  return Drain();
}

absl::Status PipelineDriver::Crash() {
  MakeRunner();
  return runner_->Open();
}

void PipelineDriver::CrashInCommit(CommitCrash point, int nth) { crashes_->CrashAt(point, nth); }

OperatorStats PipelineDriver::Stats(std::string_view name) const {
  for (OperatorStats& stats : runner_->Stats()) {
    if (stats.name == name) return stats;
  }
  return {};
}

absl::StatusOr<std::unique_ptr<StateReader>> PipelineDriver::SnapshotFor(std::string_view op) const {
  RTSTREAM_ASSIGN_OR_RETURN(std::unique_ptr<StateReader> snapshot, store_->Snapshot());
  RTSTREAM_ASSIGN_OR_RETURN(const std::optional<CommitRecord> last, ReadCommit(*snapshot));
  if (!last || last->stateful.contains(std::string(op))) return snapshot;
  std::string names;
  for (const auto& [name, kind] : last->stateful) names += Concat(names.empty() ? "" : ", ", "'", name, "'");
  return absl::NotFoundError(
      Concat("no operator '", op, "' keeps state, want one of: ", names.empty() ? "none" : names));
}

}  // namespace rtstream::testing
