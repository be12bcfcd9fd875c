#pragma once

#include <cstddef>
#include <cstdint>

#pragma GCC visibility push(hidden)

namespace rtstream::internal {

// XXH3 for long inputs, compiled for wider vectors than every processor has. The results are the same.
struct WideChecksum {
  uint64_t (*checksum)(const void* bytes, size_t size);
  // Adds to an XXH3_state_t.
  void (*add)(void* state, const void* bytes, size_t size);
};
#ifdef __x86_64__
extern const WideChecksum kChecksumAvx2, kChecksumAvx512;
#endif

}  // namespace rtstream::internal

#pragma GCC visibility pop
