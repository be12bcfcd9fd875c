#include "rtstream/base/uuid.h"

#include <array>

#include "rtstream/base/uuid_text.h"

namespace rtstream {
namespace {

constexpr uint8_t kNotHex = 0xff;

constexpr std::array<uint8_t, 256> kHexValue = [] {
  std::array<uint8_t, 256> value{};
  value.fill(kNotHex);
  for (uint8_t i = 0; i < 10; ++i) value[static_cast<size_t>('0' + i)] = i;
  for (uint8_t i = 0; i < 6; ++i) {
    value[static_cast<size_t>('a' + i)] = value[static_cast<size_t>('A' + i)] =
        static_cast<uint8_t>(10 + i);
  }
  return value;
}();

bool IsDashAt(size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

}  // namespace

bool ParseUuid(std::string_view text, Uuid& out) {
  return text.size() == Uuid::kTextSize && internal::ReadUuidText(text.data(), out);
}

bool internal::ReadUuidTextPortable(const char* p, Uuid& out) {
  uint64_t words[2] = {0, 0};
  size_t digits = 0;
  for (size_t i = 0; i < Uuid::kTextSize; ++i) {
    if (IsDashAt(i)) {
      if (p[i] != '-') return false;
      continue;
    }
    const uint8_t value = kHexValue[static_cast<uint8_t>(p[i])];
    if (value == kNotHex) return false;
    uint64_t& word = words[digits++ / 16];
    word = word << 4 | value;
  }
  out = {words[0], words[1]};
  return true;
}

char* internal::PutUuid(const Uuid& uuid, char* p) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  int shift = 60;
  for (size_t i = 0; i < Uuid::kTextSize; ++i) {
    if (IsDashAt(i)) {
      *p++ = '-';
      continue;
    }
    const uint64_t word = i < 18 ? uuid.high : uuid.low;
    *p++ = kDigits[word >> shift & 0xf];
    shift = shift == 0 ? 60 : shift - 4;
  }
  return p;
}

void AppendUuid(const Uuid& uuid, std::string& out) {
  char text[Uuid::kTextSize];
  internal::PutUuid(uuid, text);
  out.append(text, sizeof text);
}

}  // namespace rtstream
