#include "rtstream/core/json_codec.h"

#include <array>
#include <cstring>

namespace rtstream {
namespace {

// Characters that a JSON string cannot hold as they are.
constexpr auto kNeedsEscape = [] {
  std::array<bool, 256> table{};
  for (size_t c = 0; c < 0x20; ++c) table[c] = true;
  table['"'] = table['\\'] = true;
  return table;
}();

// Whether any of eight bytes needs an escape: a quote, a backslash, or below 0x20. The tests are those of
// "Bit Twiddling Hacks" (S. E. Anderson); bytes from 0x80 on never match, since their high bit is
// cleared in the result.
bool AnyNeedsEscape(const char* p) {
  constexpr uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
  uint64_t v = 0;
  std::memcpy(&v, p, sizeof v);
  const uint64_t quote = v ^ kOnes * '"', slash = v ^ kOnes * '\\';
  return ((((v - kOnes * 0x20) | (quote - kOnes) | (slash - kOnes)) & ~v) & kHigh) != 0;
}

// The first position from `begin` on whose byte needs an escape; the size if there is none.
size_t FirstEscape(std::string_view text, size_t begin) {
  size_t i = begin;
  while (i + 8 <= text.size() && !AnyNeedsEscape(text.data() + i)) i += 8;
  while (i < text.size() && !kNeedsEscape[static_cast<unsigned char>(text[i])]) ++i;
  return i;
}

void AppendEscape(unsigned char c, std::string& out) {
  switch (c) {
    case '"': out.append("\\\""); return;
    case '\\': out.append("\\\\"); return;
    case '\b': out.append("\\b"); return;
    case '\f': out.append("\\f"); return;
    case '\n': out.append("\\n"); return;
    case '\r': out.append("\\r"); return;
    case '\t': out.append("\\t"); return;
    default: break;
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  out.append("\\u00");
  out.push_back(kDigits[c >> 4]);
  out.push_back(kDigits[c & 15]);
}

}  // namespace

void AppendJsonString(std::string_view text, std::string& out) {
  out.push_back('"');
  size_t begin = 0;
  for (size_t i = FirstEscape(text, 0); i < text.size(); i = FirstEscape(text, i + 1)) {
    out.append(text.substr(begin, i - begin));
    AppendEscape(static_cast<unsigned char>(text[i]), out);
    begin = i + 1;
  }
  out.append(text.substr(begin));
  out.push_back('"');
}

namespace internal {

bool ReadJsonTime(JsonCursor& in, Time& out) {
  std::string_view text;
  if (!in.ReadString(text)) return false;
  absl::StatusOr<Time> time = ParseRfc3339(text);
  if (!time.ok()) return in.Fail("a time of RFC 3339");
  out = *time;
  return true;
}

}  // namespace internal
}  // namespace rtstream
