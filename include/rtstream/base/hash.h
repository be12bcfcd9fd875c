#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rtstream {

// XXH3, 64 bits, no seed: the same on every machine and in every release. Part of stored formats; for
// key groups and partitioning. Not for tables whose keys somebody else may choose.
uint64_t StableHash(std::string_view bytes);

// XXH3, 64 bits, as the checksum of stored blocks.
uint64_t Checksum(std::string_view bytes);

// A checksum of bytes that come in pieces.
class RollingChecksum {
 public:
  RollingChecksum();
  ~RollingChecksum();
  RollingChecksum(const RollingChecksum&) = delete;
  RollingChecksum& operator=(const RollingChecksum&) = delete;

  void Reset();                      // begins a new sum
  void Add(std::string_view bytes);  // the next piece
  // Of everything since Reset(): equal to Checksum() of the pieces put together.
  uint64_t value() const;

 private:
  void* state_;
};

// A hash for tables: XXH3 under 192 random bytes, made anew for each object, so that nobody can choose
// keys that collide. (A seed alone is not enough: keys that collide under every seed are known for
// hashes of this kind.) Values must not be stored or compared between processes.
class SecretHash {
 public:
  SecretHash();
  uint64_t operator()(std::string_view bytes) const;  // holds for this object alone

 private:
  std::array<uint8_t, 192> secret_;
};

// A key of 16 bytes.
struct Word128 {
  uint64_t high = 0;  // bits 64 to 127: compared first
  uint64_t low = 0;   // bits 0 to 63

  friend bool operator==(const Word128& a, const Word128& b) {
    // One branch: keys in a table are compared far more often than they differ in one half only.
    return ((a.high ^ b.high) | (a.low ^ b.low)) == 0;
  }
  friend auto operator<=>(const Word128&, const Word128&) = default;
};

namespace internal {
// The halves of the full product, folded: every bit of the result depends on all bits of both.
inline uint64_t MultiplyFold(uint64_t a, uint64_t b) {
#if defined(__x86_64__) && defined(__GNUC__)
  // GCC 12 sends the halves of a 128-bit product through the stack.
  uint64_t high = 0;
  asm("mulq %2" : "+a"(a), "=d"(high) : "r"(b) : "cc");
  return a ^ high;
#else
  __extension__ using Product = unsigned __int128;
  const Product product = static_cast<Product>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
#endif
}
}  // namespace internal

// A hash of 8 or 16 bytes that is the same on every machine and in every release, for key groups. Part of
// stored formats.
inline uint64_t StableFold(uint64_t key) {
  return internal::MultiplyFold(key ^ 0x9e3779b97f4a7c15, 0xd6e8feb86659fd93);
}
// The same for a key of 128 bits.
inline uint64_t StableFold(const Word128& key) {
  return StableFold(key.low ^ StableFold(key.high));
}

// A hash for tables of keys of 8 or 16 bytes: two multiplications with 256 random bits, made anew for each
// object; 1.4 ns (docs/design/0006). Bits at the top are as good as those at the bottom. Values must not
// be stored or compared between processes.
//
// One multiplication would spread keys as well. The second hides what the first is weak at: keys that
// make one factor zero, and products whose differences tell of the secret.
class SecretFold {
 public:
  SecretFold();

  // Of a key of 8 bytes.
  uint64_t operator()(uint64_t key) const {
    return internal::MultiplyFold(internal::MultiplyFold(key ^ secret_[0], secret_[1]) ^ secret_[2],
                                  secret_[3]);
  }
  // Of a key of 16 bytes.
  uint64_t operator()(const Word128& key) const {
    return internal::MultiplyFold(
        internal::MultiplyFold(key.high ^ secret_[0], key.low ^ secret_[1]) ^ secret_[2], secret_[3]);
  }

 private:
  std::array<uint64_t, 4> secret_;
};

// The same of one multiplication, for tables from whose outside nobody can tell where a key stands: nothing
// leaves them in the order of the slots. Bits at the bottom are as good as those at the top.
class SecretProduct {
 public:
  SecretProduct();

  // Holds for this object alone.
  uint64_t operator()(uint64_t key) const { return internal::MultiplyFold(key ^ mask_, factor_); }

 private:
  uint64_t mask_, factor_;
};

}  // namespace rtstream
