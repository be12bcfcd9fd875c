#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "absl/status/status.h"
#include "rtstream/base/arena.h"
#include "rtstream/base/bytes.h"

namespace rtstream {

// What a JSON reader takes at most: checked before anything is allocated.
struct JsonLimits {
  size_t record = 1 << 20;    // bytes
  size_t depth = 64;          // of nested objects and arrays, the outermost included; at most 64
  size_t members = 10'000;    // of all objects and arrays of a record together
  size_t key = 1 << 10;       // bytes
  size_t string = 256 << 10;  // bytes as it stands there, escapes and all
  size_t number = 64;         // bytes of its text
};

// Reads one JSON text from the left, strictly: RFC 8259 and UTF-8, no byte order mark, no control
// characters in strings, no lone surrogates. Each method takes one thing off the front and returns
// true, or remembers what went wrong and returns false; then the text is refused and the cursor is of
// no further use. Used by JsonCodecs.
//
// What machines write, no white space, no escapes, plain numbers, takes the short way through the inline
// methods; they leave everything else, and every error, to the whole ones.
//
// Not thread-safe. Lives for one record.
class JsonCursor {
 public:
  // `text`, `arena` and `limits` must outlive the cursor and what it gives out.
  JsonCursor(std::string_view text, Arena& arena, const JsonLimits& limits)
      : begin_(text.data()), p_(text.data()), end_(text.data() + text.size()), arena_(&arena),
        limits_(&limits) {}

  // --- values ---
  // A string's text: a view of the input, or of the arena if it had escapes.
  bool ReadString(std::string_view& out) {
#if defined(__SSE2__)
    // Short and of printable ASCII: its end is in the 16 bytes behind the quote.
    if (end_ - p_ > 16 && *p_ == '"') [[likely]] {
      const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p_ + 1));
      if (const uint32_t stops = StringStops(v); stops != 0) {
        const auto size = static_cast<size_t>(__builtin_ctz(stops));
        if (p_[1 + size] == '"' && size <= limits_->string) [[likely]] {
          value_ = p_;
          out = {p_ + 1, size};
          p_ += size + 2;
          return true;
        }
      }
    }
#endif
    return ReadAnyString(out);
  }
  // A number's characters, by JSON's grammar.
  bool ReadNumber(std::string_view& out);
  // Takes a number of at most 18 digits without exponent, other than -0, that ',' or '}' ends:
  // mantissa * 10^-decimals. False, and nothing taken, if what is next is not of this kind.
  bool TakePlainNumber(int64_t& mantissa, int& decimals) {
    const char* p = p_;
    const bool is_negative = p < end_ && *p == '-';
    if (is_negative) ++p;
    const char* const integer = p;
    uint64_t digits = 0;
    while (p < end_ && IsDigit(*p)) digits = digits * 10 + static_cast<uint64_t>(*p++ - '0');
    const std::ptrdiff_t whole = p - integer;
    if (whole == 0 || (whole > 1 && *integer == '0')) return false;
    std::ptrdiff_t fraction = 0;
    if (p < end_ && *p == '.') {
      const char* const begin = ++p;
      while (p < end_ && IsDigit(*p)) digits = digits * 10 + static_cast<uint64_t>(*p++ - '0');
      fraction = p - begin;
      if (fraction == 0) return false;
    }
    const bool is_minus_zero = is_negative && digits == 0;
    if (p >= end_ || (*p != ',' && *p != '}') || whole + fraction > 18 || is_minus_zero ||
        static_cast<size_t>(p - p_) > limits_->number) {
      return false;
    }
    value_ = p_;
    p_ = p;
    mantissa = is_negative ? -static_cast<int64_t>(digits) : static_cast<int64_t>(digits);
    decimals = static_cast<int>(fraction);
    return true;
  }
  bool ReadBool(bool& out);  // true or false
  // Takes a null if one is next; never fails.
  bool TakeNull();
  // Any value, checked as strictly as one that is read.
  bool SkipValue();

  // --- structure ---
  // The object's opening brace; `is_empty` if it closes at once.
  bool BeginObject(bool& is_empty);
  // The member's name and its colon. If the name is `expected`, `matched` is set and `name` is not.
  bool ReadKey(std::string_view expected, bool& matched, std::string_view& name);
  // Takes a name with its quotes and colon that stands there exactly so, and a value right behind it.
  bool TakeKey(std::string_view quoted) {
    if (static_cast<size_t>(end_ - p_) <= quoted.size() ||
        !internal::EqualBytes(p_, quoted.data(), quoted.size()) || IsSpace(p_[quoted.size()])) {
      return false;
    }
    p_ += quoted.size();
    value_ = p_;
    return true;
  }
  // A comma or the closing brace.
  bool NextMember(bool& is_last) {
    if (end_ - p_ >= 2 && *p_ == ',' && p_[1] == '"') [[likely]] {
      ++p_;
      value_ = nullptr;
      is_last = false;
      return CountMember();
    }
    return NextAnyMember(is_last);
  }
  // Nothing may follow but white space, and the whole must be UTF-8.
  bool Finish();

  // Fails: `want` says what was wanted at the value that is next or was just read.
  bool Fail(std::string_view want);

  // --- for a reader that leaves single values to the cursor ---
  const char* position() const { return p_; }
  // What of Finish() and the limits it has to see to.
  bool has_high_bytes() const { return has_high_bytes_; }
  size_t members() const { return members_; }  // of all objects and arrays so far

  // Why it failed; `field` names the field being read, if any.
  absl::Status ToStatus(std::string_view field) const;

 private:
  void SkipSpace() {
    while (p_ < end_ && static_cast<unsigned char>(*p_) <= ' ' && IsSpace(*p_)) ++p_;
  }
  static bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
  static bool IsDigit(char c) { return static_cast<unsigned char>(c - '0') <= 9; }
#if defined(__SSE2__)
  // A bit for each byte that ends the plain part of a string: a quote, a backslash, a control character
  // or one beyond ASCII.
  static uint32_t StringStops(__m128i v) {
    const __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
    const __m128i slash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
    // Signed: control characters and bytes from 0x80 on are both below 0x20.
    const __m128i low = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20));
    return static_cast<uint32_t>(_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, slash), low)));
  }
#endif
  bool ReadAnyString(std::string_view& out);
  bool NextAnyMember(bool& is_last);
  // From behind the opening quote to behind the closing one; `raw` is what stands between them.
  bool ScanString(size_t limit, std::string_view& raw, bool& has_escapes);
  bool Unescape(std::string_view raw, std::string_view& out);
  bool CheckEscapes(std::string_view raw);
  bool SkipScalar();
  bool Literal(std::string_view word);
  bool CountMember() {
    return ++members_ <= limits_->members || FailAt(p_, "fewer members");
  }
  bool FailAt(const char* at, std::string_view want);

  const char* begin_;
  const char* p_;
  const char* end_;
  Arena* arena_;
  const JsonLimits* limits_;
  bool has_high_bytes_ = false;
  size_t members_ = 0;
  const char* value_ = nullptr;  // where the last value began
  const char* error_at_ = nullptr;
  std::string_view want_;
};

}  // namespace rtstream
