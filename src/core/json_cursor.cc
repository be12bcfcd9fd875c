#include "rtstream/core/json_cursor.h"

#include <simdjson.h>

#include <bit>
#include <cstring>

#include "rtstream/base/text.h"

namespace rtstream {
namespace {

bool IsDigit(char c) { return static_cast<unsigned char>(c - '0') <= 9; }

// What stands at `p`, for messages: a kind, never the bytes.
std::string_view KindAt(const char* p, const char* end) {
  if (p >= end) return "the end";
  switch (*p) {
    case '{': return "an object";
    case '[': return "an array";
    case '"': return "a string";
    case 't': case 'f': return "a boolean";
    case 'n': return "null";
    default: break;
  }
  if (*p != '-' && !IsDigit(*p)) return "another character";
  for (; p < end && (IsDigit(*p) || *p == '-'); ++p) {
  }
  if (p < end && *p == '.') return "a number with a fraction";
  if (p < end && (*p == 'e' || *p == 'E')) return "a number with an exponent";
  return "a number";
}

int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The four digits behind "\u", or -1.
int32_t HexFour(const char* p, const char* end) {
  if (end - p < 4) return -1;
  int32_t v = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = HexDigit(p[i]);
    if (digit < 0) return -1;
    v = v << 4 | digit;
  }
  return v;
}

size_t PutUtf8(uint32_t c, char* out) {
  if (c < 0x80) {
    out[0] = static_cast<char>(c);
    return 1;
  }
  if (c < 0x800) {
    out[0] = static_cast<char>(0xc0 | c >> 6);
    out[1] = static_cast<char>(0x80 | (c & 0x3f));
    return 2;
  }
  if (c < 0x10000) {
    out[0] = static_cast<char>(0xe0 | c >> 12);
    out[1] = static_cast<char>(0x80 | (c >> 6 & 0x3f));
    out[2] = static_cast<char>(0x80 | (c & 0x3f));
    return 3;
  }
  out[0] = static_cast<char>(0xf0 | c >> 18);
  out[1] = static_cast<char>(0x80 | (c >> 12 & 0x3f));
  out[2] = static_cast<char>(0x80 | (c >> 6 & 0x3f));
  out[3] = static_cast<char>(0x80 | (c & 0x3f));
  return 4;
}

// One escape from behind its backslash: the length it takes, 0 if it is none, and the character.
size_t ReadEscape(const char* p, const char* end, uint32_t& c) {
  if (p >= end) return 0;
  switch (*p) {
    case '"': case '\\': case '/': c = static_cast<unsigned char>(*p); return 1;
    case 'b': c = '\b'; return 1;
    case 'f': c = '\f'; return 1;
    case 'n': c = '\n'; return 1;
    case 'r': c = '\r'; return 1;
    case 't': c = '\t'; return 1;
    case 'u': break;
    default: return 0;
  }
  const int32_t first = HexFour(p + 1, end);
  if (first < 0 || (first >= 0xdc00 && first <= 0xdfff)) return 0;
  if (first < 0xd800 || first > 0xdbff) {
    c = static_cast<uint32_t>(first);
    return 5;
  }
  if (end - p < 11 || p[5] != '\\' || p[6] != 'u') return 0;
  const int32_t second = HexFour(p + 7, end);
  if (second < 0xdc00 || second > 0xdfff) return 0;
  c = 0x10000 + (static_cast<uint32_t>(first - 0xd800) << 10 |
                 static_cast<uint32_t>(second - 0xdc00));
  return 11;
}

// The first character that is no UTF-8.
const char* FirstNotUtf8(const char* p, const char* end) {
  while (p < end) {
    const auto c = static_cast<unsigned char>(*p);
    const std::ptrdiff_t size = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (end - p < size || !simdjson::validate_utf8(p, static_cast<size_t>(size))) break;
    p += size;
  }
  return p;
}

}  // namespace

bool JsonCursor::FailAt(const char* at, std::string_view want) {
  if (error_at_ == nullptr) {
    error_at_ = at;
    want_ = want;
  }
  return false;
}

bool JsonCursor::Fail(std::string_view want) {
  return FailAt(value_ == nullptr ? p_ : value_, want);
}

absl::Status JsonCursor::ToStatus(std::string_view field) const {
  return absl::InvalidArgumentError(Concat(field, field.empty() ? "" : ": ", "want ", want_,
                                           ", got ", KindAt(error_at_, end_), " at byte ",
                                           error_at_ - begin_));
}

bool JsonCursor::ScanString(size_t limit, std::string_view& raw, bool& has_escapes) {
  const char* const begin = p_;
  const char* p = p_;
  has_escapes = false;
  for (;;) {
#if defined(__SSE2__)
    while (end_ - p >= 16) {
      const uint32_t stops = StringStops(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
      if (stops != 0) {
        p += std::countr_zero(stops);
        break;
      }
      p += 16;
    }
#endif
    if (p >= end_) return FailAt(end_, "a closing quote");
    const auto c = static_cast<unsigned char>(*p);
    if (c == '"') break;
    if (c == '\\') {
      has_escapes = true;
      p += end_ - p < 2 ? 1 : 2;
    } else if (c < 0x20) {
      return FailAt(p, "no control character in a string");
    } else {
      has_high_bytes_ |= c >= 0x80;
      ++p;
    }
  }
  raw = {begin, static_cast<size_t>(p - begin)};
  if (raw.size() > limit) return FailAt(begin, "a shorter string");
  p_ = p + 1;
  return true;
}

bool JsonCursor::Unescape(std::string_view raw, std::string_view& out) {
  char* const to = arena_->Allocate(raw.size());
  size_t n = 0;
  for (const char *p = raw.data(), *const end = p + raw.size(); p < end;) {
    if (*p != '\\') {
      to[n++] = *p++;
      continue;
    }
    uint32_t c = 0;
    const size_t length = ReadEscape(p + 1, end, c);
    if (length == 0) return FailAt(p, "an escape of RFC 8259");
    n += PutUtf8(c, to + n);
    p += 1 + length;
  }
  out = {to, n};
  return true;
}

bool JsonCursor::CheckEscapes(std::string_view raw) {
  for (const char *p = raw.data(), *const end = p + raw.size(); p < end;) {
    if (*p != '\\') {
      ++p;
      continue;
    }
    uint32_t c = 0;
    const size_t length = ReadEscape(p + 1, end, c);
    if (length == 0) return FailAt(p, "an escape of RFC 8259");
    p += 1 + length;
  }
  return true;
}

bool JsonCursor::ReadAnyString(std::string_view& out) {
  value_ = p_;
  if (p_ >= end_ || *p_ != '"') return FailAt(p_, "a string");
  ++p_;
  bool has_escapes = false;
  if (!ScanString(limits_->string, out, has_escapes)) return false;
  return !has_escapes || Unescape(out, out);
}

bool JsonCursor::ReadNumber(std::string_view& out) {
  value_ = p_;
  const char* p = p_;
  if (p < end_ && *p == '-') ++p;
  const char* const integer = p;
  while (p < end_ && IsDigit(*p)) ++p;
  if (p == integer || (p - integer > 1 && *integer == '0')) return FailAt(p_, "a number");
  if (p < end_ && *p == '.') {
    const char* const fraction = ++p;
    while (p < end_ && IsDigit(*p)) ++p;
    if (p == fraction) return FailAt(p, "a digit");
  }
  if (p < end_ && (*p == 'e' || *p == 'E')) {
    ++p;
    if (p < end_ && (*p == '+' || *p == '-')) ++p;
    const char* const exponent = p;
    while (p < end_ && IsDigit(*p)) ++p;
    if (p == exponent) return FailAt(p, "a digit");
  }
  out = {p_, static_cast<size_t>(p - p_)};
  if (out.size() > limits_->number) return FailAt(p_, "a shorter number");
  p_ = p;
  return true;
}

bool JsonCursor::Literal(std::string_view word) {
  if (static_cast<size_t>(end_ - p_) < word.size() ||
      std::memcmp(p_, word.data(), word.size()) != 0) {
    return false;
  }
  p_ += word.size();
  return true;
}

bool JsonCursor::ReadBool(bool& out) {
  value_ = p_;
  out = Literal("true");
  return out || Literal("false") || FailAt(p_, "true or false");
}

bool JsonCursor::TakeNull() { return Literal("null"); }

bool JsonCursor::SkipScalar() {
  if (p_ >= end_) return FailAt(p_, "a value");
  std::string_view raw;
  switch (*p_) {
    case '"': {
      bool has_escapes = false;
      ++p_;
      return ScanString(limits_->string, raw, has_escapes) && (!has_escapes || CheckEscapes(raw));
    }
    case 't': return Literal("true") || FailAt(p_, "true");
    case 'f': return Literal("false") || FailAt(p_, "false");
    case 'n': return Literal("null") || FailAt(p_, "null");
    default: return *p_ == '-' || IsDigit(*p_) ? ReadNumber(raw) : FailAt(p_, "a value");
  }
}

bool JsonCursor::SkipValue() {
  value_ = p_;
  // One bit a level: whether it is an object. The record's own object is level one.
  uint64_t is_object = 0;
  size_t depth = 0;
  for (;;) {
    const bool opens = p_ < end_ && (*p_ == '{' || *p_ == '[');
    if (opens) {
      if (depth + 2 > limits_->depth || depth + 1 >= 64) return FailAt(p_, "less nesting");
      const bool object = *p_ == '{';
      is_object = is_object << 1 | (object ? 1 : 0);
      ++depth;
      ++p_;
      SkipSpace();
      if (p_ >= end_ || *p_ != (object ? '}' : ']')) {
        if (!CountMember()) return false;
        if (object) {
          bool matched = false;
          std::string_view name;
          if (!ReadKey({}, matched, name)) return false;
        }
        continue;
      }
      ++p_;
      is_object >>= 1;
      --depth;
    } else if (!SkipScalar()) {
      return false;
    }
    // A value has ended: close what closes behind it, or go on to the next one.
    while (depth > 0) {
      SkipSpace();
      const bool object = (is_object & 1) != 0;
      if (p_ < end_ && *p_ == ',') {
        ++p_;
        SkipSpace();
        if (!CountMember()) return false;
        if (object) {
          bool matched = false;
          std::string_view name;
          if (!ReadKey({}, matched, name)) return false;
        }
        break;
      }
      if (p_ >= end_ || *p_ != (object ? '}' : ']')) {
        return FailAt(p_, object ? "',' or '}'" : "',' or ']'");
      }
      ++p_;
      is_object >>= 1;
      --depth;
    }
    if (depth == 0) return true;
  }
}

bool JsonCursor::BeginObject(bool& is_empty) {
  if (static_cast<size_t>(end_ - p_) > limits_->record) return FailAt(p_, "a shorter record");
  SkipSpace();
  if (p_ >= end_ || *p_ != '{') return FailAt(p_, "an object");
  ++p_;
  SkipSpace();
  is_empty = p_ < end_ && *p_ == '}';
  if (is_empty) ++p_;
  return is_empty || CountMember();
}

bool JsonCursor::ReadKey(std::string_view expected, bool& matched, std::string_view& name) {
  value_ = nullptr;
  if (p_ >= end_ || *p_ != '"') return FailAt(p_, "a member's name");
  const size_t n = expected.size();
  matched = n != 0 && static_cast<size_t>(end_ - p_) > n + 2 && p_[n + 1] == '"' &&
            internal::EqualBytes(p_ + 1, expected.data(), n);
  if (matched) {
    p_ += n + 2;
  } else {
    ++p_;
    bool has_escapes = false;
    if (!ScanString(limits_->key, name, has_escapes)) return false;
    if (has_escapes && !Unescape(name, name)) return false;
  }
  SkipSpace();
  if (p_ >= end_ || *p_ != ':') return FailAt(p_, "':'");
  ++p_;
  SkipSpace();
  value_ = p_;
  return true;
}

bool JsonCursor::NextAnyMember(bool& is_last) {
  SkipSpace();
  value_ = nullptr;
  if (p_ < end_ && *p_ == ',') {
    ++p_;
    SkipSpace();
    is_last = false;
    return CountMember();
  }
  if (p_ >= end_ || *p_ != '}') return FailAt(p_, "',' or '}'");
  ++p_;
  is_last = true;
  return true;
}

bool JsonCursor::Finish() {
  SkipSpace();
  if (p_ != end_) return FailAt(p_, "nothing behind the object");
  if (has_high_bytes_ && !simdjson::validate_utf8(begin_, static_cast<size_t>(end_ - begin_))) {
    return FailAt(FirstNotUtf8(begin_, end_), "UTF-8");
  }
  return true;
}

}  // namespace rtstream
