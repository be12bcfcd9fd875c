#pragma once

#include "absl/status/status.h"
#include "rtstream/core/context.h"

namespace rtstream::internal {

// Whether the source cut the record because it is longer than it keeps.
bool IsOversize(const Context& ctx);
absl::Status OversizeError(const Context& ctx);

}  // namespace rtstream::internal
