#pragma once

#include <bit>
#include <cstring>
#include <memory>
#include <string_view>
#include <tuple>

#include "absl/status/status.h"
#include "rtstream/core/mapping.h"
#include "rtstream/core/plain_input.h"

// What the tests that compare two ways of reading a text have in common.

namespace rtstream {

// Whether two members are the same to the last bit.
template <typename V>
bool IsSameValue(const V& a, const V& b) {
  return a == b;
}
inline bool IsSameValue(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

template <typename T>
bool IsSameRecord(const T& a, const T& b) {
  return std::apply([&](const auto&... f) { return (IsSameValue(a.*f.member, b.*f.member) && ...); },
                    Mapping<T>::kFields);
}

// Whether what one way said and gave differs from what the other did.
template <typename T>
bool Differs(const absl::Status& status, const absl::Status& verdict, const T& got, const T& want) {
  return status != verdict || (verdict.ok() && !IsSameRecord(got, want));
}

// The text on a buffer of its own: of exactly its size, or with as much of `behind`, again and again, as a
// reader may look at.
inline std::unique_ptr<char[]> CopyOf(std::string_view text, std::string_view behind) {
  const size_t room = behind.empty() ? 0 : PlainInput::kReach;
  std::unique_ptr<char[]> copy(new char[text.size() + room]);
  if (!text.empty()) std::memcpy(copy.get(), text.data(), text.size());
  for (size_t i = 0; i < room; ++i) copy[text.size() + i] = behind[i % behind.size()];
  return copy;
}

}  // namespace rtstream
