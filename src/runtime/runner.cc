#include "rtstream/runtime/runner.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "rtstream/base/hash.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/flow/pipeline_body.h"
#include "rtstream/runtime/committer.h"
#include "rtstream/runtime/opening.h"
#include "rtstream/runtime/sink_set.h"

namespace rtstream {

struct Runner::Impl {
  Impl(Pipeline p, StateStore& s, RunOptions o)
      : options(std::move(o)),
        clock(options.clock == nullptr ? &system_clock : options.clock),
        pipeline(std::move(p)),
        body(pipeline.body()),
        store(s),
        seed(options.seed != 0 ? options.seed : SeedFrom(*clock)),
        lane(*clock, wakeup, options.retry, seed),
        sinks(body.nodes(), options.dead_letters),
        committer(store, *clock, {options.commit_in_background, options.retry, seed + 1}) {
    options.batch_rows = std::clamp<size_t>(options.batch_rows, 1, Frame::kMaxRows);
  }

  static uint64_t SeedFrom(Clock& clock) {
    const int64_t parts[] = {clock.Now().time_since_epoch().count(), clock.Monotonic().count()};
    return StableHash({reinterpret_cast<const char*>(parts), sizeof parts}) | 1;
  }

  absl::Status Open();
  absl::StatusOr<StepResult> Step();
  absl::Status ProcessBatch();
  absl::Status AdvanceWatermark(Time now);
  absl::Status CommitIfDue();
  absl::Status BeginCommit();
  absl::Status PublishDurable();
  uint32_t PartitionId(uint32_t source_index);

  RunOptions options;
  SystemClock system_clock;
  Clock* clock;
  Pipeline pipeline;
  internal::PipelineBody& body;
  StateStore& store;
  uint64_t seed;
  Wakeup wakeup;
  std::atomic<bool> stop_requested{false};
  Lane lane;
  SinkSet sinks;
  Committer committer;

  bool is_open = false;
  CommitRecord next;               // as the next commit will say
  bool has_uncommitted = false;
  uint64_t epoch_bytes = 0;
  Duration last_cut{0};
  std::optional<CommitRecord> in_flight;
  // The source numbers its partitions anew at each Open; the watermark's numbers follow the names.
  std::vector<std::string> partition_names;
  std::vector<uint32_t> ids_by_index;

  mutable absl::Mutex mutex;
  CommitRecord committed ABSL_GUARDED_BY(mutex);
};

absl::Status Runner::Impl::Open() {
  if (is_open) return absl::OkStatus();
  RTSTREAM_RETURN_IF_ERROR(CheckNames(body.nodes()));
  for (Node* node : body.nodes()) RTSTREAM_RETURN_IF_ERROR(node->Start(lane));
  RTSTREAM_ASSIGN_OR_RETURN(std::optional<CommitRecord> last, ReadCommit(store));
  const bool is_new = !last.has_value();
  if (is_new) {
    next.lineage = seed;
    next.settings = options.settings;
  } else {
    next = *std::move(last);
    RTSTREAM_RETURN_IF_ERROR(CheckSettings(next, options.settings));
    RTSTREAM_RETURN_IF_ERROR(CheckOperators(next, body.nodes()));
    for (Node* node : body.nodes()) {
      RTSTREAM_RETURN_IF_ERROR(node->Restore(store));
      RestoreCounters(next, *node);
    }
  }
  next.stateful = StatefulOperators(body.nodes());
  lane.watermarks().RestoreWatermark(next.watermark);
  lane.set_watermark(next.watermark);
  std::vector<CommittedPosition> positions;
  for (const auto& [name, partition] : next.partitions) {
    lane.watermarks().Restore(static_cast<uint32_t>(partition_names.size()), partition.event_time);
    partition_names.push_back(name);
    positions.push_back({name, partition.resume});
  }
  RTSTREAM_RETURN_IF_ERROR(sinks.Open(next));
  RTSTREAM_RETURN_IF_ERROR(body.source().Open(positions));
  {
    absl::MutexLock lock(&mutex);
    committed = next;
  }
  last_cut = clock->Monotonic();
  is_open = true;
  if (is_new) {
    // From here on every staged byte is either named by a commit or known to be uncommitted.
    RTSTREAM_RETURN_IF_ERROR(BeginCommit());
    RTSTREAM_RETURN_IF_ERROR(committer.Wait());
    return PublishDurable();
  }
  RTSTREAM_ASSIGN_OR_RETURN(std::vector<CommitJob::Outgoing> unsent, sinks.ReadOutbox(store));
  if (unsent.empty()) return absl::OkStatus();
  CommitJob job;
  job.epoch = next.epoch;
  job.outgoing = std::move(unsent);
  return committer.Submit(std::move(job));
}

uint32_t Runner::Impl::PartitionId(uint32_t source_index) {
  constexpr uint32_t kUnknown = ~uint32_t{0};
  if (source_index >= ids_by_index.size()) ids_by_index.resize(source_index + 1, kUnknown);
  uint32_t& id = ids_by_index[source_index];
  if (id == kUnknown) {
    std::string name = body.source().PartitionName(source_index);
    auto it = std::find(partition_names.begin(), partition_names.end(), name);
    id = static_cast<uint32_t>(it - partition_names.begin());
    if (it == partition_names.end()) partition_names.push_back(std::move(name));
  }
  return id;
}

absl::StatusOr<StepResult> Runner::Impl::Step() {
  RTSTREAM_RETURN_IF_ERROR(PublishDurable());
  PollResult polled = PollResult::kIdle;
  lane.Enter(body.nodes()[0]);
  absl::Status status = lane.Retry([&]() -> absl::Status {
    RTSTREAM_ASSIGN_OR_RETURN(polled, body.Poll(options.batch_rows));
    return absl::OkStatus();
  });
  if (status.ok() && polled == PollResult::kBatch) {
    status = ProcessBatch();
  } else if (status.ok()) {
    status = AdvanceWatermark(clock->Now());
  }
  lane.Enter(nullptr);
  RTSTREAM_RETURN_IF_ERROR(status);
  RTSTREAM_RETURN_IF_ERROR(CommitIfDue());
  switch (polled) {
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
  next.time = std::max(next.time, clock->Now());
  lane.BeginBatch(next.time);
  const uint32_t index = body.frame().partition;
  const uint32_t id = PartitionId(index);
  lane.watermarks().BeginBatch(id, next.time);
  has_uncommitted = true;
  RTSTREAM_RETURN_IF_ERROR(body.Process(lane));
  if (body.source().IsFinished(index)) lane.watermarks().Finish(id);
  RTSTREAM_RETURN_IF_ERROR(AdvanceWatermark(next.time));
  RTSTREAM_RETURN_IF_ERROR(sinks.WriteDeadLetters(lane));
  PartitionRecord& partition = next.partitions[partition_names[id]];
  partition.resume = body.resume();
  partition.event_time = lane.watermarks().partition(id);
  epoch_bytes += body.input_bytes();
  return absl::OkStatus();
}

absl::Status Runner::Impl::AdvanceWatermark(Time now) {
  const Time watermark = lane.watermarks().Advance(now);
  if (watermark <= lane.watermark()) return absl::OkStatus();
  next.time = std::max(next.time, now);
  has_uncommitted = true;
  lane.set_watermark(watermark);
  for (Node* node : body.nodes()) RTSTREAM_RETURN_IF_ERROR(node->OnWatermark(lane));
  return absl::OkStatus();
}

absl::Status Runner::Impl::CommitIfDue() {
  if (!has_uncommitted) return absl::OkStatus();
  const bool is_full = epoch_bytes >= options.max_epoch_bytes;
  const bool is_due = clock->Monotonic() - last_cut >= options.commit_interval;
  // While a commit is under way the next epoch grows, up to its bound; then the lane waits.
  if (is_full || (is_due && !committer.is_busy())) return BeginCommit();
  return absl::OkStatus();
}

absl::Status Runner::Impl::BeginCommit() {
  RTSTREAM_RETURN_IF_ERROR(committer.Wait());
  RTSTREAM_RETURN_IF_ERROR(PublishDurable());
  CommitJob job;
  if (is_open && has_uncommitted) ++next.epoch;
  job.epoch = next.epoch;
  next.watermark = lane.watermark();
  RTSTREAM_RETURN_IF_ERROR(sinks.Cut(lane, next, job));
  for (std::string& key : committer.TakeAcknowledged()) job.batch.Delete(std::move(key));
  for (Node* node : body.nodes()) {
    RTSTREAM_RETURN_IF_ERROR(node->Checkpoint(next.epoch, job.batch));
  }
  SaveCounters(body.nodes(), next);
  job.batch.Put(std::string(kCommitKey), EncodeCommitRecord(next));
  has_uncommitted = false;
  epoch_bytes = 0;
  last_cut = clock->Monotonic();
  in_flight = next;
  return committer.Submit(std::move(job));
}

absl::Status Runner::Impl::PublishDurable() {
  if (!in_flight || (committer.is_busy() && committer.durable_epoch() < in_flight->epoch)) {
    return absl::OkStatus();
  }
  if (!committer.is_busy()) RTSTREAM_RETURN_IF_ERROR(committer.Wait());
  std::vector<CommittedPosition> positions;
  for (const auto& [name, partition] : in_flight->partitions) {
    positions.push_back({name, partition.resume});
  }
  body.source().OnCommitted(positions);
  RTSTREAM_RETURN_IF_ERROR(sinks.Publish(*in_flight));
  absl::MutexLock lock(&mutex);
  committed = *std::exchange(in_flight, std::nullopt);
  return absl::OkStatus();
}

Runner::Runner(Pipeline pipeline, StateStore& store, RunOptions options)
    : impl_(std::make_unique<Impl>(std::move(pipeline), store, std::move(options))) {}
Runner::~Runner() = default;

absl::Status Runner::Open() { return impl_->Open(); }
absl::StatusOr<StepResult> Runner::Step() { return impl_->Step(); }

absl::Status Runner::Commit() {
  if (impl_->has_uncommitted) RTSTREAM_RETURN_IF_ERROR(impl_->BeginCommit());
  RTSTREAM_RETURN_IF_ERROR(impl_->committer.Wait());
  return impl_->PublishDurable();
}

absl::Status Runner::Run() {
  RTSTREAM_RETURN_IF_ERROR(Open());
  while (!impl_->stop_requested.load()) {
    RTSTREAM_ASSIGN_OR_RETURN(const StepResult result, Step());
    if (result == StepResult::kFinished) break;
    if (result == StepResult::kIdle) impl_->clock->Wait(impl_->options.idle_wait, impl_->wakeup);
  }
  return Commit();
}

void Runner::RequestStop() {
  impl_->stop_requested.store(true);
  impl_->wakeup.Notify();
}

std::vector<OperatorStats> Runner::Stats() const {
  std::vector<OperatorStats> stats;
  for (const Node* node : impl_->body.nodes()) stats.push_back(node->stats());
  return stats;
}

CommitRecord Runner::committed() const {
  absl::MutexLock lock(&impl_->mutex);
  return impl_->committed;
}

}  // namespace rtstream
