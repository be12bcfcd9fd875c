#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "rtstream/base/decimal.h"
#include "rtstream/base/time.h"
#include "rtstream/base/uuid.h"

namespace rtstream {

// Writes JSON behind the end of a string, at the speed of copying: room for a whole line is made once, and
// nothing is checked after that but whether characters need an escape; for those room is added.
//
//   JsonText text(out, JsonText::StringBound(sku) + JsonText::kNumberBound + 32);
//   text.Raw("{\"sku\":");
//   text.String(sku);
//   text.Raw(",\"units\":");
//   text.Integer(units);
//   text.Raw("}");
//
// REQUIRES: no more than `bound` bytes are written; the string is not touched in between. The string has
// its final size when the JsonText is destroyed.
class JsonText {
 public:
  JsonText(std::string& out, size_t bound) : out_(&out) {
    const size_t size = out.size();
    // A string that grows by a line a time must grow by halves all the same.
    if (out.capacity() < size + bound) out.reserve(2 * (size + bound));
    out.resize(size + bound);
    p_ = out.data() + size;
  }
  ~JsonText() {
    const auto size = static_cast<size_t>(p_ - out_->data());
    // The string still has the size that the bound gave it.
    assert(size <= out_->size() && "more was written than the bound says");
    out_->resize(size);
  }
  JsonText(const JsonText&) = delete;
  JsonText& operator=(const JsonText&) = delete;

  // Bytes that a value takes at most, escapes aside.
  static constexpr size_t StringBound(std::string_view text) { return text.size() + 2; }
  static constexpr size_t kNumberBound = 48;
  static constexpr size_t kTimeBound = 32;

  // As it stands: punctuation, names.
  void Raw(std::string_view text) {
    std::memcpy(p_, text.data(), text.size());
    p_ += text.size();
  }
  // The same for a text of known length, which is a move or two.
  template <size_t N>
  void Raw(const char (&text)[N]) {
    std::memcpy(p_, text, N - 1);
    p_ += N - 1;
  }
  template <size_t N>
  void Raw(const std::array<char, N>& text) {
    std::memcpy(p_, text.data(), N);
    p_ += N;
  }
  // A string, quotes included. REQUIRES: UTF-8.
  void String(std::string_view text) {
    *p_++ = '"';
    Characters(text);
    *p_++ = '"';
  }
  // A string's characters, without the quotes.
  void Characters(std::string_view text);
  void Integer(int64_t v);
  void Unsigned(uint64_t v);
  // mantissa * 10^-scale, without exponent or trailing zeros.
  void Decimal(Int128 mantissa, int scale);
  // RFC 3339, quotes included. REQUIRES: 0000 <= year <= 9999.
  void Time(rtstream::Time t);
  // Quotes included.
  void Uuid(const rtstream::Uuid& uuid) {
    *p_++ = '"';
    p_ = internal::PutUuid(uuid, p_);
    *p_++ = '"';
  }

 private:
  // Writes characters of which some need an escape.
  void EscapedCharacters(std::string_view text);

  std::string* out_;
  char* p_;
};

}  // namespace rtstream
