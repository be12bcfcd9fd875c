#include "rtstream/core/json_text.h"

namespace rtstream {
namespace internal {
namespace {

char* PutEscape(unsigned char c, char* p) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  *p++ = '\\';
  switch (c) {
    case '"': case '\\': *p++ = static_cast<char>(c); return p;
    case '\b': *p++ = 'b'; return p;
    case '\f': *p++ = 'f'; return p;
    case '\n': *p++ = 'n'; return p;
    case '\r': *p++ = 'r'; return p;
    case '\t': *p++ = 't'; return p;
    default: break;
  }
  std::memcpy(p, "u00", 3);
  p[3] = kDigits[c >> 4];
  p[4] = kDigits[c & 15];
  return p + 5;
}

}  // namespace

char* PutEscapedJsonCharacters(std::string_view text, char* p) {
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (u < 0x20 || u == '"' || u == '\\') {
      p = PutEscape(u, p);
    } else {
      *p++ = c;
    }
  }
  return p;
}

}  // namespace internal

char* JsonText::Enlarge(std::string* string, ByteBuffer* buffer, char* p, size_t left) {
  if (buffer != nullptr) {
    buffer->EndAt(p);
    return buffer->Room(left);
  }
  const auto at = static_cast<size_t>(p - string->data());
  string->resize(at + left);
  return string->data() + at;
}

}  // namespace rtstream
