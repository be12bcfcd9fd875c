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

// Copies more than 16 bytes that do not overlap.
inline void CopyLongBytes(const char* from, size_t n, char* to) {
  using Block = struct { uint64_t words[2]; };
  const auto copy = [&](size_t at) { std::memcpy(to + at, from + at, sizeof(Block)); };
  if (n > 256) {
    std::memcpy(to, from, n);
    return;
  }
  for (size_t i = 0; i + 16 < n; i += 16) copy(i);
  copy(n - 16);
}

// Copies n bytes that do not overlap, by a word at each end. REQUIRES: sizeof(Word) <= n <= 2 * sizeof(Word).
template <typename Word>
[[gnu::always_inline]] inline void CopyEnds(const char* from, size_t n, char* to) {
  std::memcpy(to, from, sizeof(Word));
  std::memcpy(to + n - sizeof(Word), from + n - sizeof(Word), sizeof(Word));
}

// Copies n bytes that do not overlap: for texts, of which most are too short to be worth a call, of memcpy or
// of anything else. g++ 12 calls this, and even a lambda in it, unless it is told not to.
[[gnu::always_inline]] inline void CopyBytes(const char* from, size_t n, char* to) {
  if (n > 16) {
    CopyLongBytes(from, n, to);
  } else if (n >= 8) {
    CopyEnds<uint64_t>(from, n, to);
  } else if (n >= 4) {
    CopyEnds<uint32_t>(from, n, to);
  } else {
    for (size_t i = 0; i < n; ++i) to[i] = from[i];
  }
}

}  // namespace rtstream::internal
