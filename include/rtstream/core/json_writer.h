#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "rtstream/core/json_codec.h"
#include "rtstream/core/json_optional_codec.h"
#include "rtstream/core/mapping.h"

namespace rtstream {
namespace internal {

// What stands before the value of T's field I: `,"name":`, or without the comma for the first.
template <typename T, size_t I>
consteval auto MemberPrefix() {
  constexpr std::string_view kName = std::get<I>(Mapping<T>::kFields).name;
  std::array<char, kName.size() + (I == 0 ? 3 : 4)> text{};
  size_t at = 0;
  if (I > 0) text[at++] = ',';
  text[at++] = '"';
  for (char c : kName) text[at++] = c;
  text[at++] = '"';
  text[at] = ':';
  return text;
}

template <typename T, size_t I>
inline constexpr auto kMemberPrefix = MemberPrefix<T, I>();

template <typename T>
inline constexpr bool kHasJsonPut = []<size_t... I>(std::index_sequence<I...>) {
  return (HasJsonPut<MemberOf<T, I>> && ...);
}(std::make_index_sequence<kFieldCount<T>>());

// Calls f(prefix, member) for each field.
template <typename T, typename F>
void ForEachMember(const T& record, F&& f) {
  [&]<size_t... I>(std::index_sequence<I...>) {
    (f(kMemberPrefix<T, I>, record.*(std::get<I>(Mapping<T>::kFields).member)), ...);
  }(std::make_index_sequence<kFieldCount<T>>());
}

// Inlined whole, as JsonText asks for.
template <typename T, size_t... I>
[[gnu::always_inline]] inline void PutMembers(const T& record, JsonText& text, std::index_sequence<I...>) {
  ((text.Raw(kMemberPrefix<T, I>),
    JsonCodec<MemberOf<T, I>>::Put(record.*(std::get<I>(Mapping<T>::kFields).member), text)),
   ...);
}

}  // namespace internal

// Bytes that PutJsonMembers writes at most.
template <Mapped T>
size_t JsonMembersBound(const T& record) {
  size_t bound = 0;
  internal::ForEachMember(record, [&]<typename M>(const auto& prefix, const M& member) {
    bound += prefix.size() + JsonCodec<M>::Bound(member);
  });
  return bound;
}

// Writes `"name":value` for each field of T's mapping, separated by commas, without braces: for lines
// that hold more than one type's fields. REQUIRES: every field's codec has Put.
template <Mapped T>
[[gnu::always_inline]] inline void PutJsonMembers(const T& record, JsonText& text) {
  internal::PutMembers(record, text, std::make_index_sequence<internal::kFieldCount<T>>());
}

// As PutJsonMembers, behind the end of `out`, for any codecs.
template <Mapped T>
void AppendJsonMembers(const T& record, std::string& out) {
  (void)sizeof(internal::CheckedMapping<T>);
  if constexpr (internal::kHasJsonPut<T>) {
    JsonText text(out, JsonMembersBound(record));
    PutJsonMembers(record, text);
  } else {
    internal::ForEachMember(record, [&](const auto& prefix, const auto& member) {
      out.append(prefix.data(), prefix.size());
      AppendJsonValue(member, out);
    });
  }
}

// Appends the record as one JSON object, fields in declared order. ReadJson reads it back.
// REQUIRES: texts are UTF-8, doubles are finite.
template <Mapped T>
void AppendJson(const T& record, std::string& out) {
  out.push_back('{');
  AppendJsonMembers(record, out);
  out.push_back('}');
}
// The same; REQUIRES: every field's codec has Put.
template <Mapped T>
  requires internal::kHasJsonPut<T>
void AppendJson(const T& record, ByteBuffer& out) {
  (void)sizeof(internal::CheckedMapping<T>);
  JsonText text(out, JsonMembersBound(record) + 2);
  text.Raw("{");
  PutJsonMembers(record, text);
  text.Raw("}");
}

}  // namespace rtstream
