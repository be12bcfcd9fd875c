#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "rtstream/base/page_pool.h"
#include "rtstream/base/pages.h"

// Not for use: a part of KeyIndex.
namespace rtstream::internal {

struct KeySlot {
  uint32_t tag;  // the upper half of the hash
  uint32_t ref;  // of the entry, in units of 16 bytes; 0: empty
};

// An array of slots, empty at first, in pieces of a huge page that are provided and given back from the front.
// Slots stand in the order of their hashes; behind the homes is a tail for what the last ones have no room for.
class KeySlots {
 public:
  static constexpr size_t kPieceBits = 18;
  static constexpr size_t kPiece = size_t{1} << kPieceBits;  // slots
  static_assert(kPiece * sizeof(KeySlot) == Pages::kHugePage);
  // At the fullest, one cluster in ten thousand million that begins at an end is longer.
  static constexpr size_t kLongestTail = 256;

  KeySlots() = default;
  // REQUIRES: `homes` is a power of two. Throws std::bad_alloc for more than a tag can tell.
  explicit KeySlots(size_t homes);

  size_t HomeOf(uint32_t tag) const { return tag >> shift_; }
  KeySlot& operator[](size_t i) const { return at_[i >> kPieceBits][i & (kPiece - 1)]; }
  // The first empty slot from i on. REQUIRES: there is one.
  size_t EmptyFrom(size_t i) const {
    while ((*this)[i].ref != 0) ++i;
    return i;
  }

  size_t homes() const { return homes_; }
  size_t size() const { return size_; }

  // Whether slot i may be used: has memory for the next one, which look-ups come to. False for the last slot,
  // which stays empty so that they end.
  bool ProvideBehind(size_t i, std::vector<Pages>& spare, PagePool* pool) {
    if (i + 1 < provided_) [[likely]] return true;
    if (i + 1 == size_) return false;
    Provide(i + 1, spare, pool);
    return true;
  }
  // Has memory for the slots up to i, or the last one, taken from `spare` or the pool.
  void Provide(size_t i, std::vector<Pages>& spare, PagePool* pool);
  // Moves the memory of pieces that end before slot i to `spare`. REQUIRES: their slots are empty.
  void GiveBack(size_t i, std::vector<Pages>& spare);
  // Has the system give the memory that was provided now.
  void Touch();

  size_t memory() const;

 private:
  size_t homes_ = 0;
  size_t size_ = 0;
  size_t provided_ = 0;
  int shift_ = 0;
  size_t given_back_ = 0;  // pieces
  std::vector<Pages> pieces_;
  std::vector<KeySlot*> at_;
};

}  // namespace rtstream::internal
