#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "committer.h"
#include "rtstream/core/dead_letter.h"
#include "rtstream/io/sink.h"
#include "rtstream/op/lane.h"
#include "rtstream/op/to.h"
#include "rtstream/runtime/commit_record.h"

#pragma GCC visibility push(hidden)

namespace rtstream {

// All sinks of a pipeline, each once, and their part in the commits. With several lanes any of them may
// call WriteDeadLetters() and Publish(); the others are called when no lane runs.
class SinkSet {
 public:
  SinkSet(const std::vector<Node*>& nodes, Sink<DeadLetter>* dead_letters);

  // Before anything else: the lanes take turns.
  absl::Status Start(Lane& lane);

  // What counts the dead letters written; null if they go nowhere.
  Node* dead_letter_node() { return dead_letters_ ? &*dead_letters_ : nullptr; }

  // InvalidArgument: a sink is of none of the three kinds.
  absl::Status CheckKinds() const;

  // Opens every sink at the last commit. InvalidArgument: a sink's name is not one (see CheckName), or
  // two share one.
  absl::Status Open(const CommitRecord& last);

  // FailedPrecondition: a sink needs commits.
  absl::Status CheckAllPlain() const;

  std::vector<StagedSinkBase*> staged() const;

  // Writes the lane's dead letters of the batch at hand.
  absl::Status WriteDeadLetters(Lane& lane);

  // Ends the epoch: plain sinks deliver, staged ones are marked in `next`, outbox chunks go into the
  // job's batch.
  absl::Status Cut(Lane& lane, CommitRecord& next, CommitJob& job);

  // `record` is durable.
  absl::Status Publish(const CommitRecord& record);

  // What was committed but not yet acknowledged when the last run ended, in order for each sink.
  // FailedPrecondition: it is for a sink that is not here.
  absl::StatusOr<std::vector<CommitJob::Outgoing>> ReadOutbox(const StateReader& store) const;

 private:
  OutboxSinkBase* FindOutbox(std::string_view name) const;

  SharedParts* shared_ = nullptr;
  std::vector<SinkBase*> sinks_;
  std::mutex letters_mutex_;  // who writes dead letters holds it
  std::optional<internal::SinkChain<DeadLetter>> dead_letters_;
  Selection all_letters_;
};

}  // namespace rtstream

#pragma GCC visibility pop
