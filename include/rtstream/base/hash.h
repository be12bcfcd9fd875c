#pragma once

#include <array>
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

  void Reset();
  void Add(std::string_view bytes);
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
  uint64_t operator()(std::string_view bytes) const;

 private:
  std::array<uint8_t, 192> secret_;
};

}  // namespace rtstream
