#include "rtstream/state/id_batch.h"

#include <cstring>

#include "rtstream/base/uuid.h"

namespace rtstream {
namespace {

template <typename Word>
Word Load(const char* p) {
  Word v = 0;
  std::memcpy(&v, p, sizeof v);
  return v;
}

// Eight hexadecimal digits, lower case only, as four bytes in their order, all digits at once; false if one
// is none.
bool PackDigits(uint64_t v, uint64_t& packed) {
  constexpr uint64_t kOnes = 0x0101010101010101, kHigh = 0x80 * kOnes;
  if ((v & kHigh) != 0) return false;
  // A byte's high bit is set by the first addend if it is at least the range's begin, and by the second
  // if it is beyond the end.
  const auto in_range = [&](uint64_t first, uint64_t last) {
    return (v + (0x80 - first) * kOnes) & ~(v + (0x7f - last) * kOnes) & kHigh;
  };
  const uint64_t letters = in_range('a', 'f');
  if ((in_range('0', '9') | letters) != kHigh) return false;
  uint64_t nibbles = (v & 0x0f * kOnes) + (letters >> 7) * 9;
  // The first digit is a byte's high half.
  nibbles = (nibbles << 4 | nibbles >> 8) & 0x00ff00ff00ff00ff;
  nibbles = (nibbles | nibbles >> 8) & 0x0000ffff0000ffff;
  packed = (nibbles | nibbles >> 16) & 0xffffffff;
  return true;
}

// Only the canonical text, so that it can be made of the number again and byte equality is kept.
bool PackUuid(std::string_view id, Word128& number) {
  if (id.size() != Uuid::kTextSize) return false;
  const char* const p = id.data();
  if (p[8] != '-' || p[13] != '-' || p[18] != '-' || p[23] != '-') return false;
  uint64_t a = 0, b = 0, c = 0, d = 0;
  if (!PackDigits(Load<uint64_t>(p), a) ||
      !PackDigits(Load<uint32_t>(p + 9) | uint64_t{Load<uint32_t>(p + 14)} << 32, b) ||
      !PackDigits(Load<uint32_t>(p + 19) | uint64_t{Load<uint32_t>(p + 24)} << 32, c) ||
      !PackDigits(Load<uint64_t>(p + 28), d)) {
    return false;
  }
  number = {__builtin_bswap64(a | b << 32), __builtin_bswap64(c | d << 32)};
  return true;
}

}  // namespace

void IdBatch::Clear() {
  high_.clear();
  low_.clear();
  text_ends_.clear();
  texts_.clear();
  has_texts_ = false;
}

void IdBatch::ResetToNumbers(size_t n) {
  texts_.clear();
  has_texts_ = false;
  high_.resize(n);
  low_.resize(n);
  text_ends_.assign(n, kNumber);
}

void IdBatch::AddText(std::string_view id) {
  if (Word128 number; PackUuid(id, number)) {
    AddNumber(number);
  } else {
    AddBytes([id](std::string& out) { out.append(id); });
  }
}

}  // namespace rtstream
