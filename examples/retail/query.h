#pragma once

#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "examples/retail/flags.h"
#include "rtstream/state/state_store.h"

namespace retail {

// InvalidArgument: a filter that the rows asked for do not have.
absl::Status CheckFilters(const QueryFlags& flags);

// Prints what the flags ask for, a line of JSON a row, in bytewise order of the keys.
absl::Status Query(const rt::StateReader& store, const QueryFlags& flags,
                   absl::FunctionRef<absl::Status(std::string_view)> write);

}  // namespace retail
