#pragma once

#include <concepts>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "rtstream/base/arena.h"
#include "rtstream/core/mapping.h"

namespace rtstream::internal {

template <typename V>
inline constexpr bool kIsVector = false;
template <typename V>
inline constexpr bool kIsVector<std::vector<V>> = true;
template <typename V>
inline constexpr bool kIsTuple = false;
template <typename... V>
inline constexpr bool kIsTuple<std::tuple<V...>> = true;
template <typename A, typename B>
inline constexpr bool kIsTuple<std::pair<A, B>> = true;

// Copies what the text views in a value point at into `arena`, and points them there, so that the value may outlive
// the batch it came from. Finds them in mapped fields, optionals, vectors, pairs and tuples, and in types with an
// `OwnTextsIn(value, arena)` beside them; not in other structs, whose members nobody can list.
template <typename V>
void OwnTexts(V& value, Arena& arena) {
  if constexpr (std::same_as<V, std::string_view>) {
    value = arena.Copy(value);
  } else if constexpr (kIsOptional<V>) {
    if (value) OwnTexts(*value, arena);
  } else if constexpr (kIsVector<V>) {
    if constexpr (!std::same_as<V, std::vector<bool>>) {
      for (auto& part : value) OwnTexts(part, arena);
    }
  } else if constexpr (kIsTuple<V>) {
    std::apply([&](auto&... part) { (OwnTexts(part, arena), ...); }, value);
  } else if constexpr (Mapped<V>) {
    std::apply([&](const auto&... f) { (OwnTexts(value.*f.member, arena), ...); }, Mapping<V>::kFields);
  } else if constexpr (requires { OwnTextsIn(value, arena); }) {
    OwnTextsIn(value, arena);
  }
}

}  // namespace rtstream::internal
