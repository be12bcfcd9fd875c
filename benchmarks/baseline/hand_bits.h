#pragma once

#include <emmintrin.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>

// Small deeds of the hand-written variants.

namespace bench::hand {

template <typename Word>
inline Word Load(const char* p) {
  Word word;
  std::memcpy(&word, p, sizeof word);
  return word;
}
inline __m128i Load16(const char* p) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}
inline void Store16(char* p, __m128i v) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), v); }

inline uint64_t RandomBits() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

// A hash that the keys' giver cannot foresee: one multiplication, folded, under a secret.
class FoldHash {
 public:
  FoldHash() : a_(RandomBits()), b_(RandomBits() | 1) {}
  uint64_t operator()(uint64_t key) const { return Fold(key ^ a_, b_); }
  uint64_t operator()(uint64_t high, uint64_t low) const { return Fold(high ^ a_, low ^ b_); }

 private:
  static uint64_t Fold(uint64_t x, uint64_t y) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(x) * y;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }
  uint64_t a_, b_;
};

// The exponent of the least power of two that is at least n, and at least 2^10.
constexpr int CeilLog2(uint64_t n) {
  int log = 10;
  while ((uint64_t{1} << log) < n) ++log;
  return log;
}

// How many records ahead of its use memory is asked for.
inline constexpr size_t kAhead = 16;

// Text as literals that compares in words, whatever its length.
template <size_t kSize>
struct Literal {
  char text[kSize - 1];
  consteval Literal(const char (&from)[kSize]) { std::copy_n(from, kSize - 1, text); }  // NOLINT
  static constexpr size_t size() { return kSize - 1; }
  template <typename Word>
  consteval Word At(size_t at) const {
    Word word = 0;
    for (size_t i = 0; i < sizeof word; ++i) {
      word |= static_cast<Word>(static_cast<Word>(static_cast<unsigned char>(text[at + i])) << (8 * i));
    }
    return word;
  }
};

// 0 if the literal stands at p. REQUIRES: 8 to 24 bytes.
template <Literal kText>
inline uint64_t Differs(const char* p) {
  constexpr size_t kSize = kText.size();
  static_assert(kSize >= 8 && kSize <= 24);
  uint64_t differs = Load<uint64_t>(p) ^ kText.template At<uint64_t>(0);
  if constexpr (kSize > 16) differs |= Load<uint64_t>(p + 8) ^ kText.template At<uint64_t>(8);
  if constexpr (kSize > 8) {
    differs |= Load<uint64_t>(p + kSize - 8) ^ kText.template At<uint64_t>(kSize - 8);
  }
  return differs;
}

}  // namespace bench::hand
