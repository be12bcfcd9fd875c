#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtstream/base/clock.h"
#include "rtstream/base/logger.h"
#include "rtstream/core/dead_letter.h"
#include "rtstream/flow/pipeline.h"
#include "rtstream/io/sink.h"
#include "rtstream/op/lane.h"
#include "rtstream/runtime/commit_record.h"
#include "rtstream/runtime/runner_status.h"
#include "rtstream/state/state_store.h"

namespace rtstream {

// Who syncs staged sinks, writes a commit into the store and sends what outboxes hold.
enum class CommitMode {
  kBackground,  // a thread of the runner, while the next epoch is processed
  kInStep,      // whoever steps: the step in which a commit is due waits for it
  kByHost,      // whoever steps, a piece with each Runner::CommitStep(). Run() and Start() do so between steps;
                // with several lanes it is kInStep
};

// How a pipeline is run.
struct RunOptions {
  // Threads that run the pipeline, 1 to 64. More than one want a KeyBy in it, and a runner that is given
  // the function that makes it. Results are those of one lane, but for the order of records of different
  // keys in sinks; each lane costs the memory of `batches_per_lane` batches and of its tables.
  uint32_t lanes = 1;
  // With several lanes, batches under way at a time for each lane; fewer: lanes wait for each other more;
  // more: their rows leave the nearest cache. At least 1.
  uint32_t batches_per_lane = 3;
  // With several lanes, bytes of input that these batches may hold together; beyond, nothing is read.
  uint64_t max_bytes_in_flight = 64 << 20;
  // How long records wait to be committed. Shorter: results are published sooner and a crash repeats
  // less work; each commit costs a sync of the disk.
  Duration commit_interval = std::chrono::milliseconds(200);
  // Commit early when this much input was read since the last commit. Bounds what sinks hold.
  uint64_t max_epoch_bytes = 64 << 20;
  // Most records of a batch; at most Frame::kMaxRows. Small batches stay in the nearest cache.
  size_t batch_rows = 512;
  // At the source's end the watermark passes all time, so that windows which are open are emitted before the last
  // commit: for an input that is whole. A run that goes on from there finds every event time too late.
  bool close_windows_at_end = false;
  // How long to wait at most when the source has nothing for now: an eighth of the time since it last had
  // something.
  Duration idle_wait = std::chrono::milliseconds(10);
  // Where refused records go; null: they are only counted. Must outlive the runner.
  Sink<DeadLetter>* dead_letters = nullptr;
  // Settings that the meaning of the state depends on: stored when it is made; another value later
  // is refused.
  std::map<std::string, std::string> settings{};
  // How calls to plug-ins that fail for now are repeated; default: 8 calls within about a second.
  RetryOptions retry{};
  // Null: the machine's. Must outlive the runner.
  Clock* clock = nullptr;
  // Who does what a commit waits for.
  CommitMode commit_mode = CommitMode::kBackground;
  // Most memory that tables of all lanes may hold together, in pieces of up to 2 MiB; a run that wants more
  // ends with ResourceExhausted. Batches, filters of ids on disk and what plug-ins take do not count.
  // 0: as much as the system gives.
  uint64_t max_state_bytes = 0;
  // Who is told when a run begins, ends, or calls a plug-in again; null: nobody. Must outlive the runner.
  Logger* logger = nullptr;
  // Called once, by the thread that Start() makes, when the run has ended. Must not destroy the runner.
  std::function<void(const absl::Status&)> on_end{};
  // For jitter and the lineage id; 0: from the clock.
  uint64_t seed = 0;
};

// What a step did.
enum class StepResult {
  kBatch,     // a batch was processed
  kIdle,      // the source had nothing
  kFinished,  // the source is at its end
};

// Runs a pipeline, on one lane or several, exactly once: reads batches, processes them in order, and commits
// everything of an epoch (state, positions, watermark, outputs) in one atomic write of the store.
//
//   rt::Runner runner(MakePipeline(deps), store, {.commit_interval = 100ms});
//   absl::Status status = runner.Run();
//
//   rt::Runner runner([&] { return MakePipeline(deps); }, store, {.lanes = 4});
//
// A host has the choice of
//
//   runner.Run();                                   its own thread, until the source ends
//   runner.Start(); ... runner.Stop(5s);            a thread of the runner's
//   runner.Open(); while (...) runner.Step(); runner.Commit();      its own event loop
//
// One thread drives: Open(), Step(), CommitStep(), Commit(), Run() and Start() are its. All the others may be called from any
// thread at any time. Any number of runners may be at work in a process, each over a store, sinks and source
// of its own. A runner installs no signal handlers, writes nowhere, and ends nothing but itself. When a call
// returns an error nothing of the open epoch is committed or will be: every further call gives the same error.
// Make a new pipeline and runner on the same store, and it goes on from the last commit.
class Runner {
 public:
  // `store` must outlive the runner. Nothing is opened yet.
  Runner(Pipeline pipeline, StateStore& store, RunOptions options = {});
  // The same with a function that makes the pipeline, which several lanes want: it is called here, for each
  // batch that may be under way, and must give the same pipeline each time, over the same source, sinks and
  // tables. Functions given to operators are so made for each copy, and run at the same time as those of
  // the others: what they share must bear that.
  Runner(const std::function<Pipeline()>& make, StateStore& store, RunOptions options = {});
  // Several lanes without commits: see below.
  explicit Runner(const std::function<Pipeline()>& make, RunOptions options = {});
  // Without commits: state is in memory and gone with the runner, a source is read from its beginning, and
  // nothing is done for a restart. Every sink must be a plain one; they are flushed by Commit(), which
  // Run() calls at its end.
  explicit Runner(Pipeline pipeline, RunOptions options = {});
  ~Runner();  // does not commit: what was not committed is read again the next time

  // Loads the last commit and opens sinks and source at it. FailedPrecondition: the store, a setting,
  // a sink or the input is not the one committed, or a sink needs commits and there are none. DataLoss:
  // something stored is damaged or gone.
  absl::Status Open();

  // Processes one batch and begins a commit when one is due.
  // FailedPrecondition: not opened, there are several lanes, or another runner has committed to the store meanwhile.
  absl::StatusOr<StepResult> Step();

  // Does the next piece of the commit under way: one sink's sync, the store's write, or one chunk's sending.
  // Whether there is another. Only CommitMode::kByHost leaves any. The thread that steps.
  absl::StatusOr<bool> CommitStep();

  // Commits what was processed so far; returns when it is durable and published.
  absl::Status Commit();

  // Opens, steps until the source is at its end or a stop is requested, and commits. The calling thread is
  // the first lane; the others are threads that live as long as the call.
  absl::Status Run();

  // After a step that found nothing: how long the host may wait before the next one, so that neither a commit
  // nor a record is late. The thread that steps.
  Duration wait_hint();

  // Opens, and goes on in a thread of the runner's as Run() does. An error of opening is returned; one that
  // comes later by status(), Wait() and RunOptions::on_end. FailedPrecondition: the runner was started before.
  // The destructor stops the run and waits for its end.
  absl::Status Start();
  // Waits for the end of what Start() began, and returns what it ended with. FailedPrecondition: not started.
  absl::Status Wait();
  // RequestStop() and Wait(), for no longer than this by the machine's clock. DeadlineExceeded: a plug-in or a
  // commit takes its time; the run ends when that returns, and Stop() may be called again.
  absl::Status Stop(Duration deadline);

  // Has Run() or Start() read no more: what was read is processed and committed, then status() says kPaused. A
  // source that must be asked now and then, to keep a lease say, is not asked.
  void Pause();
  void Resume();  // Goes on reading. Nothing happens if it is not paused.

  // What the runner is at. A host that steps sees kRunning, until an error.
  RunnerStatus status() const;

  // Makes Run() return after the batch at hand and a commit, for good: a runner that was stopped does not run
  // again. A plug-in that fails for now is asked once
  // more, without waiting; if a sink or a table fails again, Run() returns its error. Any thread; not
  // from a signal handler.
  void RequestStop();

  // Counters of every operator, upstream first: source, operators, sinks; last the dead letters' sink.
  // A sink that ends several branches comes once.
  std::vector<OperatorStats> Stats() const;

  // The last commit that is durable.
  CommitRecord committed() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rtstream
