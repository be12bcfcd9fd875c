#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace rtstream {

// A stored value and its version. Versions are given by the writer; 0 means that nobody counts.
struct Versioned {
  std::string value;     // any bytes
  uint64_t version = 0;  // as Put gave it
};

// One change of a StateBatch.
struct StateWrite {
  // What a write does.
  enum class Kind {
    kPut,          // key gets value and version
    kDelete,       // key is gone
    kDeleteRange,  // all keys in [key, value)
  };
  Kind kind = Kind::kPut;  // which members below it uses
  std::string key;         // any bytes; of kDeleteRange the first key
  std::string value;       // of kDeleteRange the key behind the last
  uint64_t version = 0;    // of kPut: what Get gives with the value
  // The write, and with it the whole batch, happens only if the key's version is this one; 0: only
  // if there is no such key.
  std::optional<uint64_t> expected_version;
};

// Changes that a store applies together or not at all, in order.
class StateBatch {
 public:
  // Replaces value and version, whatever they are.
  void Put(std::string key, std::string value, uint64_t version = 0);
  // Puts `value` with version `expected_version` + 1 if the key still has `expected_version`.
  void PutIf(std::string key, std::string value, uint64_t expected_version);
  void Delete(std::string key);                          // nothing happens if there is no such key
  void DeleteRange(std::string begin, std::string end);  // deletes the keys in [begin, end)

  // Adds the changes of another batch behind its own.
  void Append(StateBatch other);

  // In the order in which they were added. Valid until the batch is changed.
  absl::Span<const StateWrite> writes() const { return writes_; }
  bool empty() const { return writes_.empty(); }  // whether there is nothing to apply
  // Of keys and values.
  uint64_t bytes() const { return bytes_; }
  void Clear();  // forgets the changes and keeps the memory

 private:
  std::vector<StateWrite> writes_;
  uint64_t bytes_ = 0;
};

// Reads keys and values in bytewise order. Thread rule: that of what it was made from.
class StateReader {
 public:
  virtual ~StateReader() = default;

  // nullopt: no such key.
  virtual absl::StatusOr<std::optional<Versioned>> Get(std::string_view key) const = 0;

  // As Get for each key, in order; one round trip where the store has them.
  virtual absl::StatusOr<std::vector<std::optional<Versioned>>> MultiGet(
      absl::Span<const std::string> keys) const;

  // Calls `visit` for each key that begins with `prefix`, in bytewise order, until it returns an
  // error, which is returned. The views are valid during the call.
  using Visitor = absl::FunctionRef<absl::Status(std::string_view key, std::string_view value)>;
  // An error of reading: DataLoss, or as the store says.
  virtual absl::Status Scan(std::string_view prefix, Visitor visit) const = 0;
};

// Where a pipeline keeps what must survive it: an ordered map of bytes with atomic batches.
//
// Implemented by plug-ins. Thread-safe: the commit thread applies while other threads read.
class StateStore : public StateReader {
 public:
  // Applies the batch atomically and durably: OK means that it survives kill -9 and power loss. Aborted
  // (an expected version did not fit), InvalidArgument: nothing of it is visible, now or later. Any
  // other error (DataLoss: a sync failed) is final: the store refuses every later call, and only opening
  // it again tells whether the batch is there, whole, or not at all.
  virtual absl::Status Apply(const StateBatch& batch) = 0;

  // The committed state as of now, unchanged by later batches. Must not outlive the store.
  virtual absl::StatusOr<std::unique_ptr<StateReader>> Snapshot() = 0;

  // Releases the store; later calls fail with FailedPrecondition. Idempotent.
  virtual absl::Status Close() = 0;
};

}  // namespace rtstream
