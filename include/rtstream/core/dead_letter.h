#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace rtstream {

// A record that an operator refused, as it goes to the dead-letter sink: data, not an error of the
// pipeline, which goes on. Views are valid during Sink::Write().
struct DeadLetter {
  // Bytes of the record that are kept: a poison record must not fill the disk.
  static constexpr size_t kMaxBytes = 64 * 1024;

  std::string op;         // name of the operator that refused it
  // why: InvalidArgument for bad input, OutOfRange for late
  absl::StatusCode code = absl::StatusCode::kUnknown;
  std::string message;    // what was met and what was wanted
  std::string partition;  // the partition's label
  int64_t position = 0;   // where it stands in the partition
  int64_t ordinal = 0;    // its number in the partition, from 1: a file's line
  uint64_t length = 0;    // of the record, in bytes
  std::string bytes;      // the record's first kMaxBytes bytes
};

}  // namespace rtstream
