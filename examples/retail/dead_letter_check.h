#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtstream/base/arena.h"
#include "rtstream/runtime/commit_record.h"

namespace retail {

namespace rt = rtstream;

// What the lines of dead_letters.ndjson must be.
class DeadLetterCheck {
 public:
  // `commit` says which inputs there were.
  static absl::StatusOr<DeadLetterCheck> Of(const rt::CommitRecord& commit);

  // Looks at the next line. InvalidArgument: it is not what DeadLetterLine writes, it is of no input, or
  // there is one of the same record already.
  absl::Status Add(std::string_view line);

 private:
  // How many files an input's name stood for: each may have a record at any position.
  std::map<std::string, uint64_t, std::less<>> files_;
  std::unordered_map<uint64_t, uint64_t> seen_;  // by the hash of partition and position
  rt::Arena arena_;
};

}  // namespace retail
