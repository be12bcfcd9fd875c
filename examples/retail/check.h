#pragma once

#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "rtstream/state/state_store.h"

namespace retail {

// Recomputes stock, daily sales, store hours and totals from the output files alone, as far as they
// are committed, and compares them with the state; also that every record is in the files that it
// belongs in, and that every dead letter is whole and of a record of its own. OK: they agree, and
// `write` has got a line that says what was compared. Otherwise the first difference.
absl::Status Check(const rtstream::StateReader& store, const std::string& output_dir,
                   absl::FunctionRef<absl::Status(std::string_view)> write);

}  // namespace retail
