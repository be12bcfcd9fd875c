#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtstream/connectors/posix_file.h"

namespace rtstream {

// The file RTSTREAM in a state directory: says whose the directory is, is the lock on it, and keeps the
// sequence number of the last commit as a witness against lost ones.
//
//   rtstream state, format 1                              or "rtstream log state", of a LogStore
//   last commit 000000000000002a 9ae16a3b2f90404f          number and checksum, 16 digits each
//
// It is empty or cut short from when a state is begun until it can be opened: nothing is committed then.
// The witness is not synced, so a power loss may leave an older one; it never names a commit that was
// not durable before.
//
// Not hidden as others of src/: librtstream_rocksdb uses it from another library.
class StateDirectory {
 public:
  enum class Phase { kBegun, kMade };
  // What the state is kept in. FailedPrecondition: `dir` holds the other kind.
  enum class Kind { kRocksDb, kLog };

  // Takes the lock on `dir`; makes the directory if it is missing, and the marker if `dir` is empty.
  static absl::StatusOr<StateDirectory> Lock(const std::string& dir, Kind kind);
  // Looks at `dir` without a lock. DataLoss may only mean that the marker was just being written.
  static absl::StatusOr<StateDirectory> Look(const std::string& dir, Kind kind);

  Phase phase() const { return phase_; }
  // 0: none yet.
  uint64_t last_commit() const { return last_commit_; }

  // Ends kBegun, durably.
  absl::Status FinishMaking(uint64_t last_commit);
  // Keeps the number; one that cannot be written leaves the older witness, which does no harm.
  void Witness(uint64_t last_commit);

 private:
  absl::Status ReadMarker();
  std::string FirstLine() const;

  Kind kind_ = Kind::kRocksDb;
  std::string path_;
  UniqueFd marker_;
  Phase phase_ = Phase::kBegun;
  uint64_t last_commit_ = 0;
};

}  // namespace rtstream
