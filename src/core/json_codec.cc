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

template <typename I>
void AppendDigits(I v, std::string& out) {
  char digits[24];
  const char* end = std::to_chars(digits, digits + sizeof digits, v).ptr;
  out.append(digits, static_cast<size_t>(end - digits));
}

}  // namespace

void AppendJsonString(std::string_view text, std::string& out) {
  out.push_back('"');
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (!kNeedsEscape[c]) [[likely]] continue;
    out.append(text.substr(begin, i - begin));
    AppendEscape(c, out);
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

void AppendInteger(int64_t v, std::string& out) { AppendDigits(v, out); }
void AppendInteger(uint64_t v, std::string& out) { AppendDigits(v, out); }
void AppendJsonDouble(double v, std::string& out) {
  char digits[32];
  const char* end = std::to_chars(digits, digits + sizeof digits, v).ptr;
  out.append(digits, static_cast<size_t>(end - digits));
}

}  // namespace internal
}  // namespace rtstream
