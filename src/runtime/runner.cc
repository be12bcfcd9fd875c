#include "rtstream/runtime/runner.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "committer.h"
#include "idle_wait.h"
#include "opening.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/flow/pipeline_body.h"
#include "rtstream/state/memory_store.h"
#include "sink_set.h"

namespace rtstream {

struct Runner::Impl {
  static constexpr uint32_t kUnknown = ~uint32_t{0};
  // The commit thread works ahead after so many bytes of input each time.
  static constexpr uint64_t kWorkAheadBytes = 4 << 20;

  // `s` null: there are no commits.
  Impl(Pipeline p, StateStore* s, RunOptions o)
      : options(std::move(o)),
        clock(options.clock == nullptr ? &system_clock : options.clock),
        pipeline(std::move(p)),
        body(pipeline.body()),
        store(s != nullptr ? *s : no_store),
        seed(options.seed != 0 ? options.seed : SeedFrom(*clock)),
        lane(*clock, wakeup, options.retry, seed),
        sinks(body.nodes(), options.dead_letters),
        committer(store, *clock,
                  {options.commit_in_background, options.retry, seed + 1, sinks.staged(),
                   &lane.pages()}),
        counted(body.nodes()),
        keeps_commits(s != nullptr) {
    if (Node* node = sinks.dead_letter_node(); node != nullptr) counted.push_back(node);
    options.batch_rows = std::clamp<size_t>(options.batch_rows, 1, Frame::kMaxRows);
  }

  absl::Status Open();
  absl::StatusOr<StepResult> Step();
  absl::Status Commit();
  absl::Status Remember(absl::Status status);
  absl::StatusOr<PollResult> Poll();
  absl::Status ProcessBatch();
  absl::Status ProcessIdle();
  void NoticeEnd(uint32_t source_index);
  absl::Status AdvanceWatermark(Time now);
  absl::Status CommitIfDue();
  Duration NextWait() {
    std::optional<Duration> due;
    if (has_uncommitted && keeps_commits) due = last_cut + options.commit_interval;
    return idle.Next(clock->Monotonic(), options.idle_wait, in_flight.has_value(), due);
  }
  absl::Status BeginCommit();
  void ForgetPartitions();
  absl::Status PublishDurable();
  absl::Status ForgetAcknowledged();
  uint32_t PartitionId(uint32_t source_index);

  RunOptions options;
  SystemClock system_clock;
  Clock* clock;
  Pipeline pipeline;
  internal::PipelineBody& body;
  MemoryStateStore no_store;  // stays empty
  StateStore& store;
  uint64_t seed;
  Wakeup wakeup;
  std::atomic<bool> stop_requested{false};
  Lane lane;
  SinkSet sinks;
  Committer committer;
  std::vector<Node*> counted;  // the body's nodes, and the dead letters' sink

  bool keeps_commits;
  bool is_open = false;
  absl::Status failure;            // the first error
  CommitRecord next;               // as the next commit will say
  bool has_uncommitted = false;
  uint64_t epoch_bytes = 0;
  uint64_t offered_bytes = 0;  // of these when the commit thread last began to work ahead
  Duration last_cut{0};
  IdleWait idle;
  std::optional<CommitRecord> in_flight;
  // The source numbers its partitions anew at each Open; the watermark's numbers follow the names.
  std::vector<std::string> partition_names;
  std::vector<uint32_t> ids_by_index;
  uint32_t last_index = kUnknown;  // of the batch before
  std::vector<std::string> forgotten;  // by the source, and not yet by the commits

  std::mutex mutex;
  CommitRecord committed;  // guarded by mutex
};

absl::Status Runner::Impl::Open() {
  if (is_open) return absl::OkStatus();
  RTSTREAM_RETURN_IF_ERROR(CheckNames(counted));
  lane.set_keeps_changes(keeps_commits);
  if (!keeps_commits) RTSTREAM_RETURN_IF_ERROR(sinks.CheckAllPlain());
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
    }
    RestoreCounters(next, counted);
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
  // The last run may have ended between the commit and its publication.
  if (!is_new) RTSTREAM_RETURN_IF_ERROR(sinks.Publish(next));
  RTSTREAM_RETURN_IF_ERROR(body.source().Open(positions));
  {
    const std::lock_guard lock(mutex);
    committed = next;
  }
  last_cut = clock->Monotonic();
  is_open = true;
  if (!keeps_commits) return absl::OkStatus();
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

// The effects in memory are incomplete after an error, so that nothing may follow it; and whoever goes
// on from the last commit must not meet one that is still under way.
absl::Status Runner::Impl::Remember(absl::Status status) {
  if (!status.ok() && failure.ok()) {
    failure = std::move(status);
    committer.Wait().IgnoreError();
    committer.StopWorkingAhead();
  }
  return failure;
}

absl::StatusOr<StepResult> Runner::Impl::Step() {
  if (!is_open) return absl::FailedPreconditionError("a runner must be opened before it steps");
  RTSTREAM_RETURN_IF_ERROR(PublishDurable());
  lane.Enter(body.nodes()[0]);
  absl::StatusOr<PollResult> polled = Poll();
  absl::Status status = polled.status();
  if (status.ok()) status = *polled == PollResult::kBatch ? ProcessBatch() : ProcessIdle();
  lane.Enter(nullptr);
  RTSTREAM_RETURN_IF_ERROR(status);
  RTSTREAM_RETURN_IF_ERROR(CommitIfDue());
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

absl::StatusOr<PollResult> Runner::Impl::Poll() {
  PollResult polled = PollResult::kIdle;
  absl::Status status = lane.Retry([&]() -> absl::Status {
    RTSTREAM_ASSIGN_OR_RETURN(polled, body.Poll(options.batch_rows));
    return absl::OkStatus();
  });
  // The source stands where it stood: a run that was asked to stop can commit what came before.
  if (IsTransient(status) && stop_requested.load()) return PollResult::kIdle;
  RTSTREAM_RETURN_IF_ERROR(status);
  return polled;
}

absl::Status Runner::Impl::ProcessBatch() {
  idle.Reset();
  next.time = std::max(next.time, clock->Now());
  lane.BeginBatch(next.time);
  const uint32_t index = body.frame().partition;
  const uint32_t id = PartitionId(index);
  if (last_index != index && last_index != kUnknown) NoticeEnd(last_index);
  last_index = index;
  lane.watermarks().BeginBatch(id, next.time);
  has_uncommitted = true;
  RTSTREAM_RETURN_IF_ERROR(body.Process(lane));
  NoticeEnd(index);
  RTSTREAM_RETURN_IF_ERROR(AdvanceWatermark(next.time));
  RTSTREAM_RETURN_IF_ERROR(sinks.WriteDeadLetters(lane));
  PartitionRecord& partition = next.partitions[partition_names[id]];
  partition.resume = body.resume();
  partition.event_time = lane.watermarks().partition(id);
  epoch_bytes += body.input_bytes();
  if (epoch_bytes - offered_bytes >= kWorkAheadBytes) {
    offered_bytes = epoch_bytes;
    committer.WorkAhead();
  }
  return absl::OkStatus();
}

absl::Status Runner::Impl::ProcessIdle() {
  const Time now = std::max(next.time, clock->Now());
  lane.BeginBatch(now);
  for (uint32_t index = 0; index < ids_by_index.size(); ++index) {
    if (ids_by_index[index] != kUnknown) NoticeEnd(index);
  }
  RTSTREAM_RETURN_IF_ERROR(AdvanceWatermark(now));
  return sinks.WriteDeadLetters(lane);
}

// A source may know only some time after a partition's last record that it was the last.
void Runner::Impl::NoticeEnd(uint32_t source_index) {
  if (!body.source().IsFinished(source_index)) return;
  const uint32_t id = ids_by_index[source_index];
  lane.watermarks().Finish(id);
  // Before its first batch is processed there is no record of it, and after it was forgotten.
  auto partition = next.partitions.find(partition_names[id]);
  if (partition != next.partitions.end()) partition->second.event_time.is_finished = true;
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
  if (!has_uncommitted || !keeps_commits) return absl::OkStatus();
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
  ForgetPartitions();
  RTSTREAM_RETURN_IF_ERROR(sinks.Cut(lane, next, job));
  for (std::string& key : committer.TakeAcknowledged()) job.batch.Delete(std::move(key));
  for (Node* node : body.nodes()) {
    RTSTREAM_RETURN_IF_ERROR(node->Checkpoint(next.epoch, job.batch));
  }
  SaveCounters(counted, next);
  // The record's version is one more than its epoch. Another runner on the same store would have
  // written one that this runner does not go on from.
  job.batch.PutIf(std::string(kCommitKey), EncodeCommitRecord(next), next.epoch);
  has_uncommitted = false;
  epoch_bytes = offered_bytes = 0;
  last_cut = clock->Monotonic();
  in_flight = next;
  return committer.Submit(std::move(job));
}

void Runner::Impl::ForgetPartitions() {
  for (std::string& name : body.source().TakeForgotten()) forgotten.push_back(std::move(name));
  std::erase_if(forgotten, [this](const std::string& name) {
    auto partition = next.partitions.find(name);
    if (partition == next.partitions.end()) return true;
    // The watermark may still have to end where this partition did.
    if (partition->second.event_time.largest > next.watermark) return false;
    next.partitions.erase(partition);
    return true;
  });
}

absl::Status Runner::Impl::PublishDurable() {
  const bool is_busy = committer.is_busy();
  // What failed after its commit was durable, the sending, ends the run as well.
  if (!is_busy) RTSTREAM_RETURN_IF_ERROR(committer.Wait());
  if (!in_flight || (is_busy && committer.durable_epoch() < in_flight->epoch)) {
    return absl::OkStatus();
  }
  std::vector<CommittedPosition> positions;
  for (const auto& [name, partition] : in_flight->partitions) {
    positions.push_back({name, partition.resume});
  }
  body.source().OnCommitted(positions);
  RTSTREAM_RETURN_IF_ERROR(sinks.Publish(*in_flight));
  const std::lock_guard lock(mutex);
  committed = *std::exchange(in_flight, std::nullopt);
  return absl::OkStatus();
}

absl::Status Runner::Impl::Commit() {
  if (!keeps_commits) {
    for (Node* node : body.nodes()) node->CountKeys();
    CommitJob nothing;
    return sinks.Cut(lane, next, nothing);
  }
  if (has_uncommitted) RTSTREAM_RETURN_IF_ERROR(BeginCommit());
  RTSTREAM_RETURN_IF_ERROR(committer.Wait());
  RTSTREAM_RETURN_IF_ERROR(PublishDurable());
  return ForgetAcknowledged();
}

// Usually the next commit deletes what was acknowledged. None may come for a long time now, and sent
// again after that it might no longer be known as a repeat.
absl::Status Runner::Impl::ForgetAcknowledged() {
  CommitJob job;
  job.epoch = next.epoch;
  for (std::string& key : committer.TakeAcknowledged()) job.batch.Delete(std::move(key));
  if (job.batch.empty()) return absl::OkStatus();
  RTSTREAM_RETURN_IF_ERROR(committer.Submit(std::move(job)));
  return committer.Wait();
}

Runner::Runner(Pipeline pipeline, StateStore& store, RunOptions options)
    : impl_(std::make_unique<Impl>(std::move(pipeline), &store, std::move(options))) {}
Runner::Runner(Pipeline pipeline, RunOptions options)
    : impl_(std::make_unique<Impl>(std::move(pipeline), nullptr, std::move(options))) {}
Runner::~Runner() = default;

absl::Status Runner::Open() {
  RTSTREAM_RETURN_IF_ERROR(impl_->failure);
  return impl_->Remember(impl_->Open());
}

absl::StatusOr<StepResult> Runner::Step() {
  RTSTREAM_RETURN_IF_ERROR(impl_->failure);
  absl::StatusOr<StepResult> result = impl_->Step();
  RTSTREAM_RETURN_IF_ERROR(impl_->Remember(result.status()));
  return result;
}

absl::Status Runner::Commit() {
  RTSTREAM_RETURN_IF_ERROR(impl_->failure);
  return impl_->Remember(impl_->Commit());
}

absl::Status Runner::Run() {
  RTSTREAM_RETURN_IF_ERROR(Open());
  while (!impl_->stop_requested.load()) {
    RTSTREAM_ASSIGN_OR_RETURN(const StepResult result, Step());
    if (result == StepResult::kFinished) break;
    if (result == StepResult::kIdle) impl_->clock->Wait(impl_->NextWait(), impl_->wakeup);
  }
  return Commit();
}

void Runner::RequestStop() {
  impl_->stop_requested.store(true);
  impl_->wakeup.Notify();
}

std::vector<OperatorStats> Runner::Stats() const { return CollectStats(impl_->counted); }

CommitRecord Runner::committed() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->committed;
}

}  // namespace rtstream
