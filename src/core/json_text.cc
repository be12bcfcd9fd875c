#include "rtstream/core/json_text.h"

#include <array>
#include <charconv>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace rtstream {
namespace {

// Characters that a JSON string cannot hold as they are.
constexpr auto kNeedsEscape = [] {
  std::array<bool, 256> table{};
  for (size_t c = 0; c < 0x20; ++c) table[c] = true;
  table['"'] = table['\\'] = true;
  return table;
}();

// Not 0 if any of eight bytes needs an escape: a quote, a backslash, or below 0x20. The tests are those of
// "Bit Twiddling Hacks" (S. E. Anderson); bytes from 0x80 on never match, since their high bit is
// cleared in the result.
uint64_t EscapeBits(uint64_t v) {
  constexpr uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
  const uint64_t quote = v ^ kOnes * '"', slash = v ^ kOnes * '\\';
  return (((v - kOnes * 0x20) | (quote - kOnes) | (slash - kOnes)) & ~v) & kHigh;
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
  const char* const from = text.data();
  const size_t n = text.size();
#ifdef __SSE2__
  if (n >= 16) {
    // As below, sixteen at a time.
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), last = _mm_set1_epi8(0x1f);
    __m128i needs_escape = _mm_setzero_si128();
    const auto copy = [&](size_t i) {
      const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i));
      const __m128i is_control = _mm_cmpeq_epi8(_mm_min_epu8(v, last), v);
      needs_escape = _mm_or_si128(
          needs_escape,
          _mm_or_si128(is_control, _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash))));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(p_ + i), v);
    };
    for (size_t i = 0; i + 16 < n; i += 16) copy(i);
    copy(n - 16);
    if (_mm_movemask_epi8(needs_escape) != 0) [[unlikely]] return EscapedCharacters(text);
    p_ += n;
    return;
  }
#endif
  if (n >= 8) {
    // Words, the last of which may overlap the one before.
    uint64_t needs_escape = 0, v = 0;
    for (size_t i = 0; i + 8 < n; i += 8) {
      std::memcpy(&v, from + i, sizeof v);
      needs_escape |= EscapeBits(v);
      std::memcpy(p_ + i, &v, sizeof v);
    }
    std::memcpy(&v, from + n - 8, sizeof v);
    needs_escape |= EscapeBits(v);
    std::memcpy(p_ + n - 8, &v, sizeof v);
    if (needs_escape != 0) [[unlikely]] return EscapedCharacters(text);
  } else {
    for (size_t i = 0; i < n; ++i) {
      if (kNeedsEscape[static_cast<unsigned char>(from[i])]) return EscapedCharacters(text);
      p_[i] = from[i];
    }
  }
  p_ += n;
}

void JsonText::EscapedCharacters(std::string_view text) {
  constexpr size_t kLongestEscape = 6;
  const auto at = static_cast<size_t>(p_ - out_->data());
  out_->resize(out_->size() + (kLongestEscape - 1) * text.size());
  p_ = out_->data() + at;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (kNeedsEscape[u]) {
      p_ = PutEscape(u, p_);
    } else {
      *p_++ = c;
    }
  }
}

void JsonText::Integer(int64_t v) {
  // Quantities and versions: one digit, mostly.
  if (static_cast<uint64_t>(v) < 10) {
    *p_++ = static_cast<char>('0' + v);
    return;
  }
  p_ = std::to_chars(p_, p_ + kNumberBound, v).ptr;
}
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
