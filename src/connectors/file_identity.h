#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#pragma GCC visibility push(hidden)

namespace rtstream {

// How a file is known again after a restart, although it may have grown, been renamed, or given its
// path to another: by a hash of its beginning.
struct FileIdentity {
  // Most bytes that are hashed; a shorter file is known by what it has.
  static constexpr size_t kMaxPrefix = 4096;

  uint64_t prefix_size = 0;
  uint64_t prefix_hash = 0;

  static FileIdentity Of(std::string_view prefix);
  // Whether a file that begins with `prefix` may be this one.
  bool Matches(std::string_view prefix) const;
};

// Where a file was read to: what the file source keeps in commits.
struct FilePosition {
  enum class State : uint8_t {
    kOpen = 0,     // there may be more
    kAtEnd = 1,    // read to the end that it had; goes on if it grows
    kRotated = 2,  // read to its end after its path went to another file; never read again
  };

  uint64_t generation = 1;  // 1: the first file at its path, 2: the one after it, ...
  int64_t offset = 0;       // of the next record
  int64_t line = 1;
  State state = State::kOpen;
  FileIdentity identity;
};

// Replaces `out`.
void EncodeFilePosition(const FilePosition& position, std::string& out);
// DataLoss: the bytes are no position.
absl::StatusOr<FilePosition> DecodeFilePosition(std::string_view bytes);

// "/abs/path#<hash of the beginning>"; a second file that had both is told apart by its generation.
std::string FilePartitionName(std::string_view path, const FileIdentity& identity);
// The path in such a name; empty if the name is another's.
std::string_view PathOfPartition(std::string_view name);

}  // namespace rtstream

#pragma GCC visibility pop
