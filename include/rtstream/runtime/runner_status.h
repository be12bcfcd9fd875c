#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "rtstream/base/time.h"

namespace rtstream {

// Where a runner is in its life.
enum class RunnerPhase {
  kNew,       // not opened
  kRunning,   // opened
  kPaused,    // opened, everything read is committed, and nothing more is read
  kStopping,  // a stop was requested, and the run has not ended
  kStopped,   // ended in good order: by a stop, or at the source's end
  kFailed,    // ended by an error; what was not committed is read again by the next runner
};
// The phase in a word, for people.
std::string_view NameOf(RunnerPhase phase);

// What a runner is at, as any thread may ask.
struct RunnerStatus {
  RunnerPhase phase = RunnerPhase::kNew;  // the rest depends on it
  absl::Status error;                     // of kFailed
  uint64_t epoch = 0;                     // of the last commit that is durable
  Time committed_at{};                    // processing time of that commit's last batch
  Time watermark = kMinTime;              // as of that commit
  uint64_t state_bytes = 0;               // of memory that tables hold
};

}  // namespace rtstream
