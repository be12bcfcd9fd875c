#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "committer.h"
#include "idle_wait.h"
#include "pause_switch.h"
#include "rtstream/base/logger.h"
#include "rtstream/base/memory_budget.h"
#include "rtstream/flow/pipeline_body.h"
#include "rtstream/op/exchange.h"
#include "rtstream/runtime/runner.h"
#include "rtstream/state/memory_store.h"
#include "rtstream/state/shared_parts.h"
#include "sink_set.h"

#pragma GCC visibility push(hidden)

namespace rtstream {

// A pipeline and what it is cut into for several lanes: the operators up to KeyBy, which are run for one
// batch after another by whichever lane read it, and those behind, which belong to one lane.
struct PipelineCopy {
  explicit PipelineCopy(Pipeline p);

  Pipeline pipeline;
  internal::PipelineBody& body;
  std::vector<Node*> front;               // KeyBy is the last; all, if there is none
  std::vector<Node*> back;
  internal::Exchange* exchange = nullptr;  // null: there is none
  std::string key_by;                      // its name
};

// A lane and the operators that only it runs: with one lane, all.
struct LaneRun {
  LaneRun(Clock& clock, Wakeup& stop, const RetryOptions& retry, uint64_t seed)
      : lane(clock, stop, retry, seed) {}

  Lane lane;
  std::vector<Node*> nodes;
};

// Everything of a run but the order in which its lanes step: opening, positions and partitions, and the
// commits, one atomic write each. Not thread-safe: used by one thread at a time, but for committed() and
// what is said to be otherwise.
class RunState {
 public:
  // `make` is called once for one lane, else as often as batches are to be in flight, if `makes_many`.
  // `store` null: there are no commits.
  using MakeFn = absl::FunctionRef<Pipeline()>;
  RunState(MakeFn make, bool makes_many, StateStore* store, RunOptions options);
  ~RunState();

  absl::Status Open();
  bool is_open() const { return is_open_; }

  // Reads a batch through `copy`. With a stop requested, what fails for now counts as nothing there.
  absl::StatusOr<PollResult> Poll(PipelineCopy& copy, Lane& lane);
  // The number that the commits have for a partition of the source.
  uint32_t PartitionId(uint32_t source_index);
  // The same for partitions that the source has named; kUnknown: not yet.
  static constexpr uint32_t kUnknown = ~uint32_t{0};
  const std::vector<uint32_t>& ids_by_index() const { return ids_by_index_; }
  bool IsFinished(uint32_t source_index) { return source().IsFinished(source_index); }
  PartitionRecord& partition(uint32_t id) { return next.partitions[partition_names_[id]]; }
  // Null: the commits do not know it.
  PartitionRecord* FindPartition(uint32_t id);
  // Copies what a tracker knows of the partitions into the next commit.
  void TakePartitions();
  // Of the source's partitions; with several lanes, for all of them.
  WatermarkTracker& watermarks() { return lanes[0]->lane.watermarks(); }
  // How long to wait for a source that had nothing.
  Duration NextWait();
  // Input was read.
  void NoteInput(uint64_t bytes);

  // Has a lane do what waited for the watermark. Whether it has moved.
  static absl::StatusOr<bool> MoveWatermark(LaneRun& run, Time watermark);

  // Any thread.
  void RequestStop() {
    stop_requested.store(true);
    wakeup.Notify();
    pause.Release();
  }
  // Tells the host, if it listens.
  void Log(LogLevel level, std::string_view message) const {
    if (options.logger != nullptr) options.logger->Log(level, message);
  }

  // Whether it is time to commit what there is.
  bool IsCommitDue() const;
  // Ends the epoch: `checkpoint` adds what the lanes' operators keep. Returns when the commit is under way.
  using CheckpointFn = absl::FunctionRef<absl::Status(uint64_t epoch, StateBatch& batch)>;
  absl::Status BeginCommit(CheckpointFn checkpoint);
  // All lanes' operators, one after another. REQUIRES: no lane runs.
  absl::Status CheckpointLanes(uint64_t epoch, StateBatch& batch);
  absl::Status PublishDurable();
  // Does a piece of the commit under way, if that is the host's to do. Whether there is another.
  absl::StatusOr<bool> CommitStep() { return committer_->Step(); }
  // Commits what was processed; returns when it is published. REQUIRES: no lane runs.
  absl::Status Commit();
  // Waits until what is under way is durable, and publishes it.
  absl::Status FinishCommit();
  // Waits for what is under way, after an error.
  void Abandon();

  SourceBase& source() { return copies[0]->body.source(); }
  CommitRecord committed() const;          // any thread
  std::vector<OperatorStats> Stats() const;  // any thread

  RunOptions options;
  SystemClock system_clock;
  Clock* clock;
  bool keeps_commits;
  uint64_t seed;
  Wakeup wakeup;
  std::atomic<bool> stop_requested{false};
  PauseSwitch pause;
  std::shared_ptr<MemoryBudget> state_memory;
  SharedParts shared;  // of several lanes
  std::vector<std::unique_ptr<PipelineCopy>> copies;
  std::vector<std::unique_ptr<LaneRun>> lanes;
  // With several lanes: what runs the front of each copy.
  std::vector<std::unique_ptr<Lane>> fronts;
  std::unique_ptr<SinkSet> sinks;
  CommitRecord next;  // as the next commit will say
  bool has_uncommitted = false;

 private:
  // The commit thread works ahead after so many bytes of input each time.
  static constexpr uint64_t kWorkAheadBytes = 4 << 20;

  void MakeLanes(MakeFn make);
  absl::Status CheckCopies() const;
  absl::Status StartOperators();
  absl::Status Restore();
  absl::Status OpenInput(bool is_new);
  void ForgetPartitions();
  absl::Status ForgetAcknowledged();

  bool makes_many_;
  MemoryStateStore no_store_;  // stays empty
  StateStore* store_;
  std::unique_ptr<Committer> committer_;
  std::vector<Node*> counted_;  // of all copies, and the dead letters' sink
  bool is_open_ = false;
  uint64_t epoch_bytes_ = 0;
  uint64_t offered_bytes_ = 0;  // of these when the commit thread last began to work ahead
  Duration last_cut_{0};
  IdleWait idle_;
  std::optional<CommitRecord> in_flight_;
  // The source numbers its partitions anew at each Open; the watermark's numbers follow the names.
  std::vector<std::string> partition_names_;
  std::vector<uint32_t> ids_by_index_;
  std::vector<std::string> forgotten_;  // by the source, and not yet by the commits

  mutable std::mutex mutex_;
  CommitRecord committed_;  // guarded by mutex_
};

}  // namespace rtstream

#pragma GCC visibility pop
