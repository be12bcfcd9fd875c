#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace rtstream::internal {

template <typename Word>
Word LoadWord(const char* p) {
  Word word = 0;
  std::memcpy(&word, p, sizeof word);
  return word;
}

template <typename Word>
bool EqualWord(const char* a, const char* b) {
  return LoadWord<Word>(a) == LoadWord<Word>(b);
}

// Whether n bytes are equal: for keys and names, which are too short for a call of memcmp.
inline bool EqualBytes(const char* a, const char* b, size_t n) {
  if (n >= 8) {
    for (size_t i = 0; i + 8 < n; i += 8) {
      if (!EqualWord<uint64_t>(a + i, b + i)) return false;
    }
    return EqualWord<uint64_t>(a + n - 8, b + n - 8);
  }
  if (n >= 4) return EqualWord<uint32_t>(a, b) && EqualWord<uint32_t>(a + n - 4, b + n - 4);
  for (size_t i = 0; i < n; ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

// Copies n bytes that do not overlap: for texts, which are too short for a call of memcpy.
inline void CopyBytes(const char* from, size_t n, char* to) {
  const auto copy = [&](auto word, size_t at) { std::memcpy(to + at, from + at, sizeof word); };
  using Block = struct { uint64_t words[2]; };
  if (n >= 16) {
    if (n > 256) {
      std::memcpy(to, from, n);
      return;
    }
    for (size_t i = 0; i + 16 < n; i += 16) copy(Block{}, i);
    copy(Block{}, n - 16);
  } else if (n >= 8) {
    copy(uint64_t{}, 0);
    copy(uint64_t{}, n - 8);
  } else if (n >= 4) {
    copy(uint32_t{}, 0);
    copy(uint32_t{}, n - 4);
  } else {
    for (size_t i = 0; i < n; ++i) to[i] = from[i];
  }
}

}  // namespace rtstream::internal
