#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "rtstream/core/json_codec.h"
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

}  // namespace internal

// Appends `"name":value` for each field of T's mapping, separated by commas, without braces: for lines
// that hold more than one type's fields.
template <Mapped T>
void AppendJsonMembers(const T& record, std::string& out) {
  (void)sizeof(internal::CheckedMapping<T>);
  [&]<size_t... I>(std::index_sequence<I...>) {
    ([&] {
      static constexpr auto kPrefix = internal::MemberPrefix<T, I>();
      out.append(kPrefix.data(), kPrefix.size());
      const auto& member = record.*(std::get<I>(Mapping<T>::kFields).member);
      JsonCodec<std::remove_cvref_t<decltype(member)>>::Append(member, out);
    }(), ...);
  }(std::make_index_sequence<internal::kFieldCount<T>>());
}

// Appends the record as one JSON object, fields in declared order. ReadJson reads it back.
// REQUIRES: texts are UTF-8, doubles are finite.
template <Mapped T>
void AppendJson(const T& record, std::string& out) {
  out.push_back('{');
  AppendJsonMembers(record, out);
  out.push_back('}');
}

}  // namespace rtstream
