#pragma once

namespace retail {

enum ExitCode : int {
  kExitDone = 0,
  kExitFailed = 1,        // the run or the check failed
  kExitUsage = 2,         // the command line is wrong
  kExitStateRefused = 3,  // the state directory, or what belongs to it, is not the one wanted
};

}  // namespace retail
