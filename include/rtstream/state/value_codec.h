#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "rtstream/base/text.h"
#include "rtstream/base/decimal.h"
#include "rtstream/base/fixed_string.h"
#include "rtstream/base/time.h"
#include "rtstream/base/uuid.h"
#include "rtstream/state/byte_io.h"

namespace rtstream {

// How values of keyed state are stored. A codec has a version; a stored block names the version that
// wrote it, and an older one is read through the chain of Previous types:
//
//   template <> struct rtstream::ValueCodec<Stock> {              // version 2 added `reserved`
//     static constexpr uint32_t kVersion = 2;
//     using Previous = StockV1;                                   // has ValueCodec, kVersion = 1
//     static Stock Upgrade(const StockV1& old) { return {old.on_hand, 0}; }
//     static void Append(const Stock& v, ByteWriter& out);
//     static bool Read(ByteReader& in, Stock& v);
//   };
//
// A plain struct only lists its members (StateFields below). Only the version of the whole value is
// stored: when the type of a member changes, the struct gets a new version too.
template <typename V>
struct ValueCodec;

// For a struct of values: specialise with the members, in stored order, and a version.
//
//   template <> struct rtstream::StateFields<Sum> {
//     static constexpr uint32_t kVersion = 1;
//     static constexpr auto kMembers = std::tuple{&Sum::units, &Sum::revenue};
//   };
//
// An older version is upgraded as that of a codec: with Previous and Upgrade beside kMembers.
template <typename V>
struct StateFields;

template <std::integral I>
struct ValueCodec<I> {
  static constexpr uint32_t kVersion = 1;
  static void Append(I v, ByteWriter& out) {
    if constexpr (std::is_signed_v<I>) {
      const auto s = static_cast<int64_t>(v);
      out.Varint(static_cast<uint64_t>(s) << 1 ^ static_cast<uint64_t>(s >> 63));
    } else {
      out.Varint(v);
    }
  }
  static bool Read(ByteReader& in, I& v) {
    const uint64_t u = in.Varint();
    if constexpr (std::is_signed_v<I>) {
      const auto s = static_cast<int64_t>(u >> 1 ^ (~(u & 1) + 1));
      v = static_cast<I>(s);
      return static_cast<int64_t>(v) == s;
    } else {
      v = static_cast<I>(u);
      return v == u;
    }
  }
};

template <>
struct ValueCodec<double> {
  static constexpr uint32_t kVersion = 1;
  static void Append(double v, ByteWriter& out) { out.Raw(&v, sizeof v); }
  static bool Read(ByteReader& in, double& v) {
    const uint64_t bits = in.U64();
    static_assert(sizeof bits == sizeof v);
    __builtin_memcpy(&v, &bits, sizeof v);
    return true;
  }
};

template <>
struct ValueCodec<std::string> {
  static constexpr uint32_t kVersion = 1;
  static void Append(const std::string& v, ByteWriter& out) { out.String(v); }
  static bool Read(ByteReader& in, std::string& v) {
    v.assign(in.String());
    return true;
  }
};

template <>
struct ValueCodec<Time> {
  static constexpr uint32_t kVersion = 1;
  static void Append(Time v, ByteWriter& out) { out.I64(v.time_since_epoch().count()); }
  static bool Read(ByteReader& in, Time& v) {
    v = Time(Duration(in.I64()));
    return true;
  }
};

template <>
struct ValueCodec<Uuid> {
  static constexpr uint32_t kVersion = 1;
  static void Append(const Uuid& v, ByteWriter& out) {
    out.U64(v.high);
    out.U64(v.low);
  }
  static bool Read(ByteReader& in, Uuid& v) {
    v.high = in.U64();
    v.low = in.U64();
    return true;
  }
};

template <size_t kSize>
struct ValueCodec<FixedString<kSize>> {
  static constexpr uint32_t kVersion = 1;
  static void Append(const FixedString<kSize>& v, ByteWriter& out) { out.String(v.view()); }
  static bool Read(ByteReader& in, FixedString<kSize>& v) { return v.Assign(in.String()); }
};

template <int kScale>
struct ValueCodec<Decimal<kScale>> {
  static constexpr uint32_t kVersion = 1;
  static void Append(Decimal<kScale> v, ByteWriter& out) {
    ValueCodec<int64_t>::Append(v.mantissa, out);
  }
  static bool Read(ByteReader& in, Decimal<kScale>& v) {
    return ValueCodec<int64_t>::Read(in, v.mantissa);
  }
};

template <int kScale>
struct ValueCodec<WideDecimal<kScale>> {
  static constexpr uint32_t kVersion = 1;
  static void Append(WideDecimal<kScale> v, ByteWriter& out) {
    out.Raw(&v.mantissa, sizeof v.mantissa);
  }
  static bool Read(ByteReader& in, WideDecimal<kScale>& v) {
    const std::string_view raw = in.Raw(sizeof v.mantissa);
    if (raw.size() != sizeof v.mantissa) return false;
    __builtin_memcpy(&v.mantissa, raw.data(), sizeof v.mantissa);
    return true;
  }
};

namespace internal {
template <typename V>
using MemberType = std::remove_cvref_t<V>;

// What the codec of a struct has from its StateFields besides members.
struct NoUpgrade {};
template <typename V>
struct FieldsUpgrade {
  using Previous = typename StateFields<V>::Previous;
  static V Upgrade(const Previous& old) { return StateFields<V>::Upgrade(old); }
};
template <typename V>
inline constexpr bool kHasPrevious = requires { typename StateFields<V>::Previous; };
}  // namespace internal

template <typename V>
  requires requires { StateFields<V>::kMembers; }
struct ValueCodec<V>
    : std::conditional_t<internal::kHasPrevious<V>, internal::FieldsUpgrade<V>, internal::NoUpgrade> {
  static constexpr uint32_t kVersion = StateFields<V>::kVersion;
  static void Append(const V& v, ByteWriter& out) {
    std::apply(
        [&](auto... m) {
          (ValueCodec<internal::MemberType<decltype(v.*m)>>::Append(v.*m, out), ...);
        },
        StateFields<V>::kMembers);
  }
  static bool Read(ByteReader& in, V& v) {
    return std::apply(
        [&](auto... m) {
          return (ValueCodec<internal::MemberType<decltype(v.*m)>>::Read(in, v.*m) && ...);
        },
        StateFields<V>::kMembers);
  }
};

template <typename V>
concept StateValue = std::default_initializable<V> && std::copyable<V> &&
                     requires(const V& v, ByteWriter& out) { ValueCodec<V>::Append(v, out); };

// Reads a value that was written by codec version `version`, upgrading it step by step.
template <StateValue V>
absl::Status ReadValue(uint32_t version, ByteReader& in, V& out) {
  using Codec = ValueCodec<V>;
  if (version == Codec::kVersion) {
    if (!Codec::Read(in, out) || !in.ok()) {
      return absl::DataLossError(
          "a stored value does not fit its type: is it damaged, or was it of another type with the same "
          "version?");
    }
    return absl::OkStatus();
  }
  if constexpr (requires { typename Codec::Previous; }) {
    static_assert(ValueCodec<typename Codec::Previous>::kVersion < Codec::kVersion,
                  "rtstream: a Previous value type must have a lower version");
    typename Codec::Previous old{};
    if (absl::Status s = ReadValue(version, in, old); !s.ok()) return s;
    out = Codec::Upgrade(old);
    return absl::OkStatus();
  } else {
    return absl::FailedPreconditionError(
        Concat("stored values have version ", version, ", want ", Codec::kVersion,
                     " or an older one with an upgrade"));
  }
}

}  // namespace rtstream
