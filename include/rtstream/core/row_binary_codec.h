#pragma once

#include <bit>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "rtstream/base/bytes.h"
#include "rtstream/base/decimal.h"
#include "rtstream/base/fixed_string.h"
#include "rtstream/base/text.h"
#include "rtstream/base/time.h"
#include "rtstream/base/uuid.h"

namespace rtstream {

// How a member's type is written in ClickHouse's format RowBinary, and the type of its column. Users add types
// of their own:
//
//   static std::string Type();                    // as it stands in CREATE TABLE: "UInt8"
//   static size_t Bound(const V& v);              // bytes that Put writes at most
//   static char* Put(const V& v, char* p);        // writes the value, returns its end
template <typename V>
struct RowBinaryCodec;

namespace internal {

// The low kSize bytes of a number, the lowest first.
template <size_t kSize, typename I>
char* PutLittleEndian(I v, char* p) {
  if constexpr (std::endian::native == std::endian::little && sizeof v == kSize) {
    std::memcpy(p, &v, kSize);
  } else {
    for (size_t i = 0; i < kSize; ++i) p[i] = static_cast<char>(v >> 8 * i & 0xff);
  }
  return p + kSize;
}

// A length, seven bits a byte (LEB128).
inline constexpr size_t kMostLengthBytes = 10;
inline char* PutLength(uint64_t n, char* p) {
  for (; n >= 0x80; n >>= 7) *p++ = static_cast<char>(n | 0x80);
  *p++ = static_cast<char>(n);
  return p;
}

}  // namespace internal

template <std::integral I>
  requires(!std::same_as<I, bool>)
struct RowBinaryCodec<I> {
  static std::string Type() { return Concat(std::is_signed_v<I> ? "Int" : "UInt", 8 * sizeof(I)); }
  static size_t Bound(I) { return sizeof(I); }
  static char* Put(I v, char* p) { return internal::PutLittleEndian<sizeof(I)>(v, p); }
};

// Old servers, such as 18.16, take UInt8 for the column's type: the bytes are the same.
template <>
struct RowBinaryCodec<bool> {
  static std::string Type() { return "Bool"; }
  static size_t Bound(bool) { return 1; }
  static char* Put(bool v, char* p) { return internal::PutLittleEndian<1>(uint8_t{v}, p); }
};

template <>
struct RowBinaryCodec<double> {
  static std::string Type() { return "Float64"; }
  static size_t Bound(double) { return 8; }
  static char* Put(double v, char* p) {
    return internal::PutLittleEndian<8>(std::bit_cast<uint64_t>(v), p);
  }
};

// Any bytes.
template <>
struct RowBinaryCodec<std::string_view> {
  static std::string Type() { return "String"; }
  static size_t Bound(std::string_view v) { return internal::kMostLengthBytes + v.size(); }
  // Short texts where it is called: a row has several.
  [[gnu::always_inline]] static char* Put(std::string_view v, char* p) {
    if (v.size() > 16) [[unlikely]] return PutLong(v, p);
    *p++ = static_cast<char>(v.size());
    internal::CopyBytes(v.data(), v.size(), p);
    return p + v.size();
  }

 private:
  [[gnu::noinline]] static char* PutLong(std::string_view v, char* p) {
    p = internal::PutLength(v.size(), p);
    internal::CopyLongBytes(v.data(), v.size(), p);
    return p + v.size();
  }
};

template <>
struct RowBinaryCodec<std::string> {
  static std::string Type() { return "String"; }
  static size_t Bound(const std::string& v) { return RowBinaryCodec<std::string_view>::Bound(v); }
  static char* Put(const std::string& v, char* p) {
    return RowBinaryCodec<std::string_view>::Put(v, p);
  }
};

template <size_t kSize>
struct RowBinaryCodec<FixedString<kSize>> {
  static std::string Type() { return Concat("FixedString(", kSize, ")"); }
  static size_t Bound(const FixedString<kSize>&) { return kSize; }
  static char* Put(const FixedString<kSize>& v, char* p) {
    std::memcpy(p, v.data(), kSize);
    return p + kSize;
  }
};

// Two halves, each with its lowest byte first.
template <>
struct RowBinaryCodec<Uuid> {
  static std::string Type() { return "UUID"; }
  static size_t Bound(const Uuid&) { return 16; }
  static char* Put(const Uuid& v, char* p) {
    return internal::PutLittleEndian<8>(v.low, internal::PutLittleEndian<8>(v.high, p));
  }
};

// REQUIRES: |mantissa| < 10^18, the digits that the column has.
template <int kScale>
struct RowBinaryCodec<Decimal<kScale>> {
  static std::string Type() { return Concat("Decimal(18, ", kScale, ")"); }
  static size_t Bound(const Decimal<kScale>&) { return 8; }
  static char* Put(const Decimal<kScale>& v, char* p) {
    return internal::PutLittleEndian<8>(v.mantissa, p);
  }
};

// REQUIRES: |mantissa| < 10^38.
template <int kScale>
struct RowBinaryCodec<WideDecimal<kScale>> {
  static std::string Type() { return Concat("Decimal(38, ", kScale, ")"); }
  static size_t Bound(const WideDecimal<kScale>&) { return 16; }
  static char* Put(const WideDecimal<kScale>& v, char* p) {
    return internal::PutLittleEndian<16>(v.mantissa, p);
  }
};

// Microseconds since 1970. Old servers, such as 18.16, have no such column: see sys_seconds.
template <>
struct RowBinaryCodec<Time> {
  static std::string Type() { return "DateTime64(6, 'UTC')"; }
  static size_t Bound(Time) { return 8; }
  static char* Put(Time v, char* p) {
    return internal::PutLittleEndian<8>(v.time_since_epoch().count(), p);
  }
};

// Milliseconds since 1970, for members of that type.
template <>
struct RowBinaryCodec<std::chrono::sys_time<std::chrono::milliseconds>> {
  using Value = std::chrono::sys_time<std::chrono::milliseconds>;
  static std::string Type() { return "DateTime64(3, 'UTC')"; }
  static size_t Bound(Value) { return 8; }
  static char* Put(Value v, char* p) {
    return internal::PutLittleEndian<8>(int64_t{v.time_since_epoch().count()}, p);
  }
};

// Seconds since 1970, which every server knows. REQUIRES: before 2106, not before 1970.
template <>
struct RowBinaryCodec<std::chrono::sys_seconds> {
  static std::string Type() { return "DateTime('UTC')"; }
  static size_t Bound(std::chrono::sys_seconds) { return 4; }
  static char* Put(std::chrono::sys_seconds v, char* p) {
    return internal::PutLittleEndian<4>(static_cast<uint32_t>(v.time_since_epoch().count()), p);
  }
};

// A byte that says whether it is null, and the value if not.
template <typename V>
struct RowBinaryCodec<std::optional<V>> {
  static std::string Type() { return Concat("Nullable(", RowBinaryCodec<V>::Type(), ")"); }
  static size_t Bound(const std::optional<V>& v) {
    return 1 + (v ? RowBinaryCodec<V>::Bound(*v) : 0);
  }
  static char* Put(const std::optional<V>& v, char* p) {
    *p++ = v ? 0 : 1;
    return v ? RowBinaryCodec<V>::Put(*v, p) : p;
  }
};

}  // namespace rtstream
