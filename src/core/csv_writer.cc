#include "rtstream/core/csv_writer.h"

#include <algorithm>

namespace rtstream::internal {

void QuoteCsvField(size_t begin, char separator, std::string& out) {
  const auto first = out.begin() + static_cast<std::ptrdiff_t>(begin);
  if (std::none_of(first, out.end(), [separator](char c) {
        return c == separator || c == '"' || c == '\r' || c == '\n';
      })) {
    return;
  }
  const auto quotes = static_cast<size_t>(std::count(first, out.end(), '"'));
  // The field moves to the right from its end, as far as the quotes before each byte need.
  size_t from = out.size();
  out.resize(out.size() + quotes + 2);
  size_t to = out.size();
  out[--to] = '"';
  while (from > begin) {
    const char c = out[--from];
    out[--to] = c;
    if (c == '"') out[--to] = '"';
  }
  out[begin] = '"';
}

}  // namespace rtstream::internal
