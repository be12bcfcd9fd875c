#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "rtstream/core/json_codec.h"
#include "rtstream/core/mapping.h"

namespace rtstream {

// Appends `"name":value` for each field of T's mapping, separated by commas, without braces: for lines
// that hold more than one type's fields.
template <Mapped T>
void AppendJsonMembers(const T& record, std::string& out) {
  [&]<size_t... I>(std::index_sequence<I...>) {
    ([&] {
      constexpr auto kField = std::get<I>(Mapping<T>::kFields);
      if constexpr (I > 0) out.push_back(',');
      out.push_back('"');
      out.append(kField.name);
      out.append("\":");
      const auto& member = record.*kField.member;
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
