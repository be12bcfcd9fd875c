#include "rtstream/core/number_text.h"

namespace rtstream::internal {
namespace {

bool IsDecimalDigit(char c) { return static_cast<unsigned char>(c - '0') <= 9; }

// What std::from_chars accepts beyond JSON's grammar begins otherwise, or ends in a point, or has one
// without a digit behind it.
bool HasJsonGrammar(std::string_view text) {
  size_t i = !text.empty() && text[0] == '-' ? 1 : 0;
  const size_t integer = i;
  while (i < text.size() && IsDecimalDigit(text[i])) ++i;
  if (i == integer || (text[integer] == '0' && i > integer + 1)) return false;
  return i == text.size() || text[i] != '.' || (i + 1 < text.size() && IsDecimalDigit(text[i + 1]));
}

template <typename N>
void AppendShortest(N v, std::string& out) {
  char text[32];
  const char* const end = std::to_chars(text, text + sizeof text, v).ptr;
  out.append(text, static_cast<size_t>(end - text));
}

}  // namespace

bool ReadDouble(std::string_view text, double& out) {
  if (!HasJsonGrammar(text)) return false;
  const char* const end = text.data() + text.size();
  const auto [p, error] = std::from_chars(text.data(), end, out);
  return error == std::errc() && p == end;
}

void AppendDigits(int64_t v, std::string& out) { AppendShortest(v, out); }
void AppendDigits(uint64_t v, std::string& out) { AppendShortest(v, out); }
void AppendDouble(double v, std::string& out) { AppendShortest(v, out); }

}  // namespace rtstream::internal
