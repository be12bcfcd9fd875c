#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "rtstream/base/arena.h"
#include "rtstream/core/json_codec.h"
#include "rtstream/core/json_cursor.h"
#include "rtstream/core/mapping.h"

namespace rtstream {
namespace internal {

// A field of a mapping without its types: how the loop over members, which is compiled once, reads it.
struct JsonField {
  std::string_view name;
  std::string_view quoted;  // the name as machines write it: "name":
  bool (*read)(JsonCursor& in, void* record);
};

// Reads the members of one object into `record`; `seen` gets a bit for each field that came.
absl::Status ReadJsonObject(JsonCursor& in, absl::Span<const JsonField> fields, void* record,
                            uint64_t& seen);

template <typename T, size_t I>
bool ReadJsonField(JsonCursor& in, void* record) {
  constexpr auto kField = std::get<I>(Mapping<T>::kFields);
  auto& member = static_cast<T*>(record)->*kField.member;
  return JsonCodec<std::remove_cvref_t<decltype(member)>>::Read(in, member);
}

template <typename T, size_t I>
inline constexpr auto kQuotedName = [] {
  constexpr std::string_view kName = std::get<I>(Mapping<T>::kFields).name;
  std::array<char, kName.size() + 3> text{};
  text.front() = '"';
  std::copy(kName.begin(), kName.end(), text.begin() + 1);
  text[kName.size() + 1] = '"';
  text[kName.size() + 2] = ':';
  return text;
}();

template <typename T>
inline constexpr auto kJsonFields = []<size_t... I>(std::index_sequence<I...>) {
  return std::array<JsonField, sizeof...(I)>{
      JsonField{std::get<I>(Mapping<T>::kFields).name,
                {kQuotedName<T, I>.data(), kQuotedName<T, I>.size()},
                &ReadJsonField<T, I>}...};
}(std::make_index_sequence<kFieldCount<T>>());

}  // namespace internal

// Reads one JSON object strictly by T's mapping. Views in `out` point into `text` or the arena.
// Fastest when members come in declared order. On success nothing is allocated but for escapes.
// Members whose fields are absent keep what they hold.
//
// InvalidArgument, saying the field, what was wanted and met, and the byte: the text is not one JSON
// object of UTF-8 within the limits, a field has another type or is out of range, comes twice, or is
// missing. `out` is then in an unspecified state.
template <Mapped T>
absl::Status ReadJson(std::string_view text, Arena& arena, T& out, const JsonLimits& limits = {}) {
  JsonCursor in(text, arena, limits);
  uint64_t seen = 0;
  absl::Status status = internal::ReadJsonObject(in, internal::kJsonFields<T>, &out, seen);
  if (!status.ok()) return status;
  if (seen == internal::kAllFields<T>) [[likely]] return status;
  const size_t missing = internal::FirstMissing(out, seen);
  if (missing == internal::kFieldCount<T>) return status;
  return internal::MissingFieldError(internal::kJsonFields<T>[missing].name);
}

}  // namespace rtstream
