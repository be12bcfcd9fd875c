// How a run commits: the part of RunState that ends epochs.

#include <algorithm>
#include <utility>

#include "../base/mutant.h"
#include "opening.h"
#include "rtstream/base/status_macros.h"
#include "run_state.h"

namespace rtstream {

bool RunState::IsCommitDue() const {
  if (!has_uncommitted || !keeps_commits) return false;
  if (epoch_bytes_ >= options.max_epoch_bytes) return true;
  // While a commit is under way the next epoch grows, up to its bound; then the lanes wait.
  return clock->Monotonic() - last_cut_ >= options.commit_interval && !committer_->is_busy();
}

absl::Status RunState::CheckpointLanes(uint64_t epoch, StateBatch& batch) {
  for (const auto& run : lanes) {
    for (Node* node : run->nodes) RTSTREAM_RETURN_IF_ERROR(node->Checkpoint(epoch, batch));
  }
  return absl::OkStatus();
}

absl::Status RunState::BeginCommit(CheckpointFn checkpoint) {
  RTSTREAM_RETURN_IF_ERROR(committer_->Wait());
  RTSTREAM_RETURN_IF_ERROR(PublishDurable());
  CommitJob job;
  if (is_open_ && has_uncommitted) ++next.epoch;
  job.epoch = next.epoch;
  Lane& lane = lanes[0]->lane;
  next.watermark = lane.watermark();
  ForgetPartitions();
  RTSTREAM_RETURN_IF_ERROR(sinks->Cut(lane, next, job));
  for (std::string& key : committer_->TakeAcknowledged()) job.batch.Delete(std::move(key));
  RTSTREAM_RETURN_IF_ERROR(checkpoint(next.epoch, job.batch));
  for (Node* node : copies[0]->body.nodes()) {
    RTSTREAM_RETURN_IF_ERROR(node->CheckpointShared(next.epoch, job.batch));
  }
  SaveCounters(counted_, next);
  // The record's version is one more than its epoch. Another runner on the same store would have
  // written one that this runner does not go on from.
  if (RTSTREAM_MUTANT("commit_without_positions")) next.partitions = committed().partitions;
  job.batch.PutIf(std::string(kCommitKey), EncodeCommitRecord(next), next.epoch);
  has_uncommitted = false;
  epoch_bytes_ = offered_bytes_ = 0;
  last_cut_ = clock->Monotonic();
  in_flight_ = next;
  return committer_->Submit(std::move(job));
}

void RunState::ForgetPartitions() {
  for (std::string& name : source().TakeForgotten()) forgotten_.push_back(std::move(name));
  std::erase_if(forgotten_, [this](const std::string& name) {
    auto partition = next.partitions.find(name);
    if (partition == next.partitions.end()) return true;
    // The watermark may still have to end where this partition did.
    if (partition->second.event_time.largest > next.watermark) return false;
    next.partitions.erase(partition);
    return true;
  });
}

absl::Status RunState::PublishDurable() {
  const bool is_busy = committer_->is_busy();
  // What failed after its commit was durable, the sending, ends the run as well.
  if (!is_busy) RTSTREAM_RETURN_IF_ERROR(committer_->Wait());
  const bool is_durable = !is_busy || (in_flight_ && committer_->durable_epoch() >= in_flight_->epoch);
  if (!in_flight_ || (!is_durable && !RTSTREAM_MUTANT("published_before_durable"))) {
    return absl::OkStatus();
  }
  std::vector<CommittedPosition> positions;
  for (const auto& [name, partition] : in_flight_->partitions) {
    positions.push_back({name, partition.resume});
  }
  source().OnCommitted(positions);
  RTSTREAM_RETURN_IF_ERROR(sinks->Publish(*in_flight_));
  const std::lock_guard lock(mutex_);
  committed_ = *std::exchange(in_flight_, std::nullopt);
  return absl::OkStatus();
}

absl::Status RunState::Commit() {
  if (!keeps_commits) {
    for (const auto& run : lanes) {
      for (Node* node : run->nodes) node->CountKeys();
    }
    CommitJob nothing;
    return sinks->Cut(lanes[0]->lane, next, nothing);
  }
  if (has_uncommitted) {
    RTSTREAM_RETURN_IF_ERROR(
        BeginCommit([this](uint64_t epoch, StateBatch& batch) { return CheckpointLanes(epoch, batch); }));
  }
  RTSTREAM_RETURN_IF_ERROR(FinishCommit());
  return ForgetAcknowledged();
}

absl::Status RunState::FinishCommit() {
  RTSTREAM_RETURN_IF_ERROR(committer_->Wait());
  return PublishDurable();
}

// Usually the next commit deletes what was acknowledged. None may come for a long time now, and sent
// again after that it might no longer be known as a repeat.
absl::Status RunState::ForgetAcknowledged() {
  CommitJob job;
  job.epoch = next.epoch;
  for (std::string& key : committer_->TakeAcknowledged()) job.batch.Delete(std::move(key));
  if (job.batch.empty()) return absl::OkStatus();
  RTSTREAM_RETURN_IF_ERROR(committer_->Submit(std::move(job)));
  return committer_->Wait();
}

// Whoever goes on from the last commit must not meet one that is still under way.
void RunState::Abandon() {
  committer_->Wait().IgnoreError();
  committer_->StopWorkingAhead();
}

}  // namespace rtstream
