#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "rtstream/core/batch.h"

namespace rtstream {

// Where a partition stands in a commit: the name that identifies it over restarts, and what its
// source said to resume behind the last committed batch.
struct CommittedPosition {
  std::string partition;  // as PartitionName() gives it
  std::string resume;     // as Batch::resume said
};

// What a Poll found.
enum class PollResult {
  kBatch,     // the batch has rows, or covers input that holds no record
  kIdle,      // nothing now; ask again after a while
  kFinished,  // nothing, ever: every partition was read to its end
};

// The part of a source that does not depend on the records' type. Implemented by plug-ins; called by
// the runtime, from one thread at a time; with several lanes, that is whichever has nothing else to do, and
// batches of earlier calls are still in use: what they view stays valid until they are cleared.
//
// A source has partitions. Records of a partition come in order and can be read again from any
// position that a batch named in `resume`: that is what makes a replay after a crash possible.
class SourceBase {
 public:
  virtual ~SourceBase() = default;

  // Called once before the first Poll, and again when the pipeline is started anew: reading begins
  // behind `committed`; partitions not named there begin at their start. An error ends the run.
  // Fails with FailedPrecondition if a committed position no longer fits what is there.
  virtual absl::Status Open(absl::Span<const CommittedPosition> committed) = 0;

  // The name that identifies partition `index` over restarts. Valid for every index that a batch has
  // named; names are unique.
  virtual std::string PartitionName(uint32_t index) const = 0;

  // Whether partition `index` was read to its end and will never have another record.
  virtual bool IsFinished(uint32_t index) const = 0;

  // Partitions that will never give another record, and whose positions the source does without when
  // it is opened: each once after each Open(). Called before a commit, which leaves them out as soon as
  // the watermark does not depend on them, so that commits do not grow for ever. A name given here may
  // be given to a new partition after the next Open(), not before.
  virtual std::vector<std::string> TakeForgotten() { return {}; }

  // Called after a commit is durable, with the positions that it holds. May be used to trim or to
  // checkpoint elsewhere; advisory only. Called from the lane's thread.
  virtual void OnCommitted(absl::Span<const CommittedPosition> positions) { (void)positions; }
};

// A source of records of type T.
template <typename T>
class Source : public SourceBase {
 public:
  using Record = T;  // what Poll gives

  // Puts the next rows of one partition into `batch`, at most `max_rows` (<= Frame::kMaxRows). Must
  // not wait: kIdle when there is nothing. Views in rows, and rows that are borrowed, stay valid until the
  // batch is cleared or passed to Poll again.
  //
  // On error the source stands where it stood: the call is repeated (Unavailable and the like, with
  // backoff) or the run ends.
  virtual absl::StatusOr<PollResult> Poll(size_t max_rows, Batch<T>& batch) = 0;
};

}  // namespace rtstream
