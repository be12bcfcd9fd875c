#pragma once

namespace retail {

// What this process has used of the machine so far.
struct Usage {
  double cpu_s = 0;       // of all threads, in the kernel too
  double written_mb = 0;  // given to the system for the disk; 0 where it does not say
};
Usage UsageNow();

}  // namespace retail
