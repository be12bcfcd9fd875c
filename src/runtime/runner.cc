#include "rtstream/runtime/runner.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "lane_crew.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "run_state.h"
#include "want_of_memory.h"

namespace rtstream {

// The first error is remembered; with one lane, this is also who steps.
class [[gnu::visibility("hidden")]] Runner::Impl {
 public:
  Impl(RunState::MakeFn make, bool makes_many, StateStore* store, RunOptions options)
      : run_(make, makes_many, store, std::move(options)) {}

  ~Impl() {
    run_.RequestStop();
    if (thread_.joinable()) thread_.join();
  }

  RunState& run() { return run_; }
  // The first error; any thread.
  absl::Status error() const {
    const std::lock_guard lock(mutex_);
    return error_;
  }
  absl::Status CheckMayDrive() const {
    RTSTREAM_RETURN_IF_ERROR(error());
    if (is_started_.load()) return absl::FailedPreconditionError("the runner was started: it drives itself");
    return absl::OkStatus();
  }

  // The effects in memory are incomplete after an error, so that nothing may follow it.
  absl::Status Remember(absl::Status status) {
    if (!status.ok() && error().ok()) {
      run_.Abandon();
      run_.Log(LogLevel::kError, Concat("ends behind commit ", run_.committed().epoch, ": ", MessageOf(status)));
      const std::lock_guard lock(mutex_);
      error_ = std::move(status);
    }
    return error();
  }

  absl::Status Open() {
    RTSTREAM_RETURN_IF_ERROR(Remember(internal::WithoutBadAlloc([this] { return run_.Open(); })));
    is_opened_.store(true);
    return absl::OkStatus();
  }
  absl::Status Commit() {
    return Remember(internal::WithoutBadAlloc([this] { return run_.Commit(); }));
  }
  // Until the source is at its end or a stop is requested. REQUIRES: it is open.
  absl::Status RunToEnd();
  absl::Status Start();
  // `deadline` nullopt: as long as it takes.
  absl::Status WaitForEnd(std::optional<Duration> deadline);
  RunnerStatus status() const;

  absl::StatusOr<StepResult> Step();
  absl::Status RunSteps();
  absl::Status RunLanes() { return LaneCrew(run_).Run(); }

 private:
  Lane& lane() { return run_.lanes[0]->lane; }
  internal::PipelineBody& body() { return run_.copies[0]->body; }
  absl::Status ProcessBatch();
  absl::Status ProcessIdle(PollResult polled);
  void NoticeEnd(uint32_t source_index);
  absl::Status MoveWatermark(Time watermark, Time now);

  RunState run_;
  std::atomic<bool> is_opened_{false};
  std::atomic<bool> is_started_{false};
  std::thread thread_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;  // of what it waits for
  // Guarded by mutex_.
  bool has_ended_ = false;       // in good order
  bool is_thread_done_ = false;  // of Start()
  absl::Status error_;
  uint32_t last_index_ = RunState::kUnknown;  // of the batch before
};

absl::StatusOr<StepResult> Runner::Impl::Step() {
  RTSTREAM_RETURN_IF_ERROR(run_.PublishDurable());
  lane().Enter(body().nodes()[0]);
  absl::StatusOr<PollResult> polled = run_.Poll(*run_.copies[0], lane());
  absl::Status status = polled.status();
  if (status.ok()) status = *polled == PollResult::kBatch ? ProcessBatch() : ProcessIdle(*polled);
  lane().Enter(nullptr);
  RTSTREAM_RETURN_IF_ERROR(status);
  if (run_.IsCommitDue()) {
    RTSTREAM_RETURN_IF_ERROR(run_.BeginCommit(
        [this](uint64_t epoch, StateBatch& batch) { return run_.CheckpointLanes(epoch, batch); }));
  }
  switch (*polled) {
    case PollResult::kBatch:
      return StepResult::kBatch;
    case PollResult::kIdle:
      return StepResult::kIdle;
    case PollResult::kFinished:
      return StepResult::kFinished;
  }
  return absl::InternalError("a source's poll gave an unknown result");
}

absl::Status Runner::Impl::ProcessBatch() {
  CommitRecord& next = run_.next;
  next.time = std::max(next.time, run_.clock->Now());
  lane().BeginBatch(next.time);
  const uint32_t index = body().frame().partition;
  const uint32_t id = run_.PartitionId(index);
  if (last_index_ != index && last_index_ != RunState::kUnknown) NoticeEnd(last_index_);
  last_index_ = index;
  lane().watermarks().BeginBatch(id, next.time);
  run_.has_uncommitted = true;
  RTSTREAM_RETURN_IF_ERROR(body().Process(lane()));
  NoticeEnd(index);
  RTSTREAM_RETURN_IF_ERROR(MoveWatermark(lane().watermarks().Advance(next.time), next.time));
  RTSTREAM_RETURN_IF_ERROR(run_.sinks->WriteDeadLetters(lane()));
  PartitionRecord& partition = run_.partition(id);
  partition.resume = body().resume();
  partition.event_time = lane().watermarks().partition(id);
  run_.NoteInput(body().input_bytes());
  return absl::OkStatus();
}

absl::Status Runner::Impl::ProcessIdle(PollResult polled) {
  const Time now = std::max(run_.next.time, run_.clock->Now());
  lane().BeginBatch(now);
  for (uint32_t index = 0; index < run_.ids_by_index().size(); ++index) {
    if (run_.ids_by_index()[index] != RunState::kUnknown) NoticeEnd(index);
  }
  const bool is_end = polled == PollResult::kFinished && run_.options.close_windows_at_end;
  RTSTREAM_RETURN_IF_ERROR(MoveWatermark(is_end ? kMaxTime : lane().watermarks().Advance(now), now));
  return run_.sinks->WriteDeadLetters(lane());
}

// A source may know only some time after a partition's last record that it was the last.
void Runner::Impl::NoticeEnd(uint32_t source_index) {
  if (!run_.IsFinished(source_index)) return;
  const uint32_t id = run_.ids_by_index()[source_index];
  lane().watermarks().Finish(id);
  // Before its first batch is processed there is no record of it, and after it was forgotten.
  if (PartitionRecord* partition = run_.FindPartition(id)) partition->event_time.is_finished = true;
}

absl::Status Runner::Impl::MoveWatermark(Time watermark, Time now) {
  RTSTREAM_ASSIGN_OR_RETURN(const bool has_moved, RunState::MoveWatermark(*run_.lanes[0], watermark));
  if (!has_moved) return absl::OkStatus();
  run_.next.time = std::max(run_.next.time, now);
  run_.has_uncommitted = true;
  return absl::OkStatus();
}

absl::Status Runner::Impl::RunSteps() {
  while (!run_.stop_requested.load()) {
    if (run_.pause.is_wanted()) {
      RTSTREAM_RETURN_IF_ERROR(run_.Commit());
      run_.pause.Rest();
      continue;
    }
    RTSTREAM_ASSIGN_OR_RETURN(const StepResult result, Step());
    RTSTREAM_RETURN_IF_ERROR(run_.CommitStep().status());
    if (result == StepResult::kFinished) break;
    if (result == StepResult::kIdle) run_.clock->Wait(run_.NextWait(), run_.wakeup);
  }
  return absl::OkStatus();
}

absl::Status Runner::Impl::RunToEnd() {
  RTSTREAM_RETURN_IF_ERROR(Remember(
      internal::WithoutBadAlloc([&] { return run_.options.lanes == 1 ? RunSteps() : RunLanes(); })));
  RTSTREAM_RETURN_IF_ERROR(Commit());
  run_.Log(LogLevel::kInfo, Concat(run_.stop_requested.load() ? "stopped" : "came to the source's end",
                                   " behind commit ", run_.committed().epoch));
  const std::lock_guard lock(mutex_);
  has_ended_ = true;
  return absl::OkStatus();
}

absl::Status Runner::Impl::Start() {
  if (is_started_.exchange(true)) return absl::FailedPreconditionError("the runner was started before");
  RTSTREAM_RETURN_IF_ERROR(Open());
  const auto run = [this] {
    const absl::Status status = RunToEnd();
    if (run_.options.on_end) run_.options.on_end(status);
    const std::lock_guard lock(mutex_);
    is_thread_done_ = true;
    changed_.notify_all();
  };
  try {
    thread_ = std::thread(run);
  } catch (const std::system_error& error) {
    return Remember(absl::ResourceExhaustedError(Concat("the system gives no thread: ", error.what())));
  }
  return absl::OkStatus();
}

absl::Status Runner::Impl::WaitForEnd(std::optional<Duration> deadline) {
  if (!is_started_.load()) return absl::FailedPreconditionError("the runner was not started");
  std::unique_lock lock(mutex_);
  const auto is_over = [this] { return is_thread_done_ || !error_.ok(); };
  // More than this would not fit the clock.
  constexpr Duration kLongest = std::chrono::hours(24 * 365);
  if (!deadline) {
    changed_.wait(lock, is_over);
  } else if (!changed_.wait_for(lock, std::min(*deadline, kLongest), is_over)) {
    return absl::DeadlineExceededError(Concat("the run has not ended after ", deadline->count() / 1000,
                                              " ms: it waits for a plug-in or a commit"));
  }
  return error_;
}

RunnerStatus Runner::Impl::status() const {
  RunnerStatus status;
  const CommitRecord committed = run_.committed();
  status.epoch = committed.epoch;
  status.committed_at = committed.time;
  status.watermark = committed.watermark;
  status.state_bytes = run_.state_memory->used();
  const std::lock_guard lock(mutex_);
  status.error = error_;
  if (!error_.ok()) {
    status.phase = RunnerPhase::kFailed;
  } else if (has_ended_) {
    status.phase = RunnerPhase::kStopped;
  } else if (!is_opened_.load()) {
    status.phase = RunnerPhase::kNew;
  } else if (run_.stop_requested.load()) {
    status.phase = RunnerPhase::kStopping;
  } else {
    status.phase = run_.pause.is_resting() ? RunnerPhase::kPaused : RunnerPhase::kRunning;
  }
  return status;
}

std::string_view NameOf(RunnerPhase phase) {
  switch (phase) {
    case RunnerPhase::kNew:
      return "new";
    case RunnerPhase::kRunning:
      return "running";
    case RunnerPhase::kPaused:
      return "paused";
    case RunnerPhase::kStopping:
      return "stopping";
    case RunnerPhase::kStopped:
      return "stopped";
    case RunnerPhase::kFailed:
      return "failed";
  }
  return "unknown";
}

Runner::Runner(Pipeline pipeline, StateStore& store, RunOptions options)
    : impl_(std::make_unique<Impl>([&] { return std::move(pipeline); }, false, &store,
                                   std::move(options))) {}
Runner::Runner(Pipeline pipeline, RunOptions options)
    : impl_(std::make_unique<Impl>([&] { return std::move(pipeline); }, false, nullptr,
                                   std::move(options))) {}
Runner::Runner(const std::function<Pipeline()>& make, StateStore& store, RunOptions options)
    : impl_(std::make_unique<Impl>([&] { return make(); }, true, &store, std::move(options))) {}
Runner::Runner(const std::function<Pipeline()>& make, RunOptions options)
    : impl_(std::make_unique<Impl>([&] { return make(); }, true, nullptr, std::move(options))) {}
Runner::~Runner() = default;

absl::Status Runner::Open() {
  RTSTREAM_RETURN_IF_ERROR(impl_->CheckMayDrive());
  return impl_->Open();
}

absl::StatusOr<StepResult> Runner::Step() {
  RTSTREAM_RETURN_IF_ERROR(impl_->CheckMayDrive());
  // A wrong call spoils nothing.
  if (!impl_->run().is_open()) return absl::FailedPreconditionError("a runner must be opened before it steps");
  if (impl_->run().options.lanes > 1) return absl::FailedPreconditionError("several lanes are run by Run() only");
  absl::StatusOr<StepResult> result = internal::WithoutBadAlloc([this] { return impl_->Step(); });
  RTSTREAM_RETURN_IF_ERROR(impl_->Remember(result.status()));
  return result;
}

absl::StatusOr<bool> Runner::CommitStep() {
  RTSTREAM_RETURN_IF_ERROR(impl_->CheckMayDrive());
  absl::StatusOr<bool> has_more = internal::WithoutBadAlloc([this] { return impl_->run().CommitStep(); });
  RTSTREAM_RETURN_IF_ERROR(impl_->Remember(has_more.status()));
  return has_more;
}

absl::Status Runner::Commit() {
  RTSTREAM_RETURN_IF_ERROR(impl_->CheckMayDrive());
  return impl_->Commit();
}

absl::Status Runner::Run() {
  RTSTREAM_RETURN_IF_ERROR(Open());
  return impl_->RunToEnd();
}

Duration Runner::wait_hint() { return impl_->run().NextWait(); }

absl::Status Runner::Start() { return impl_->Start(); }
absl::Status Runner::Wait() { return impl_->WaitForEnd(std::nullopt); }
absl::Status Runner::Stop(Duration deadline) {
  RequestStop();
  return impl_->WaitForEnd(deadline);
}
void Runner::Pause() { impl_->run().pause.Pause(); }
void Runner::Resume() { impl_->run().pause.Resume(); }
RunnerStatus Runner::status() const { return impl_->status(); }
void Runner::RequestStop() { impl_->run().RequestStop(); }

std::vector<OperatorStats> Runner::Stats() const { return impl_->run().Stats(); }

CommitRecord Runner::committed() const { return impl_->run().committed(); }

}  // namespace rtstream
