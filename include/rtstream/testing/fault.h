#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rtstream::testing {

// What a simulation does to a pipeline and its plug-ins; see simulate.h. Each is drawn at every
// place where it can happen, and counted when it does.
enum class Fault : uint8_t {
  // The process ends at once; what was not made durable is lost to it.
  kCrashBetweenSteps,  // while the host does something else
  kCrashBeforeCall,    // on the way to a plug-in or to the store
  kCrashAfterCall,     // the call has had its effect
  kCrashInRecovery,    // in a call while the runner opens
  kPowerLoss,          // the machine with it: what staged sinks have not synced is gone
  kTornTail,           // ... but for a part, cut within a row

  // A call fails. "Not done": nothing has happened, and the same call may succeed later.
  kStoreNotDone,        // Apply: final, nothing is stored
  kStoreUnknown,        // Apply: final, and everything is stored
  kStoreReadFails,      // Get, Scan: not done
  kStoreBitFlip,        // a value comes back with a bit changed: must be found
  kDiskFull,            // staged writes and Apply, until there is space again
  kStagedWriteFails,    // not done
  kStagedCutFails,      // ends the run
  kStagedSyncFails,     // final: nothing more is synced
  kStagedPublishFails,  // ends the run; comes again at the next opening
  kStagedOpenFails,     // the runner does not open
  kPlainWriteFails,     // not done
  kPlainFlushFails,     // not done
  kOutboxTakeFails,     // ends the run
  kOutboxNotDone,       // the chunk does not arrive
  kOutboxAnswerLost,    // the chunk arrives, its acknowledgement does not
  kOutboxDoubled,       // the chunk arrives twice
  kOutboxDown,          // for longer than calls are repeated
  kPollFails,           // not done: the source stands where it stood
  kSourceOpenFails,     // the runner does not open
  kLookupFails,         // not done

  // Nothing fails.
  kPollEmpty,     // the source has nothing for now
  kShortBatch,    // the source gives fewer records than it could
  kCommitLags,    // the commit under way gets no further during a step
  kClockJumps,    // the wall clock is set, by up to a day, forwards or back
  kPause,         // the process stands still, for up to ten days
  kStop,          // the host commits, ends in good order and starts anew
  kOtherOptions,  // a new process has other batches and another commit interval
};

// How many faults there are.
inline constexpr size_t kFaults = static_cast<size_t>(Fault::kOtherOptions) + 1;

// The fault's name for people, in small letters.
std::string_view NameOf(Fault fault);

// How often each fault has struck.
using FaultCounts = std::array<uint64_t, kFaults>;

// One fault that struck: the nth time, from 0, that this fault could have.
struct Strike {
  Fault fault{};     // which
  uint64_t nth = 0;  // of the times that it could have struck

  friend bool operator==(const Strike&, const Strike&) = default;
};

}  // namespace rtstream::testing
