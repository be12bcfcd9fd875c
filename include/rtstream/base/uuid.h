#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rtstream {

// A 128-bit identifier in the form of RFC 9562. As a type of its own it takes 16 bytes where its text
// takes 36, and tables of them need no text: prefer it for ids that are UUIDs.
//
// Two are equal when their bits are: the case of the text's letters does not count, and the version
// field is not looked at.
struct Uuid {
  uint64_t high = 0;  // the first 16 digits
  uint64_t low = 0;   // the last 16 digits

  static constexpr size_t kTextSize = 36;  // bytes of its text: 32 digits and 4 hyphens

  friend bool operator==(const Uuid&, const Uuid&) = default;
  friend auto operator<=>(const Uuid&, const Uuid&) = default;  // the order of the texts
};

// Reads 36 characters, 8-4-4-4-12 hexadecimal digits of either case: 1b4e28ba-2fa1-4d3b-a3f5-ef19b5a7633b.
// False, and `out` unchanged: the text is something else.
bool ParseUuid(std::string_view text, Uuid& out);

// Appends the same form, in lower case.
void AppendUuid(const Uuid& uuid, std::string& out);

namespace internal {
// Puts the same text at `p`, where Uuid::kTextSize bytes fit; returns its end.
char* PutUuid(const Uuid& uuid, char* p);
}  // namespace internal

}  // namespace rtstream
