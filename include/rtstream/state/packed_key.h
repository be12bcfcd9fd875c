#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

#include "rtstream/base/fixed_string.h"
#include "rtstream/base/hash.h"
#include "rtstream/base/time.h"
#include "rtstream/base/uuid.h"

namespace rtstream {

// Keys of a fixed size of at most 16 bytes as one number, whose order is the order of the keys: tables
// of them need no text and no second look-up. Integers, Time, Uuid, FixedString, and pairs and tuples
// of these that together take at most 16 bytes; 8 are faster than 16. Users add types of their own by
// specialising PackedPart; the encoding is part of the state's format.
//
//   static constexpr size_t kBytes;           1 to 16
//   static Word128 Pack(const K& key);        a number below 256^kBytes
//   static K Unpack(const Word128& packed);
template <typename K>
struct PackedPart;

namespace internal {

template <typename K>
concept HasPackedPart = requires(const K& key, const Word128& packed) {
  { PackedPart<K>::kBytes } -> std::convertible_to<size_t>;
  { PackedPart<K>::Pack(key) } -> std::same_as<Word128>;
  { PackedPart<K>::Unpack(packed) } -> std::same_as<K>;
};

__extension__ using Bits128 = unsigned __int128;
constexpr Bits128 ToBits(const Word128& w) { return Bits128{w.high} << 64 | w.low; }
constexpr Word128 ToWord(Bits128 b) {
  return {static_cast<uint64_t>(b >> 64), static_cast<uint64_t>(b)};
}

}  // namespace internal

// The sign bit is flipped, so that negative numbers come first.
template <std::integral I>
struct PackedPart<I> {
  static constexpr size_t kBytes = sizeof(I);
  using Unsigned = std::make_unsigned_t<std::conditional_t<std::same_as<I, bool>, uint8_t, I>>;
  static constexpr auto kFlip =
      static_cast<Unsigned>(std::is_signed_v<I> ? uint64_t{1} << (8 * sizeof(I) - 1) : 0);
  static constexpr Word128 Pack(I key) { return {0, static_cast<Unsigned>(static_cast<Unsigned>(key) ^ kFlip)}; }
  static constexpr I Unpack(const Word128& packed) {
    return static_cast<I>(static_cast<Unsigned>(packed.low) ^ kFlip);
  }
};

template <>
struct PackedPart<Time> {
  static constexpr size_t kBytes = sizeof(int64_t);
  static constexpr Word128 Pack(Time key) {
    return PackedPart<int64_t>::Pack(key.time_since_epoch().count());
  }
  static constexpr Time Unpack(const Word128& packed) {
    return Time(Duration(PackedPart<int64_t>::Unpack(packed)));
  }
};

template <>
struct PackedPart<Uuid> {
  static constexpr size_t kBytes = 16;
  static constexpr Word128 Pack(const Uuid& key) { return {key.high, key.low}; }
  static constexpr Uuid Unpack(const Word128& packed) { return {packed.high, packed.low}; }
};

template <size_t kSize>
  requires(kSize <= 16)
struct PackedPart<FixedString<kSize>> {
  static constexpr size_t kBytes = kSize;
  static constexpr Word128 Pack(const FixedString<kSize>& key) {
    internal::Bits128 bits = 0;
    for (size_t i = 0; i < kSize; ++i) bits = bits << 8 | static_cast<uint8_t>(key.data()[i]);
    return internal::ToWord(bits);
  }
  static constexpr FixedString<kSize> Unpack(const Word128& packed) {
    char text[kSize];
    internal::Bits128 bits = internal::ToBits(packed);
    size_t size = kSize;
    for (size_t i = kSize; i-- > 0; bits >>= 8) {
      text[i] = static_cast<char>(static_cast<uint8_t>(bits));
      if (text[i] == '\0') size = i;
    }
    FixedString<kSize> key;
    key.Assign({text, size});
    return key;
  }
};

template <internal::HasPackedPart... P>
  requires(sizeof...(P) > 0 && (PackedPart<P>::kBytes + ...) <= 16)
struct PackedPart<std::tuple<P...>> {
  static constexpr size_t kBytes = (PackedPart<P>::kBytes + ...);
  static constexpr Word128 Pack(const std::tuple<P...>& key) {
    return std::apply(
        [](const P&... part) {
          if constexpr (kBytes <= 8) {
            uint64_t bits = 0;
            ((bits = Shifted<PackedPart<P>::kBytes>(bits) | PackedPart<P>::Pack(part).low), ...);
            return Word128{0, bits};
          } else {
            internal::Bits128 bits = 0;
            ((bits = bits << (8 * PackedPart<P>::kBytes % 128) |
                     internal::ToBits(PackedPart<P>::Pack(part))), ...);
            return internal::ToWord(bits);
          }
        },
        key);
  }
  static constexpr std::tuple<P...> Unpack(const Word128& packed) {
    size_t left = kBytes;
    // Braces: parts are taken from the left.
    return std::tuple<P...>{Take<P>(packed, left)...};
  }

 private:
  template <size_t kBytesOfPart>
  static constexpr uint64_t Shifted(uint64_t bits) {
    return kBytesOfPart < 8 ? bits << (8 * kBytesOfPart % 64) : 0;
  }
  template <typename Part>
  static constexpr Part Take(const Word128& packed, size_t& left) {
    left -= PackedPart<Part>::kBytes;
    internal::Bits128 bits = internal::ToBits(packed) >> (8 * left);
    constexpr size_t kBitsOfPart = 8 * PackedPart<Part>::kBytes;
    if constexpr (kBitsOfPart < 128) bits &= (internal::Bits128{1} << kBitsOfPart) - 1;
    return PackedPart<Part>::Unpack(internal::ToWord(bits));
  }
};

template <internal::HasPackedPart A, internal::HasPackedPart B>
  requires(PackedPart<A>::kBytes + PackedPart<B>::kBytes <= 16)
struct PackedPart<std::pair<A, B>> {
  using Tuple = PackedPart<std::tuple<A, B>>;
  static constexpr size_t kBytes = Tuple::kBytes;
  static constexpr Word128 Pack(const std::pair<A, B>& key) {
    return Tuple::Pack({key.first, key.second});
  }
  static constexpr std::pair<A, B> Unpack(const Word128& packed) {
    const auto [first, second] = Tuple::Unpack(packed);
    return {first, second};
  }
};

// A key that fits into one number.
template <typename K>
concept PackableKey = internal::HasPackedPart<K>;

// What a table keeps of it: uint64_t if it fits.
template <PackableKey K>
using PackedWord = std::conditional_t<(PackedPart<K>::kBytes <= 8), uint64_t, Word128>;

// The key as one number.
template <PackableKey K>
constexpr PackedWord<K> PackKey(const K& key) {
  if constexpr (std::same_as<PackedWord<K>, uint64_t>) {
    return PackedPart<K>::Pack(key).low;
  } else {
    return PackedPart<K>::Pack(key);
  }
}
// The key that was packed.
template <PackableKey K>
constexpr K UnpackKey(const PackedWord<K>& packed) {
  if constexpr (std::same_as<PackedWord<K>, uint64_t>) {
    return PackedPart<K>::Unpack({0, packed});
  } else {
    return PackedPart<K>::Unpack(packed);
  }
}

}  // namespace rtstream
