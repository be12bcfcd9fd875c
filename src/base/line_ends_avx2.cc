// Compiled for processors with AVX2 and BMI: see CMakeLists.txt.
#include <immintrin.h>

#include "line_end_blocks.h"

namespace rtstream::internal {

size_t FindLineEndsAvx2(const char* text, size_t size, uint32_t* ends, size_t most) {
  const __m256i lf = _mm256_set1_epi8('\n');
  const auto half = [lf](const char* p) {
    const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    return static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, lf)));
  };
  return FindLineEndsIn(text, size, ends, most,
                        [&](const char* p) { return half(p) | uint64_t{half(p + 32)} << 32; });
}

}  // namespace rtstream::internal
