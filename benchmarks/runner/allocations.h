#pragma once

#include <cstdint>

namespace bench {

// How often this thread has called operator new.
uint64_t Allocations();

}  // namespace bench
