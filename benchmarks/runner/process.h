#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace bench {

// Binds the calling thread, and those that it makes from now on, to a processor.
absl::Status PinThread(int cpu);

// Processor time of all threads so far.
double CpuSeconds();

// Bytes of memory that the process has now.
uint64_t ResidentBytes();

// The machine's processor, as the kernel names it.
std::string ProcessorName();

}  // namespace bench
