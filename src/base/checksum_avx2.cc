// Compiled for processors with AVX2: see CMakeLists.txt.
#include "wide_checksum.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace rtstream::internal {

const WideChecksum kChecksumAvx2 = {
    [](const void* bytes, size_t size) -> uint64_t { return XXH3_64bits(bytes, size); },
    [](void* state, const void* bytes, size_t size) {
      XXH3_64bits_update(static_cast<XXH3_state_t*>(state), bytes, size);
    }};

}  // namespace rtstream::internal
