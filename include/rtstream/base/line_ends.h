#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rtstream {

// Where lines end: for sources that cut text into records, many at a time.
//
//   uint32_t ends[512];
//   const size_t n = FindLineEnds(text, ends, 512);
//   for (size_t i = 0, begin = 0; i < n; begin = ends[i++] + 1) Use(text.substr(begin, ends[i] - begin));
//
// Writes the offsets of the first LFs in `text`, in order, at most `most`, to `ends`; returns how many.
// REQUIRES: text is shorter than 4 GiB, and 63 bytes behind it are readable, which do not count.
size_t FindLineEnds(std::string_view text, uint32_t* ends, size_t most);

}  // namespace rtstream
