#pragma once

#include <string>

#include "absl/status/status.h"

namespace retail {

// What `run` reads when it is not told: a million made-up events, made once.
inline constexpr const char* kDefaultDirectory = "retail-data";
inline constexpr const char* kDefaultEvents = "retail-data/events.ndjson";
inline constexpr const char* kDefaultMaster = "retail-data/master";

// Makes the events and master data if they are not there, whole or not at all.
absl::Status MakeDefaultInput();

}  // namespace retail
