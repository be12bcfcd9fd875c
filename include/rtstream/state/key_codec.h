#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "rtstream/base/fixed_string.h"
#include "rtstream/base/time.h"
#include "rtstream/base/uuid.h"

namespace rtstream {

// Keys of keyed state as bytes whose bytewise order is the order of the keys, part by part. Users
// add types of their own by specialising KeyCodec; the encoding is part of the state's format.
//
//   static void Append(const K& key, std::string& out);
//   static bool Read(std::string_view& in, K& key);   // takes the key's bytes off `in`; views point into it
template <typename K>
struct KeyCodec;

namespace internal {
void AppendOrderedString(std::string_view s, std::string& out);
void AppendOrderedU64(uint64_t v, std::string& out);
// `owned` takes the text of a string that holds a zero byte; such a string read as a view is refused.
bool ReadOrderedString(std::string_view& in, std::string_view& s, std::string* owned);
bool ReadOrderedU64(std::string_view& in, uint64_t& v);
}  // namespace internal

// Strings that contain no zero byte come back as views of the key's bytes.
template <>
struct KeyCodec<std::string_view> {
  static void Append(std::string_view key, std::string& out) {
    internal::AppendOrderedString(key, out);
  }
  static bool Read(std::string_view& in, std::string_view& key) {
    return internal::ReadOrderedString(in, key, nullptr);
  }
};

template <>
struct KeyCodec<std::string> {
  static void Append(const std::string& key, std::string& out) {
    internal::AppendOrderedString(key, out);
  }
  static bool Read(std::string_view& in, std::string& key) {
    std::string_view view;
    if (!internal::ReadOrderedString(in, view, &key)) return false;
    if (view.data() != nullptr) key.assign(view);
    return true;
  }
};

template <std::integral I>
struct KeyCodec<I> {
  // The sign bit is flipped, so that negative numbers come first.
  static constexpr uint64_t kFlip = std::is_signed_v<I> ? uint64_t{1} << 63 : 0;
  static void Append(I key, std::string& out) {
    internal::AppendOrderedU64(static_cast<uint64_t>(static_cast<int64_t>(key)) ^ kFlip, out);
  }
  static bool Read(std::string_view& in, I& key) {
    uint64_t v = 0;
    if (!internal::ReadOrderedU64(in, v)) return false;
    key = static_cast<I>(v ^ kFlip);
    // False: it was the key of a wider type.
    return static_cast<uint64_t>(static_cast<int64_t>(key)) == (v ^ kFlip);
  }
};

template <>
struct KeyCodec<Time> {
  static void Append(Time key, std::string& out) {
    KeyCodec<int64_t>::Append(key.time_since_epoch().count(), out);
  }
  static bool Read(std::string_view& in, Time& key) {
    int64_t us = 0;
    if (!KeyCodec<int64_t>::Read(in, us)) return false;
    key = Time(Duration(us));
    return true;
  }
};

template <>
struct KeyCodec<Uuid> {
  static void Append(const Uuid& key, std::string& out) {
    internal::AppendOrderedU64(key.high, out);
    internal::AppendOrderedU64(key.low, out);
  }
  static bool Read(std::string_view& in, Uuid& key) {
    return internal::ReadOrderedU64(in, key.high) && internal::ReadOrderedU64(in, key.low);
  }
};

template <size_t kSize>
struct KeyCodec<FixedString<kSize>> {
  static void Append(const FixedString<kSize>& key, std::string& out) {
    out.append(key.data(), kSize);
  }
  static bool Read(std::string_view& in, FixedString<kSize>& key) {
    if (in.size() < kSize) return false;
    const std::string_view text = in.substr(0, kSize);
    in.remove_prefix(kSize);
    return key.Assign(text.substr(0, text.find_last_not_of('\0') + 1));
  }
};

template <typename... P>
struct KeyCodec<std::tuple<P...>> {
  static void Append(const std::tuple<P...>& key, std::string& out) {
    std::apply([&](const P&... part) { (KeyCodec<P>::Append(part, out), ...); }, key);
  }
  static bool Read(std::string_view& in, std::tuple<P...>& key) {
    return std::apply([&](P&... part) { return (KeyCodec<P>::Read(in, part) && ...); }, key);
  }
};

template <typename A, typename B>
struct KeyCodec<std::pair<A, B>> {
  static void Append(const std::pair<A, B>& key, std::string& out) {
    KeyCodec<A>::Append(key.first, out);
    KeyCodec<B>::Append(key.second, out);
  }
  static bool Read(std::string_view& in, std::pair<A, B>& key) {
    return KeyCodec<A>::Read(in, key.first) && KeyCodec<B>::Read(in, key.second);
  }
};

template <typename K>
concept Key = requires(const K& key, std::string& out) { KeyCodec<K>::Append(key, out); };

}  // namespace rtstream
