#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#pragma GCC visibility push(hidden)

namespace rtstream::internal {

#ifdef __x86_64__
// FindLineEnds() for processors with AVX2 and BMI.
size_t FindLineEndsAvx2(const char* text, size_t size, uint32_t* ends, size_t most);
#endif

// Of its own in each source that is compiled for other processors.
namespace {

// FindLineEnds() over blocks of 64 bytes. mask_of(p): bit i is set if p[i] is an LF.
template <typename MaskOf>
size_t FindLineEndsIn(const char* text, size_t size, uint32_t* ends, size_t most, MaskOf mask_of) {
  constexpr size_t kBlock = 64;
  size_t n = 0;
  // False: there are as many as are wanted.
  const auto take = [&](uint64_t mask, size_t at) {
    for (; mask != 0; mask &= mask - 1) {
      if (n == most) return false;
      ends[n++] = static_cast<uint32_t>(at + static_cast<size_t>(std::countr_zero(mask)));
    }
    return true;
  };
  const size_t whole = size / kBlock * kBlock;
  for (size_t at = 0; at < whole; at += kBlock) {
    // The processor's own look-ahead is too short where what is found is used between two calls.
    __builtin_prefetch(text + at + 2048);
    const uint64_t mask = mask_of(text + at);
    if (mask != 0 && !take(mask, at)) return n;
  }
  if (whole < size) take(mask_of(text + whole) & ((uint64_t{1} << (size - whole)) - 1), whole);
  return n;
}

}  // namespace
}  // namespace rtstream::internal

#pragma GCC visibility pop
