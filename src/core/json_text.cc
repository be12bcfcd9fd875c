#include "rtstream/core/json_text.h"

#include <array>
#include <charconv>

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
// cleared in the result. May be wrong about bytes behind one that does.
bool AnyNeedsEscape(uint64_t v) {
  constexpr uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
  const uint64_t quote = v ^ kOnes * '"', slash = v ^ kOnes * '\\';
  return ((((v - kOnes * 0x20) | (quote - kOnes) | (slash - kOnes)) & ~v) & kHigh) != 0;
}

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

void JsonText::Characters(std::string_view text) {
  const char* from = text.data();
  const char* const end = from + text.size();
  char* p = p_;
  while (from < end) {
    for (; end - from >= 8; from += 8, p += 8) {
      uint64_t v = 0;
      std::memcpy(&v, from, sizeof v);
      if (AnyNeedsEscape(v)) break;
      std::memcpy(p, &v, sizeof v);
    }
    // The rest, or up to and with what needs an escape.
    while (from < end) {
      const auto c = static_cast<unsigned char>(*from++);
      if (kNeedsEscape[c]) {
        p = PutEscape(c, p);
        break;
      }
      *p++ = static_cast<char>(c);
    }
  }
  p_ = p;
}

void JsonText::Integer(int64_t v) { p_ = std::to_chars(p_, p_ + kNumberBound, v).ptr; }
void JsonText::Unsigned(uint64_t v) { p_ = std::to_chars(p_, p_ + kNumberBound, v).ptr; }
void JsonText::Decimal(Int128 mantissa, int scale) {
  p_ = internal::PutDecimal(mantissa, scale, p_);
}
void JsonText::Time(rtstream::Time t) {
  *p_++ = '"';
  p_ = internal::PutRfc3339(t, p_);
  *p_++ = '"';
}

}  // namespace rtstream
