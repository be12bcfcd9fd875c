#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace rtstream {

// A text of at most kSize bytes, none of them zero, kept in the object: for codes such as currencies and
// countries. Compares, hashes and stores like a number. Shorter texts are filled up with zero bytes, as
// in a ClickHouse FixedString(kSize).
template <size_t kSize>
class FixedString {
 public:
  static_assert(1 <= kSize && kSize <= 64, "rtstream: a fixed string has 1 to 64 bytes");
  static constexpr size_t kCapacity = kSize;  // bytes that a text may have

  constexpr FixedString() = default;

  // False, and unchanged: the text is too long or holds a zero byte.
  constexpr bool Assign(std::string_view text) {
    if (text.size() > kSize || text.find('\0') != std::string_view::npos) return false;
    bytes_ = {};
    for (size_t i = 0; i < text.size(); ++i) bytes_[i] = text[i];
    return true;
  }

  // Takes kSize bytes in the form of data(). REQUIRES: none is zero but those behind the text.
  void AssignBytes(const char* bytes) { std::memcpy(bytes_.data(), bytes, kSize); }

  // Bytes of the text.
  constexpr size_t size() const {
    size_t n = kSize;
    while (n > 0 && bytes_[n - 1] == '\0') --n;
    return n;
  }
  // Valid as long as the object.
  constexpr std::string_view view() const { return {bytes_.data(), size()}; }
  // kSize bytes, those behind the text zero.
  constexpr const char* data() const { return bytes_.data(); }

  friend constexpr bool operator==(const FixedString&, const FixedString&) = default;
  friend constexpr auto operator<=>(const FixedString& a, const FixedString& b) {
    return a.view() <=> b.view();
  }

 private:
  std::array<char, kSize> bytes_{};
};

}  // namespace rtstream
