#include "rtstream/base/line_ends.h"

#include "line_end_blocks.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace rtstream {
namespace {

// Bit i is set if p[i] is an LF, of 64 bytes.
uint64_t MaskOf(const char* p) {
  uint64_t mask = 0;
#if defined(__SSE2__)
  const __m128i lf = _mm_set1_epi8('\n');
  for (unsigned i = 0; i < 64; i += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + i));
    mask |= uint64_t{static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, lf)))} << i;
  }
#else
  for (unsigned i = 0; i < 64; ++i) mask |= uint64_t{p[i] == '\n'} << i;
#endif
  return mask;
}

}  // namespace

size_t FindLineEnds(std::string_view text, uint32_t* ends, size_t most) {
#ifdef __x86_64__
  static const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
  if (has_avx2) return internal::FindLineEndsAvx2(text.data(), text.size(), ends, most);
#endif
  return internal::FindLineEndsIn(text.data(), text.size(), ends, most, MaskOf);
}

}  // namespace rtstream
