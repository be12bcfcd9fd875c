#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "rtstream/connectors/posix_file.h"

namespace retail {

// The state that a run's output belongs to.
struct OutputOwner {
  uint64_t lineage = 0;  // random, made with the state
  std::string state;     // its directory, for people: it may move
};

// An output directory that this process alone writes in, for one state: a second state, whose commits
// know nothing of the first one's bytes, would cut them off. Its file OWNER is the lock and says which
// state that is:
//
//   retail output, format 1
//   state 9ae16a3b2f90404f /data/retail/state
//
// It is durable before the state's first commit, so what is begun and never committed leaves an owner
// that no state has.
class OutputDirectory {
 public:
  static constexpr std::string_view kOwner = "OWNER";

  // For a state without a commit: makes the directory and those above it, and writes the owner down.
  // FailedPrecondition: the directory is in use, or another state's, or an output file has bytes. The
  // directory of a state that was at the same path, and has written nothing, is taken over.
  static absl::StatusOr<OutputDirectory> Take(const std::string& dir, const OutputOwner& owner);

  // For a state that has a commit. FailedPrecondition: the directory is in use, or another state's.
  // DataLoss: the owner is gone or damaged.
  static absl::StatusOr<OutputDirectory> Reopen(const std::string& dir, const OutputOwner& owner);

  const std::string& path() const { return path_; }

 private:
  static absl::StatusOr<OutputDirectory> Lock(const std::string& dir, int flags);

  std::string path_;
  rtstream::UniqueFd owner_;
};

}  // namespace retail
