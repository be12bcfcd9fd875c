#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtstream/core/batch.h"

namespace rtstream {

class PlainSinkBase;
class StagedSinkBase;
class OutboxSinkBase;

// How a sink takes part in a commit; see the three classes below.
enum class SinkKind {
  kPlain,   // at least once: written as batches run
  kStaged,  // exactly once: bytes wait, durable, until the commit names them
  kOutbox,  // exactly once: bytes are stored in the commit, then sent under a token
};

// The part of a sink that does not depend on the rows' type. Implemented through one of PlainSink,
// StagedSink and OutboxSink. Called by the lane's thread unless a method says otherwise; of several lanes by
// one at a time, whichever, so that a sink need not know of threads. Rows of one key then come in input order;
// those of different keys alternate as it happens.
class SinkBase {
 public:
  virtual ~SinkBase() = default;

  virtual SinkKind kind() const = 0;  // which of the three classes it derives from

  // Identifies the sink in commits: stable over restarts, unique in a pipeline.
  virtual std::string_view name() const = 0;

  // Bytes written since it was opened, for the counters.
  virtual uint64_t bytes_written() const = 0;

  // Exactly one is not null, as kind() says.
  virtual PlainSinkBase* plain() { return nullptr; }
  virtual StagedSinkBase* staged() { return nullptr; }  // see plain()
  virtual OutboxSinkBase* outbox() { return nullptr; }  // see plain()
};

// A sink of rows of type T: derive from PlainSink<T>, StagedSink<T> or OutboxSink<T>.
template <typename T>
class Sink : public virtual SinkBase {
 public:
  using Row = T;  // what Write takes

  // Takes the rows, in order; copies what it keeps. On error it has taken none of them: the call is
  // repeated (Unavailable and the like, with backoff) or the run ends.
  virtual absl::Status Write(const Rows<T>& rows) = 0;
};

// At least once. Rows are delivered as they come; after a crash those since the last commit come
// again.
class PlainSinkBase : public virtual SinkBase {
 public:
  SinkKind kind() const final { return SinkKind::kPlain; }  // at least once
  PlainSinkBase* plain() final { return this; }

  // Before the first Write of a run. An error ends the run.
  virtual absl::Status Open() { return absl::OkStatus(); }

  // Returns when everything written so far is delivered. Called before each commit: a commit must not
  // cover what may yet be lost.
  virtual absl::Status Flush() = 0;
};

// Exactly once into storage that this process owns (a file). Rows of an epoch are appended; the
// commit holds a mark that says how far; what lies behind the last mark is cut off at Open().
class StagedSinkBase : public virtual SinkBase {
 public:
  SinkKind kind() const final { return SinkKind::kStaged; }  // exactly once, staged
  StagedSinkBase* staged() final { return this; }            // itself

  // Opens at `committed`, the mark of the last commit; nullopt: there is none, the sink is new. Cuts
  // off what was staged behind it. DataLoss if what the mark names is gone or differs.
  virtual absl::Status Open(const std::optional<std::string>& committed) = 0;

  // Ends the epoch: returns the mark behind everything written so far. Must not wait for the disk.
  virtual absl::StatusOr<std::string> Cut() = 0;

  // Brings nearer to the disk what was written so far, cut or not, so that Sync() has less to wait
  // for. Called from the commit thread between two calls of Sync(), while the lane may Write() and
  // Cut(); never after a call on the runner has failed. What fails is told by the next Sync().
  virtual void WriteAhead() {}

  // Makes everything before the last Cut() durable; may write it only now. Called from the commit
  // thread, while the lane may already Write() rows of the next epoch. A failure is final: the run
  // ends, because pages that failed to reach the disk may be reported clean the next time.
  virtual absl::Status Sync() = 0;

  // The commit that holds `mark` is durable. Idempotent: after a restart it is called again for the
  // last commit, right after Open(), whether or not it was called for that commit before. Called from
  // the lane's thread.
  virtual absl::Status Publish(const std::string& mark) {
    (void)mark;
    return absl::OkStatus();
  }
};

// One piece of an epoch for an outbox sink: the bytes to send and the name that every repeat of them
// shares and nothing else has.
struct OutboxChunk {
  // Of the pipeline's state, the sink, the epoch and the piece: no other chunk has it.
  std::string token;
  std::string bytes;  // the piece, as TakeChunks() made it
};

// Exactly once into a remote system that drops what it has seen under the same token. The epoch's
// bytes are stored in the commit and sent after it is durable, again and again until one is
// acknowledged.
class OutboxSinkBase : public virtual SinkBase {
 public:
  SinkKind kind() const final { return SinkKind::kOutbox; }  // exactly once, sent under a token
  OutboxSinkBase* outbox() final { return this; }            // itself

  // Before the first Write of a run. An error ends the run.
  virtual absl::Status Open() { return absl::OkStatus(); }

  // Ends the epoch: the bytes of all rows written since the last call, in as many pieces as the
  // remote side wants. Where pieces end must depend on the rows alone.
  virtual absl::StatusOr<std::vector<std::string>> TakeChunks() = 0;

  // Sends one chunk; OK when the remote side has acknowledged it. Sending the same token twice must
  // have the effect of once. Unavailable and the like: sent again later. Called from the commit thread,
  // while the lane may Write() and TakeChunks().
  virtual absl::Status Send(const OutboxChunk& chunk) = 0;
};

template <typename T>
class PlainSink : public Sink<T>, public PlainSinkBase {};
template <typename T>
class StagedSink : public Sink<T>, public StagedSinkBase {};
template <typename T>
class OutboxSink : public Sink<T>, public OutboxSinkBase {};

}  // namespace rtstream
