#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/base/text.h"
#include "rtstream/core/dead_letter.h"
#include "rtstream/core/json_writer.h"

namespace rtstream::testing {

namespace internal {
template <typename T>
inline constexpr bool kIsNumber = std::integral<T> && !std::same_as<T, char>;
}  // namespace internal

// Types that RowText can write: texts, integers, those with a Mapping, and dead letters.
template <typename T>
concept HasRowText = std::convertible_to<const T&, std::string_view> || internal::kIsNumber<T> ||
                     Mapped<T> || std::same_as<T, DeadLetter>;

// A row as one line of text, to be compared and shown when a test fails: a text as it is, an integer's
// digits, JSON if the type has a Mapping. Any thread.
//
//   rt::testing::RowText(Order{.id = 7})    // {"id":7}
template <HasRowText T>
std::string RowText(const T& row) {
  if constexpr (std::same_as<T, DeadLetter>) {
    return Concat(row.op, ": ", absl::StatusCodeToString(row.code), ": ", row.message, " (", row.partition,
                  ":", row.position, ")");
  } else if constexpr (Mapped<T>) {
    std::string text;
    AppendJson(row, text);
    return text;
  } else if constexpr (internal::kIsNumber<T>) {
    return Concat(row);
  } else {
    return std::string(std::string_view(row));
  }
}

// The same for each of them.
template <typename Rows>
std::vector<std::string> RowTexts(const Rows& rows) {
  std::vector<std::string> texts;
  for (const auto& row : rows) texts.push_back(RowText(row));
  return texts;
}

}  // namespace rtstream::testing
