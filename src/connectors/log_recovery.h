#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "log_index.h"
#include "log_segment.h"

#pragma GCC visibility push(hidden)

namespace rtstream::internal {

inline constexpr char kIndexFile[] = "index";

// The files of a log in a directory, by number; others are not ours.
struct LogFiles {
  std::map<uint64_t, bool> segments;  // whether it holds moved values
  friend bool operator==(const LogFiles&, const LogFiles&) = default;
};
absl::StatusOr<LogFiles> ListLogFiles(const std::string& dir);

// What a log holds.
struct RecoveredLog {
  StoredIndex state;  // as of the last record
  std::map<uint64_t, std::shared_ptr<LogSegment>> segments;  // those with live values
  // Segments without live values, or with nothing that was ever acknowledged.
  std::vector<std::string> unused;
  // The last segment ends behind its last record, which may be before the end of the file.
  std::string last_path;
  uint64_t last_end = 0;
  uint64_t next_number = 1;
};

// Reads the index and what was logged since. Changes nothing.
//
// Only the last record can be cut off, and only if it was never acknowledged: a record is written when the
// one before it is on the disk, so what does not fit is damage if a later record is there, and lost if
// `last_commit`, the witness, names it.
absl::StatusOr<RecoveredLog> ReadLog(const std::string& dir, uint64_t last_commit);

// For a directory whose marker says that its making was not finished: DataLoss if there is more than that
// leaves, so that the marker itself is what is damaged.
absl::Status CheckHasNoCommits(const std::string& dir);

}  // namespace rtstream::internal

#pragma GCC visibility pop
