#include "rtstream/runtime/runner.h"

#include <algorithm>
#include <utility>

#include "lane_crew.h"
#include "rtstream/base/status_macros.h"
#include "run_state.h"
#include "want_of_memory.h"

namespace rtstream {

// The first error is remembered; with one lane, this is also who steps.
class Runner::Impl {
 public:
  Impl(RunState::MakeFn make, bool makes_many, StateStore* store, RunOptions options)
      : run_(make, makes_many, store, std::move(options)) {}

  RunState& run() { return run_; }
  const absl::Status& failure() const { return failure_; }

  // The effects in memory are incomplete after an error, so that nothing may follow it.
  absl::Status Remember(absl::Status status) {
    if (!status.ok() && failure_.ok()) {
      failure_ = std::move(status);
      run_.Abandon();
    }
    return failure_;
  }

  absl::StatusOr<StepResult> Step();
  absl::Status RunSteps();
  absl::Status RunLanes() { return LaneCrew(run_).Run(); }

 private:
  Lane& lane() { return run_.lanes[0]->lane; }
  internal::PipelineBody& body() { return run_.copies[0]->body; }
  absl::Status ProcessBatch();
  absl::Status ProcessIdle();
  void NoticeEnd(uint32_t source_index);
  absl::Status AdvanceWatermark(Time now);

  RunState run_;
  absl::Status failure_;
  uint32_t last_index_ = RunState::kUnknown;  // of the batch before
};

absl::StatusOr<StepResult> Runner::Impl::Step() {
  RTSTREAM_RETURN_IF_ERROR(run_.PublishDurable());
  lane().Enter(body().nodes()[0]);
  absl::StatusOr<PollResult> polled = run_.Poll(*run_.copies[0], lane());
  absl::Status status = polled.status();
  if (status.ok()) status = *polled == PollResult::kBatch ? ProcessBatch() : ProcessIdle();
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
  RTSTREAM_RETURN_IF_ERROR(AdvanceWatermark(next.time));
  RTSTREAM_RETURN_IF_ERROR(run_.sinks->WriteDeadLetters(lane()));
  PartitionRecord& partition = run_.partition(id);
  partition.resume = body().resume();
  partition.event_time = lane().watermarks().partition(id);
  run_.NoteInput(body().input_bytes());
  return absl::OkStatus();
}

absl::Status Runner::Impl::ProcessIdle() {
  const Time now = std::max(run_.next.time, run_.clock->Now());
  lane().BeginBatch(now);
  for (uint32_t index = 0; index < run_.ids_by_index().size(); ++index) {
    if (run_.ids_by_index()[index] != RunState::kUnknown) NoticeEnd(index);
  }
  RTSTREAM_RETURN_IF_ERROR(AdvanceWatermark(now));
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

absl::Status Runner::Impl::AdvanceWatermark(Time now) {
  RTSTREAM_ASSIGN_OR_RETURN(const bool has_moved, RunState::MoveWatermark(*run_.lanes[0], lane().watermarks().Advance(now)));
  if (!has_moved) return absl::OkStatus();
  run_.next.time = std::max(run_.next.time, now);
  run_.has_uncommitted = true;
  return absl::OkStatus();
}

absl::Status Runner::Impl::RunSteps() {
  while (!run_.stop_requested.load()) {
    RTSTREAM_ASSIGN_OR_RETURN(const StepResult result, Step());
    if (result == StepResult::kFinished) break;
    if (result == StepResult::kIdle) run_.clock->Wait(run_.NextWait(), run_.wakeup);
  }
  return absl::OkStatus();
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
  RTSTREAM_RETURN_IF_ERROR(impl_->failure());
  return impl_->Remember(internal::WithoutBadAlloc([this] { return impl_->run().Open(); }));
}

absl::StatusOr<StepResult> Runner::Step() {
  RTSTREAM_RETURN_IF_ERROR(impl_->failure());
  // A wrong call spoils nothing.
  if (!impl_->run().is_open()) return absl::FailedPreconditionError("a runner must be opened before it steps");
  if (impl_->run().options.lanes > 1) return absl::FailedPreconditionError("several lanes are run by Run() only");
  absl::StatusOr<StepResult> result = internal::WithoutBadAlloc([this] { return impl_->Step(); });
  RTSTREAM_RETURN_IF_ERROR(impl_->Remember(result.status()));
  return result;
}

absl::Status Runner::Commit() {
  RTSTREAM_RETURN_IF_ERROR(impl_->failure());
  return impl_->Remember(internal::WithoutBadAlloc([this] { return impl_->run().Commit(); }));
}

absl::Status Runner::Run() {
  RTSTREAM_RETURN_IF_ERROR(Open());
  const bool is_one = impl_->run().options.lanes == 1;
  RTSTREAM_RETURN_IF_ERROR(impl_->Remember(internal::WithoutBadAlloc(
      [&] { return is_one ? impl_->RunSteps() : impl_->RunLanes(); })));
  return Commit();
}

void Runner::RequestStop() {
  impl_->run().stop_requested.store(true);
  impl_->run().wakeup.Notify();
}

std::vector<OperatorStats> Runner::Stats() const { return impl_->run().Stats(); }

CommitRecord Runner::committed() const { return impl_->run().committed(); }

}  // namespace rtstream
