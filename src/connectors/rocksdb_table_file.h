#pragma once

#include <string>

#include "absl/status/status.h"

#pragma GCC visibility push(hidden)

namespace rtstream::internal {

// How table files are written; CheckTableFiles knows no other way.
inline constexpr int kTableFormat = 5;

// Checks the part of each table file in `dir` that RocksDB interprets before it has compared its checksum:
// the footer and the block of properties. One flipped bit there ends the process in a RocksDB with
// assertions, as Debian's is. DataLoss names the file. Files that are not finished are left to RocksDB.
absl::Status CheckTableFiles(const std::string& dir);

}  // namespace rtstream::internal

#pragma GCC visibility pop
