#pragma once

#include <cstdint>

#include "rtstream/state/packed_key.h"

namespace rtstream::internal {

// Keys of at most 8 bytes as a WindowTable has them: in their order, and 0, which is slow there, only where
// there is no room for another number.
template <PackableKey K>
struct WindowKeys {
  static_assert(PackedPart<K>::kBytes <= sizeof(uint64_t));
  static constexpr bool kMayBeZero = PackedPart<K>::kBytes == sizeof(uint64_t);

  static uint64_t Pack(const K& key) { return PackKey(key) + (kMayBeZero ? 0 : 1); }
  static K Unpack(uint64_t packed) { return UnpackKey<K>(packed - (kMayBeZero ? 0 : 1)); }
};

}  // namespace rtstream::internal
