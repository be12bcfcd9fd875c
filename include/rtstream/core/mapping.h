#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"

namespace rtstream {

// How a field may be absent.
struct FieldOptions {
  // false: an absent field keeps the member's default.
  bool required = true;
  // The schema version that brought the field in: records of an older one may lack it. Needs kVersion.
  uint32_t since = 0;
};

// One field of a mapping: its name in the text, and the member that takes it.
template <typename T, typename M>
struct FieldDef {
  using Type = T;         // the record
  using Member = M;       // what the field holds
  std::string_view name;  // in the text: a key of JSON, a column of CSV
  M T::*member;           // where it goes
  FieldOptions options;   // whether it may be missing, and since which version it is there
};

// A field of a mapping; see Mapping.
template <typename T, typename M>
consteval FieldDef<T, M> Field(std::string_view name, M T::*member, FieldOptions options = {}) {
  return {name, member, options};
}

// How a record type looks as text, declared once, for readers and writers of JSON and CSV:
//
//   template <>
//   struct rtstream::Mapping<Sale> {
//     static constexpr auto kFields = std::tuple{
//         rt::Field("eventId", &Sale::event_id),
//         rt::Field("source", &Sale::source, {.required = false}),
//         rt::Field("channel", &Sale::channel, {.since = 3}),
//         rt::Field("schemaVersion", &Sale::schema_version)};
//     static constexpr auto kVersion = &Sale::schema_version;   // only if a field has `since`
//   };
//
// Members are text (std::string_view, std::string), integers, bool, double, Decimal, WideDecimal, Time,
// std::optional of these, or types with a codec of their own. An optional member's field may always be
// absent. Unknown fields are skipped, but must be well formed; a declared field that comes twice refuses
// the record; a newer version is read by the same rules.
template <typename T>
struct Mapping;

template <typename T>
concept Mapped = requires { Mapping<T>::kFields; };

namespace internal {

template <typename T>
inline constexpr size_t kFieldCount =
    std::tuple_size_v<std::remove_cvref_t<decltype(Mapping<T>::kFields)>>;

template <typename T, size_t I>
using MemberOf = typename std::tuple_element_t<
    I, std::remove_cvref_t<decltype(Mapping<T>::kFields)>>::Member;

template <typename T>
consteval auto FieldNames() {
  return std::apply(
      [](const auto&... f) { return std::array<std::string_view, sizeof...(f)>{f.name...}; },
      Mapping<T>::kFields);
}

template <typename T>
consteval bool HasDistinctNames() {
  constexpr auto kNames = FieldNames<T>();
  for (size_t i = 0; i < kNames.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      if (kNames[i] == kNames[k]) return false;
    }
  }
  return true;
}

// The writers put names into the text as they are, and the readers compare them so.
template <typename T>
consteval bool HasPlainNames() {
  for (std::string_view name : FieldNames<T>()) {
    if (name.empty()) return false;
    for (char c : name) {
      if (c == '"' || c == '\\' || (c >= 0 && c < 0x20)) return false;
    }
  }
  return true;
}

template <typename T>
consteval bool UsesSince() {
  return std::apply([](const auto&... f) { return ((f.options.since > 0) || ...); },
                    Mapping<T>::kFields);
}

template <typename T>
consteval bool MembersBelongToType() {
  return std::apply(
      [](const auto&... f) {
        return (std::is_base_of_v<typename std::remove_cvref_t<decltype(f)>::Type, T> && ...);
      },
      Mapping<T>::kFields);
}

// Checks a mapping once, where it is first used.
template <typename T>
struct CheckedMapping {
  static_assert(Mapped<T>, "rtstream: this type has no Mapping: declare its fields");
  static_assert(kFieldCount<T> <= 64, "rtstream: a mapping has at most 64 fields");
  static_assert(kFieldCount<T> > 0, "rtstream: a mapping has at least one field");
  static_assert(HasPlainNames<T>(),
                "rtstream: a field's name has no quotes, backslashes or control characters");
  static_assert(HasDistinctNames<T>(), "rtstream: two fields of a mapping have the same name");
  static_assert(MembersBelongToType<T>(), "rtstream: a field's member is not one of the type");
  static_assert(!UsesSince<T>() || requires { Mapping<T>::kVersion; },
                "rtstream: a field with `since` needs kVersion, the member that holds the version");
};

template <typename V>
inline constexpr bool kIsOptional = false;
template <typename V>
inline constexpr bool kIsOptional<std::optional<V>> = true;

// Whether some record may lack T's field I.
template <typename T, size_t I>
consteval bool MayLack() {
  constexpr auto kField = std::get<I>(Mapping<T>::kFields);
  return kIsOptional<typename std::remove_cvref_t<decltype(kField)>::Member> ||
         !kField.options.required || kField.options.since > 0;
}

// A bit for each field.
template <typename T>
inline constexpr uint64_t kAllFields = ~uint64_t{0} >> (64 - kFieldCount<T>);

absl::Status MissingFieldError(std::string_view name);

// Of the fields that did not come, the first that the record may not lack; kFieldCount: none.
template <typename T>
size_t FirstMissing(const T& record, uint64_t seen) {
  (void)sizeof(CheckedMapping<T>);
  uint64_t version = ~uint64_t{0};
  if constexpr (requires { Mapping<T>::kVersion; }) {
    version = static_cast<uint64_t>(record.*Mapping<T>::kVersion);
  }
  size_t missing = kFieldCount<T>;
  [&]<size_t... I>(std::index_sequence<I...>) {
    ([&] {
      constexpr FieldOptions kOptions = std::get<I>(Mapping<T>::kFields).options;
      if constexpr (kOptions.required && !kIsOptional<MemberOf<T, I>>) {
        if (missing == kFieldCount<T> && (seen >> I & 1) == 0 && version >= kOptions.since) {
          missing = I;
        }
      }
    }(), ...);
  }(std::make_index_sequence<kFieldCount<T>>());
  return missing;
}

// What a record lacks of those fields that it may not.
template <typename T>
absl::Status CheckPresent(const T& record, uint64_t seen) {
  const size_t missing = FirstMissing(record, seen);
  return missing == kFieldCount<T> ? absl::OkStatus() : MissingFieldError(FieldNames<T>()[missing]);
}

}  // namespace internal
}  // namespace rtstream
