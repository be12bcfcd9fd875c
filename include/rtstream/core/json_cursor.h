#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "rtstream/base/arena.h"

namespace rtstream {

// What a JSON reader takes at most: checked before anything is allocated.
struct JsonLimits {
  size_t record = 1 << 20;  // bytes
  size_t depth = 64;        // of nested objects and arrays, the outermost included; at most 64
  size_t members = 10'000;  // of all objects and arrays of a record together
  size_t key = 1 << 10;     // bytes
  size_t string = 256 << 10;
  size_t number = 64;
};

// Reads one JSON text from the left, strictly: RFC 8259 and UTF-8, no byte order mark, no control
// characters in strings, no lone surrogates. Each method takes one thing off the front and returns
// true, or remembers what went wrong and returns false; then the text is refused and the cursor is of
// no further use. Used by JsonCodecs.
//
// Not thread-safe. Lives for one record.
class JsonCursor {
 public:
  JsonCursor(std::string_view text, Arena& arena, const JsonLimits& limits)
      : begin_(text.data()), p_(text.data()), end_(text.data() + text.size()), arena_(&arena),
        limits_(&limits) {}

  // --- values ---
  // A string's text: a view of the input, or of the arena if it had escapes.
  bool ReadString(std::string_view& out);
  // A number's characters, by JSON's grammar.
  bool ReadNumber(std::string_view& out);
  bool ReadBool(bool& out);
  // Takes a null if one is next; never fails.
  bool TakeNull();
  // Any value, checked as strictly as one that is read.
  bool SkipValue();

  // --- structure ---
  // The object's opening brace; `is_empty` if it closes at once.
  bool BeginObject(bool& is_empty);
  // The member's name and its colon. If the name is `expected`, `matched` is set and `name` is not.
  bool ReadKey(std::string_view expected, bool& matched, std::string_view& name);
  // A comma or the closing brace.
  bool NextMember(bool& is_last);
  // Nothing may follow but white space, and the whole must be UTF-8.
  bool Finish();

  // Fails: `want` says what was wanted at the value that is next or was just read.
  bool Fail(std::string_view want);

  // Why it failed; `field` names the field being read, if any.
  absl::Status ToStatus(std::string_view field) const;

 private:
  void SkipSpace() {
    while (p_ < end_ && static_cast<unsigned char>(*p_) <= ' ' && IsSpace(*p_)) ++p_;
  }
  static bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
  // From behind the opening quote to behind the closing one; `raw` is what stands between them.
  bool ScanString(size_t limit, std::string_view& raw, bool& has_escapes);
  bool Unescape(std::string_view raw, std::string_view& out);
  bool CheckEscapes(std::string_view raw);
  bool SkipScalar();
  bool Literal(std::string_view word);
  bool CountMember();
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
