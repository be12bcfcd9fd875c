#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

// Numbers as text, by JSON's grammar: what the codecs of JSON and CSV share.

namespace rtstream::internal {

// "-0" is an integer where the type has a sign.
template <std::integral I>
bool ReadInteger(std::string_view text, I& out) {
  const char* const end = text.data() + text.size();
  const auto [p, error] = std::from_chars(text.data(), end, out);
  if (error != std::errc() || p != end) return false;
  const size_t first = text[0] == '-' ? 1 : 0;
  return text[first] != '0' || text.size() == first + 1;
}
template <std::integral I>
constexpr bool FitsIn(int64_t v) {
  // A sign that an unsigned type has not, or bits that a narrow one has not, do not come back.
  return static_cast<int64_t>(static_cast<I>(v)) == v && (std::is_signed_v<I> || v >= 0);
}
bool ReadDouble(std::string_view text, double& out);

void AppendDigits(int64_t v, std::string& out);
void AppendDigits(uint64_t v, std::string& out);
template <std::integral I>
void AppendInteger(I v, std::string& out) {
  AppendDigits(static_cast<std::conditional_t<std::is_signed_v<I>, int64_t, uint64_t>>(v), out);
}
// The shortest text that reads back as the same double. REQUIRES: finite.
void AppendDouble(double v, std::string& out);

// How messages name a type.
template <typename I>
consteval std::string_view IntegerName() {
  if (std::is_signed_v<I>) {
    return sizeof(I) == 1   ? "an 8-bit integer"
           : sizeof(I) == 2 ? "a 16-bit integer"
           : sizeof(I) == 4 ? "a 32-bit integer"
                            : "a 64-bit integer";
  }
  return sizeof(I) == 1   ? "an unsigned 8-bit integer"
         : sizeof(I) == 2 ? "an unsigned 16-bit integer"
         : sizeof(I) == 4 ? "an unsigned 32-bit integer"
                          : "an unsigned 64-bit integer";
}
template <int kScale>
consteval std::string_view DecimalName() {
  return kScale == 2   ? "a number in range with at most 2 decimals"
         : kScale == 6 ? "a number in range with at most 6 decimals"
                       : "a number in range without more decimals than declared";
}

template <size_t kSize>
consteval std::string_view FixedStringName() {
  return kSize == 2   ? "a text of at most 2 bytes, none zero"
         : kSize == 3 ? "a text of at most 3 bytes, none zero"
                      : "a text no longer than declared, without zero bytes";
}

}  // namespace rtstream::internal
