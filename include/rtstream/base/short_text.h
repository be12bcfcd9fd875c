#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "rtstream/base/hash.h"

namespace rtstream {

// Texts that PackText() makes one number of.
inline constexpr size_t kLongestShortText = 15;

// A text of at most 15 bytes and its length as one number: equal if and only if the texts are. Reads
// nothing behind the text. REQUIRES: text.size() <= kLongestShortText.
inline Word128 PackText(std::string_view text) {
  const char* const p = text.data();
  const size_t n = text.size();
  const auto load8 = [](const char* from) {
    uint64_t v = 0;
    std::memcpy(&v, from, sizeof v);
    return v;
  };
  const auto load4 = [](const char* from) {
    uint32_t v = 0;
    std::memcpy(&v, from, sizeof v);
    return uint64_t{v};
  };
  const auto load1 = [](const char* from) { return uint64_t{static_cast<uint8_t>(*from)}; };
  // Loads overlap where the length is not a power of two; what both read is the same.
  uint64_t first = 0, rest = 0;
  if (n > 8) {
    first = load8(p);
    rest = load8(p + n - 8) >> (8 * (16 - n));
  } else if (n >= 4) {
    first = load4(p) | load4(p + n - 4) << (8 * (n - 4));
  } else if (n > 0) {
    first = load1(p) | load1(p + n / 2) << (8 * (n / 2)) | load1(p + n - 1) << (8 * (n - 1));
  }
  return {rest | uint64_t{n} << 56, first};
}

}  // namespace rtstream
