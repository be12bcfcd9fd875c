#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtstream/base/text.h"
#include "rtstream/state/state_store.h"

namespace rtstream {

// Where an operator puts what changed since the last commit. Everything of an epoch, from all
// operators, goes into one atomic batch of the store.
class CheckpointWriter {
 public:
  // `scope`: the operator's part of the key space, "s/<operator>/".
  CheckpointWriter(uint64_t epoch, std::string scope, StateBatch& batch)
      : epoch_(epoch), scope_(std::move(scope)), batch_(&batch) {}

  uint64_t epoch() const { return epoch_; }  // the number of the commit that is being made
  // The key in the store of an operator's own `name`.
  std::string Key(std::string_view name) const { return Concat(scope_, name); }
  StateBatch& batch() const { return *batch_; }  // where writes and deletes go, with keys of Key()

 private:
  uint64_t epoch_;
  std::string scope_;
  StateBatch* batch_;
};

// What an operator reads back its last committed state from.
class CheckpointReader {
 public:
  // `scope`: as for the writer. `store` must outlive the reader.
  CheckpointReader(std::string scope, const StateReader& store)
      : scope_(std::move(scope)), store_(&store) {}

  // As CheckpointWriter::Key().
  std::string Key(std::string_view name) const { return Concat(scope_, name); }
  const StateReader& store() const { return *store_; }  // to get and scan keys of Key()

 private:
  std::string scope_;
  const StateReader* store_;
};

// The part of a store's keys that belongs to operator `op`.
inline std::string OperatorScope(std::string_view op) { return Concat("s/", op, "/"); }

// Whether `name` may be an operator's, a sink's or a state's: 1 to 64 letters, digits, '_', '-' or '.'.
bool IsName(std::string_view name);
// InvalidArgument: of the states of operator `op`, one has no such name or two share one.
absl::Status CheckStateNames(std::string_view op, std::vector<std::string_view> names);

// Stored blocks end with a checksum of their bytes.
void SealBlock(std::string& block);
// The block without its checksum; DataLoss if it does not fit. `what` names it in the message.
absl::StatusOr<std::string_view> OpenBlock(std::string_view block, std::string_view what);

// A number as key bytes in numeric order: 16 hexadecimal digits.
std::string OrderedHex(uint64_t v);

}  // namespace rtstream
