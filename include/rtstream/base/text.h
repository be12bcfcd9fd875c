#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace rtstream {

namespace internal {

// One argument of Concat: a text, or an integer as its decimal digits. A char is refused: it would be
// taken for a number.
class ConcatPiece {
 public:
  ConcatPiece(std::string_view text) : text_(text) {}            // NOLINT: implicit by design
  ConcatPiece(const char* text) : text_(text) {}                 // NOLINT
  ConcatPiece(const std::string& text) : text_(text) {}          // NOLINT
  template <std::integral I>
    requires(!std::same_as<I, char>)
  ConcatPiece(I value) {                                         // NOLINT
    text_ = {digits_, static_cast<size_t>(
                          std::to_chars(digits_, digits_ + sizeof digits_, value).ptr - digits_)};
  }
  ConcatPiece(const ConcatPiece&) = delete;
  ConcatPiece& operator=(const ConcatPiece&) = delete;

  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
  char digits_[24];
};

std::string ConcatPieces(std::initializer_list<std::string_view> pieces);

}  // namespace internal

// The arguments, texts and integers, as one string. Speaks std::string_view on every platform.
template <typename... Args>
std::string Concat(const Args&... args) {
  return internal::ConcatPieces({internal::ConcatPiece(args).text()...});
}

// A status' message as a standard view; valid as long as the status.
inline std::string_view MessageOf(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

}  // namespace rtstream
