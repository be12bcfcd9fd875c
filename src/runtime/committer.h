#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtstream/io/sink.h"
#include "rtstream/op/lane.h"
#include "rtstream/runtime/runner.h"
#include "rtstream/state/state_store.h"

#pragma GCC visibility push(hidden)

namespace rtstream {

// Everything of one epoch, cut from the lane and on its way to be durable.
struct CommitJob {
  struct Outgoing {
    OutboxSinkBase* sink;
    std::string key;  // where the store holds the chunk
    OutboxChunk chunk;
  };
  uint64_t epoch = 0;
  StateBatch batch;
  std::vector<Outgoing> outgoing;
};

// Makes epochs durable, one at a time and in order: syncs what the staged sinks hold, applies the
// epoch's batch to the store, then sends what waits in the outbox. As CommitMode says: in a thread of its
// own, so that the lane runs the next epoch meanwhile, inside Submit(), or a piece at a time.
//
// In the thread of its own it also does what the lane should not wait for, between epochs: has the
// staged sinks write ahead, and fills the lane's pool of memory.
//
// The first error is final: a commit of unknown fate must not be followed by another. One thread
// calls Submit, Step and Wait.
class Committer {
 public:
  struct Options {
    CommitMode mode = CommitMode::kBackground;
    RetryOptions retry;
    Logger* logger = nullptr;
    uint64_t seed = 0;
    std::vector<StagedSinkBase*> staged;  // synced before each commit; they write ahead of it
    std::vector<PagePool*> pages;         // to be filled meanwhile
  };
  Committer(StateStore& store, Clock& clock, const Options& options);
  ~Committer();  // waits for the job under way

  // Hands an epoch over; waits for the one before it.
  absl::Status Submit(CommitJob job);
  // kByHost: does one piece of what was handed over. Whether there is another.
  absl::StatusOr<bool> Step();
  // There is something to be done ahead, when no epoch is waiting.
  void WorkAhead();
  // Waits until nothing is done ahead any more: the sinks are the caller's again.
  void StopWorkingAhead();
  // Waits until nothing is under way, or does it; the error, if one happened.
  absl::Status Wait();
  // Whether a job is under way.
  bool is_busy() const;
  // The last epoch that is durable, as far as is known now; of this object's jobs.
  uint64_t durable_epoch() const;
  // Keys of chunks that were acknowledged since the last call: to be deleted by the next commit.
  std::vector<std::string> TakeAcknowledged();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rtstream

#pragma GCC visibility pop
