#pragma once

#include "examples/retail/exit_code.h"
#include "examples/retail/flags.h"

namespace retail {

// `retail run`: reads the inputs to their end, or until it is told to stop, and prints the summary.
// Errors go to standard error.
ExitCode Run(const RunFlags& flags);

}  // namespace retail
