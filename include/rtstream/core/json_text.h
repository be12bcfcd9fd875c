#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "rtstream/base/byte_buffer.h"
#include "rtstream/base/decimal.h"
#include "rtstream/base/digits.h"
#include "rtstream/base/time.h"
#include "rtstream/base/uuid.h"
#include "rtstream/core/json_characters.h"

namespace rtstream {

// Writes JSON behind the end of a string or a ByteBuffer, at the speed of copying: room for a whole line is
// made once, and nothing is checked after that but whether characters need an escape; for those room is
// added.
//
//   JsonText text(out, JsonText::StringBound(sku) + JsonText::kNumberBound + 32);
//   text.Raw("{\"sku\":");
//   text.String(sku);
//   text.Raw(",\"units\":");
//   text.Integer(units);
//   text.Raw("}");
//
// REQUIRES: no more than `bound` bytes are written; `out` is not touched in between. It has its final size
// when the JsonText is destroyed. A ByteBuffer costs less: a string clears the room first.
//
// Where it writes is kept in a register as long as only its own methods, which are all inlined, see it: a
// function that takes a JsonText& should be inlined, too.
class JsonText {
 public:
  JsonText(std::string& out, size_t bound) : string_(&out) {
    const size_t size = out.size();
    // A string that grows by a line a time must grow by halves all the same.
    if (out.capacity() < size + bound) out.reserve(2 * (size + bound));
    out.resize(size + bound);
    p_ = out.data() + size;
    end_ = p_ + bound;
  }
  // `bound`: bytes that will be written at most; room is made for them here.
  JsonText(ByteBuffer& out, size_t bound) : buffer_(&out), p_(out.Room(bound)), end_(p_ + bound) {}
  ~JsonText() {
    assert(p_ <= end_ && "more was written than the bound says");
    if (buffer_ != nullptr) {
      buffer_->EndAt(p_);
    } else {
      string_->resize(static_cast<size_t>(p_ - string_->data()));
    }
  }
  JsonText(const JsonText&) = delete;
  JsonText& operator=(const JsonText&) = delete;

  // Bytes that a value takes at most, escapes aside.
  static constexpr size_t StringBound(std::string_view text) { return text.size() + 2; }
  static constexpr size_t kNumberBound = 48;  // bytes of the longest number
  static constexpr size_t kTimeBound = 32;    // bytes of the longest time

  // As it stands: punctuation, names.
  [[gnu::always_inline]] void Raw(std::string_view text) {
    std::memcpy(p_, text.data(), text.size());
    p_ += text.size();
  }
  // The same for a text of known length, which is a move or two.
  template <size_t N>
  [[gnu::always_inline]] void Raw(const char (&text)[N]) {
    std::memcpy(p_, text, N - 1);
    p_ += N - 1;
  }
  // Constant text, as it is.
  template <size_t N>
  [[gnu::always_inline]] void Raw(const std::array<char, N>& text) {
    std::memcpy(p_, text.data(), N);
    p_ += N;
  }
  // A string, quotes included. REQUIRES: UTF-8.
  [[gnu::always_inline]] void String(std::string_view text) {
    *p_++ = '"';
    Characters(text);
    *p_++ = '"';
  }
  // A string's characters, without the quotes.
  [[gnu::always_inline]] void Characters(std::string_view text) {
    if (internal::PutJsonCharacters(text, p_)) [[likely]] {
      p_ += text.size();
    } else {
      const size_t left =
          static_cast<size_t>(end_ - p_) + (internal::kLongestJsonEscape - 1) * text.size();
      p_ = Enlarge(string_, buffer_, p_, left);
      end_ = p_ + left;
      p_ = internal::PutEscapedJsonCharacters(text, p_);
    }
  }
  [[gnu::always_inline]] void Integer(int64_t v) { p_ = internal::PutSigned(v, p_); }  // in digits
  // In digits.
  [[gnu::always_inline]] void Unsigned(uint64_t v) { p_ = internal::PutUnsigned(v, p_); }
  // Without exponent or trailing zeros.
  template <int kScale>
  [[gnu::always_inline]] void Decimal(const rtstream::Decimal<kScale>& v) {
    PutDecimal<kScale>(v.mantissa);
  }
  // With kScale decimals, those that are zero at the end left out.
  template <int kScale>
  [[gnu::always_inline]] void Decimal(const WideDecimal<kScale>& v) {
    PutDecimal<kScale>(v.mantissa);
  }
  // RFC 3339, quotes included. REQUIRES: 0000 <= year <= 9999.
  [[gnu::always_inline]] void Time(rtstream::Time t) {
    *p_++ = '"';
    p_ = internal::PutRfc3339(t, p_);
    *p_++ = '"';
  }
  // Quotes included.
  [[gnu::always_inline]] void Uuid(const rtstream::Uuid& uuid) {
    *p_++ = '"';
    p_ = internal::PutUuid(uuid, p_);
    *p_++ = '"';
  }

 private:
  template <int kScale>
  [[gnu::always_inline]] void PutDecimal(Int128 mantissa) {
    if constexpr (0 < kScale && kScale <= 8) {
      if (0 <= mantissa && mantissa <= INT64_MAX) [[likely]] {
        p_ = internal::PutScaled<kScale>(static_cast<uint64_t>(mantissa), p_);
        return;
      }
    }
    p_ = internal::PutDecimal(mantissa, kScale, p_);
  }
  // Has room for `left` bytes from `p` on; returns where that is now.
  static char* Enlarge(std::string* string, ByteBuffer* buffer, char* p, size_t left);

  std::string* string_ = nullptr;
  ByteBuffer* buffer_ = nullptr;
  char* p_;
  char* end_;  // of the room
};

}  // namespace rtstream
