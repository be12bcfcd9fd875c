#include "run_state.h"

#include <algorithm>
#include <typeinfo>
#include <utility>

#include "../base/mutant.h"
#include "opening.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"

namespace rtstream {

PipelineCopy::PipelineCopy(Pipeline p) : pipeline(std::move(p)), body(pipeline.body()) {
  for (Node* node : body.nodes()) {
    (exchange == nullptr ? front : back).push_back(node);
    if (node->exchange() == nullptr) continue;
    exchange = node->exchange();
    key_by = node->name();
  }
}

RunState::RunState(MakeFn make, bool makes_many, StateStore* store, RunOptions o)
    : options(std::move(o)),
      clock(options.clock == nullptr ? &system_clock : options.clock),
      keeps_commits(store != nullptr),
      seed(options.seed != 0 ? options.seed : SeedFrom(*clock)),
      state_memory(std::make_shared<MemoryBudget>(options.max_state_bytes != 0 ? options.max_state_bytes
                                                                               : ~uint64_t{0})),
      makes_many_(makes_many),
      store_(store != nullptr ? store : &no_store_) {
  options.batch_rows = std::clamp<size_t>(options.batch_rows, 1, Frame::kMaxRows);
  options.max_bytes_in_flight = std::max<uint64_t>(options.max_bytes_in_flight, 1);  // one batch at a time
  MakeLanes(make);
  sinks = std::make_unique<SinkSet>(copies[0]->body.nodes(), options.dead_letters);
  // Several lanes have no step between which the host could do a piece.
  CommitMode mode = options.commit_mode;
  if (mode == CommitMode::kByHost && lanes.size() > 1) mode = CommitMode::kInStep;
  Committer::Options commits{mode, options.retry, options.logger, seed + 1, sinks->staged(), {}};
  for (const auto& run : lanes) {
    commits.pages.push_back(&run->lane.pages());
    run->lane.pages().set_budget(state_memory);
    run->lane.set_logger(options.logger);
  }
  for (const auto& front : fronts) {
    front->pages().set_budget(state_memory);
    front->set_logger(options.logger);
  }
  committer_ = std::make_unique<Committer>(*store_, *clock, commits);
  for (const auto& copy : copies) {
    counted_.insert(counted_.end(), copy->body.nodes().begin(), copy->body.nodes().end());
  }
  if (Node* node = sinks->dead_letter_node(); node != nullptr) counted_.push_back(node);
}

RunState::~RunState() = default;

void RunState::MakeLanes(MakeFn make) {
  copies.push_back(std::make_unique<PipelineCopy>(make()));
  const uint32_t count = options.lanes;
  // What cannot be run is refused by Open().
  const bool is_one =
      count <= 1 || count > kSlices || copies[0]->exchange == nullptr || !makes_many_;
  for (uint32_t i = 0; i < (is_one ? 1 : count); ++i) {
    lanes.push_back(std::make_unique<LaneRun>(*clock, wakeup, options.retry, seed + 2 + i));
  }
  if (is_one) {
    lanes[0]->nodes = copies[0]->body.nodes();
    return;
  }
  const uint32_t batches = std::max(count * options.batches_per_lane, count + 1);
  while (copies.size() < batches) copies.push_back(std::make_unique<PipelineCopy>(make()));
  for (uint32_t i = 0; i < count; ++i) {
    lanes[i]->lane.set_place(i, count, shared);
    lanes[i]->nodes = copies[i]->back;
  }
  for (uint32_t i = 0; i < batches; ++i) {
    fronts.push_back(std::make_unique<Lane>(*clock, wakeup, options.retry, seed + 2 + count + i));
    fronts.back()->set_place(0, 1, shared);
  }
}

absl::Status RunState::CheckCopies() const {
  const std::vector<Node*>& nodes = copies[0]->body.nodes();
  for (const auto& copy : copies) {
    const std::vector<Node*>& others = copy->body.nodes();
    bool is_same = nodes.size() == others.size() && &copy->body.source() == &copies[0]->body.source();
    for (size_t i = 0; is_same && i < nodes.size(); ++i) {
      const Node &node = *nodes[i], &other = *others[i];
      is_same = node.name() == other.name() && node.sink() == other.sink() && typeid(node) == typeid(other);
    }
    if (!is_same) {
      return absl::FailedPreconditionError(
          "the function that makes the pipeline must make the same one each time, over the same source and "
          "sinks");
    }
  }
  return absl::OkStatus();
}

absl::Status RunState::StartOperators() {
  for (const auto& front : fronts) front->set_keeps_changes(keeps_commits);
  for (const auto& run : lanes) {
    run->lane.set_keeps_changes(keeps_commits);
    bool is_keyed = !fronts.empty();
    for (Node* node : run->nodes) {
      run->lane.set_is_keyed(is_keyed);
      RTSTREAM_RETURN_IF_ERROR(node->Start(run->lane));
      is_keyed |= node->exchange() != nullptr;
    }
    if (!fronts.empty() && run->lane.watermarks().has_options()) {
      return absl::FailedPreconditionError(Concat("AssignEventTime stands behind '", copies[0]->key_by,
                                                  "': with several lanes it must stand before KeyBy"));
    }
  }
  for (size_t i = 0; i < fronts.size(); ++i) {
    for (Node* node : copies[i]->front) RTSTREAM_RETURN_IF_ERROR(node->Start(*fronts[i]));
    copies[i]->exchange->Divide(options.lanes);
  }
  if (!fronts.empty() && fronts[0]->watermarks().has_options()) {
    watermarks().set_options(fronts[0]->watermarks().options());
  }
  return sinks->Start(lanes[0]->lane);
}

absl::Status RunState::Restore() {
  RTSTREAM_RETURN_IF_ERROR(CheckSettings(next, options.settings));
  RTSTREAM_RETURN_IF_ERROR(CheckOperators(next, copies[0]->body.nodes()));
  RTSTREAM_RETURN_IF_ERROR(CheckKeyBy(next, copies[0]->key_by));
  for (const auto& run : lanes) {
    for (Node* node : run->nodes) RTSTREAM_RETURN_IF_ERROR(OfOperator(*node, node->Restore(*store_)));
  }
  for (size_t i = 0; i < fronts.size(); ++i) {
    for (Node* node : copies[i]->front) RTSTREAM_RETURN_IF_ERROR(OfOperator(*node, node->Restore(*store_)));
  }
  RestoreCounters(next, counted_);
  return absl::OkStatus();
}

absl::Status RunState::Open() {
  if (is_open_) return absl::OkStatus();
  std::vector<Node*> named = copies[0]->body.nodes();
  if (Node* node = sinks->dead_letter_node(); node != nullptr) named.push_back(node);
  RTSTREAM_RETURN_IF_ERROR(CheckNames(named));
  RTSTREAM_RETURN_IF_ERROR(sinks->CheckKinds());
  RTSTREAM_RETURN_IF_ERROR(CheckEventTime(copies[0]->body.nodes()));
  RTSTREAM_RETURN_IF_ERROR(CheckLanes(copies[0]->body.nodes(), options.lanes));
  if (options.lanes > 1 && !makes_many_) {
    return absl::FailedPreconditionError(
        Concat(options.lanes, " lanes want a runner with a function that makes the pipeline"));
  }
  RTSTREAM_RETURN_IF_ERROR(CheckCopies());
  if (!keeps_commits) RTSTREAM_RETURN_IF_ERROR(sinks->CheckAllPlain());
  RTSTREAM_RETURN_IF_ERROR(StartOperators());
  RTSTREAM_ASSIGN_OR_RETURN(std::optional<CommitRecord> last, ReadCommit(*store_));
  const bool is_new = !last.has_value();
  if (RTSTREAM_MUTANT("lineage_made_anew") && !is_new) last->lineage += last->epoch;
  if (is_new) {
    next.lineage = seed;
    next.settings = options.settings;
    next.keyed_by = copies[0]->key_by;
  } else {
    next = *std::move(last);
    RTSTREAM_RETURN_IF_ERROR(Restore());
  }
  next.lanes = options.lanes;
  next.stateful = StatefulOperators(copies[0]->body.nodes());
  RTSTREAM_RETURN_IF_ERROR(OpenInput(is_new));
  {
    const std::lock_guard lock(mutex_);
    committed_ = next;
  }
  last_cut_ = clock->Monotonic();
  is_open_ = true;
  Log(LogLevel::kInfo, is_new ? "begins with no state" : Concat("goes on behind commit ", next.epoch));
  if (!keeps_commits) return absl::OkStatus();
  if (is_new) {
    // From here on every staged byte is either named by a commit or known to be uncommitted.
    RTSTREAM_RETURN_IF_ERROR(
        BeginCommit([this](uint64_t epoch, StateBatch& batch) { return CheckpointLanes(epoch, batch); }));
    RTSTREAM_RETURN_IF_ERROR(committer_->Wait());
    return PublishDurable();
  }
  RTSTREAM_ASSIGN_OR_RETURN(std::vector<CommitJob::Outgoing> unsent, sinks->ReadOutbox(*store_));
  if (unsent.empty() || RTSTREAM_MUTANT("outbox_not_sent_again")) return absl::OkStatus();
  CommitJob job;
  job.epoch = next.epoch;
  job.outgoing = std::move(unsent);
  return committer_->Submit(std::move(job));
}

absl::Status RunState::OpenInput(bool is_new) {
  std::vector<CommittedPosition> positions;
  for (const auto& [name, partition] : next.partitions) {
    const auto id = static_cast<uint32_t>(partition_names_.size());
    watermarks().Restore(id, partition.event_time);
    partition_names_.push_back(name);
    positions.push_back({name, partition.resume});
  }
  watermarks().RestoreWatermark(next.watermark);
  for (const auto& run : lanes) run->lane.set_watermark(next.watermark);
  RTSTREAM_RETURN_IF_ERROR(sinks->Open(next));
  // The last run may have ended between the commit and its publication.
  if (!is_new) RTSTREAM_RETURN_IF_ERROR(sinks->Publish(next));
  return source().Open(positions);
}

uint32_t RunState::PartitionId(uint32_t source_index) {
  if (source_index >= ids_by_index_.size()) ids_by_index_.resize(source_index + 1, kUnknown);
  uint32_t& id = ids_by_index_[source_index];
  if (id == kUnknown) {
    std::string name = source().PartitionName(source_index);
    auto it = std::find(partition_names_.begin(), partition_names_.end(), name);
    id = static_cast<uint32_t>(it - partition_names_.begin());
    if (it == partition_names_.end()) partition_names_.push_back(std::move(name));
  }
  return id;
}

PartitionRecord* RunState::FindPartition(uint32_t id) {
  auto partition = next.partitions.find(partition_names_[id]);
  return partition == next.partitions.end() ? nullptr : &partition->second;
}

void RunState::TakePartitions() {
  for (uint32_t id = 0; id < partition_names_.size(); ++id) {
    if (PartitionRecord* partition = FindPartition(id)) partition->event_time = watermarks().partition(id);
  }
}

absl::StatusOr<PollResult> RunState::Poll(PipelineCopy& copy, Lane& lane) {
  PollResult polled = PollResult::kIdle;
  absl::Status status = lane.Retry([&]() -> absl::Status {
    RTSTREAM_ASSIGN_OR_RETURN(polled, copy.body.Poll(options.batch_rows));
    return absl::OkStatus();
  });
  // The source stands where it stood: a run that was asked to stop can commit what came before.
  if (IsTransient(status) && stop_requested.load()) return PollResult::kIdle;
  RTSTREAM_RETURN_IF_ERROR(status);
  if (polled == PollResult::kBatch) idle_.Reset();
  return polled;
}

Duration RunState::NextWait() {
  std::optional<Duration> due;
  if (has_uncommitted && keeps_commits) due = last_cut_ + options.commit_interval;
  return idle_.Next(clock->Monotonic(), options.idle_wait, in_flight_.has_value(), due);
}

void RunState::NoteInput(uint64_t bytes) {
  has_uncommitted = true;
  epoch_bytes_ += bytes;
  if (epoch_bytes_ - offered_bytes_ < kWorkAheadBytes) return;
  offered_bytes_ = epoch_bytes_;
  committer_->WorkAhead();
}

absl::StatusOr<bool> RunState::MoveWatermark(LaneRun& run, Time watermark) {
#ifdef RTSTREAM_MUTANTS
  if (RTSTREAM_MUTANT("timers_by_wall_clock")) watermark = internal::MutantNow();
#endif
  if (watermark <= run.lane.watermark()) return false;
  run.lane.set_watermark(watermark);
  for (Node* node : run.nodes) RTSTREAM_RETURN_IF_ERROR(node->OnWatermark(run.lane));
  return true;
}

CommitRecord RunState::committed() const {
  const std::lock_guard lock(mutex_);
  return committed_;
}

std::vector<OperatorStats> RunState::Stats() const { return CollectStats(counted_); }

}  // namespace rtstream
