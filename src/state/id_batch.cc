#include "rtstream/state/id_batch.h"

#include <cstring>

namespace rtstream {
namespace {

constexpr size_t kUuidText = 36;

template <typename Word>
Word Load(const char* p) {
  Word v = 0;
  std::memcpy(&v, p, sizeof v);
  return v;
}

// Eight hexadecimal digits, lower case only, as four bytes, all digits at once; false if one is none.
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
  // The first digit is a byte's high half; little endian, as stored formats are.
  nibbles = (nibbles << 4 | nibbles >> 8) & 0x00ff00ff00ff00ff;
  nibbles = (nibbles | nibbles >> 8) & 0x0000ffff0000ffff;
  packed = (nibbles | nibbles >> 16) & 0xffffffff;
  return true;
}

// Only the canonical text is packed, so that packing is reversible and byte equality is kept. Put
// together in registers: bytes that were stored in small pieces are slow to load in larger ones.
bool PackUuid(std::string_view id, uint64_t& low, uint64_t& high) {
  if (id.size() != kUuidText) return false;
  const char* const p = id.data();
  if (p[8] != '-' || p[13] != '-' || p[18] != '-' || p[23] != '-') return false;
  uint64_t a = 0, b = 0, c = 0, d = 0;
  if (!PackDigits(Load<uint64_t>(p), a) ||
      !PackDigits(Load<uint32_t>(p + 9) | uint64_t{Load<uint32_t>(p + 14)} << 32, b) ||
      !PackDigits(Load<uint32_t>(p + 19) | uint64_t{Load<uint32_t>(p + 24)} << 32, c) ||
      !PackDigits(Load<uint64_t>(p + 28), d)) {
    return false;
  }
  low = a | b << 32;
  high = c | d << 32;
  return true;
}

}  // namespace

void IdBatch::Clear() {
  bytes_.clear();
  ends_.clear();
}

void IdBatch::AddText(std::string_view id) {
  uint64_t low = 0, high = 0;
  if (PackUuid(id, low, high)) {
    const size_t at = bytes_.size();
    bytes_.resize(at + 1 + kUuidBytes);
    bytes_[at] = kUuid;
    std::memcpy(bytes_.data() + at + 1, &low, sizeof low);
    std::memcpy(bytes_.data() + at + 1 + sizeof low, &high, sizeof high);
  } else {
    bytes_.push_back(kText);
    bytes_.append(id);
  }
  ends_.push_back(static_cast<uint32_t>(bytes_.size()));
}

}  // namespace rtstream
