#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "rtstream/base/hash.h"
#include "rtstream/state/block_arena.h"
#include "rtstream/state/packed_table.h"
#include "rtstream/state/sort_keys.h"

namespace rtstream::internal {

// The sums of one window by packed key of 8 bytes. Keys keep their places when the window closes, so that a
// key of the last window costs the next one a look at one cache line: a slot counts if it is marked.
//
// Open addressing from an even slot on; whoever adds to sums (op/window_adder.h) looks at a key's first two
// slots without a branch, with the view. Not thread-safe: a lane owns it.
template <typename V>
class WindowTable {
 public:
  using Slot = PackedEntry<uint64_t, V>;

  // Marks of a slot.
  static constexpr uint8_t kCounts = 1;   // its key came in this window
  static constexpr uint8_t kChanged = 2;  // since the last commit
  static constexpr uint8_t kBoth = 3;

  // What a loop over rows keeps in registers; valid until a key is made.
  struct View {
    Slot* slots;
    uint8_t* marks;
    size_t mask;
    SecretProduct hash;

    size_t Home(uint64_t key) const { return hash(key) & mask; }
  };

  // A key's sum, its mark, and the slice that it was made with.
  struct Place {
    V* value;
    uint8_t* mark;
    uint8_t slice;
  };

  // The zero key has a place of its own: the slot of a zero key is empty.
  static constexpr uint32_t kZeroSlot = ~uint32_t{0};

  // `has_slices`: keeps the slice that each key was made with. `arena` must outlive it.
  WindowTable(BlockArena& arena, bool has_slices) : arena_(&arena), has_slices_(has_slices) {
    Make(kFewest);
  }
  ~WindowTable() { GiveBack(); }
  WindowTable(const WindowTable&) = delete;
  WindowTable& operator=(const WindowTable&) = delete;

  View view() const { return {slots_, marks_, Mask(), hash_}; }
  // Bytes that a look-up may touch: whether asking for them ahead is worth while.
  size_t footprint() const { return capacity_ * sizeof(Slot); }
  // Changes when places do.
  size_t capacity() const { return capacity_; }

  // The key's place; made, with a default value and without marks, if there is none.
  [[gnu::noinline]] Place At(uint64_t key, uint8_t slice) {
    if (key == 0) {
      if (zero_mark_ == 0) zero_slice_ = slice;
      return {&zero_.value, &zero_mark_, zero_slice_};
    }
    size_t i = SlotOf(key);
    if (slots_[i].packed != key) {
      if (keys_.size() == Limit()) {
        Grow();
        i = SlotOf(key);
      }
      slots_[i] = {key, V{}};
      keys_.push_back({key, static_cast<uint32_t>(i)});
      if (has_slices_) slices_[i] = slice;
    }
    return {&slots_[i].value, &marks_[i], has_slices_ ? slices_[i] : slice};
  }

  // Calls visit(slot) for each slot whose key counts; the two below tell of it.
  template <typename F>
  void ForEach(F&& visit) const {
    if (zero_mark_ != 0) visit(kZeroSlot);
    for (size_t i = 0; i < capacity_; i += kWord) {
      if (WordAt(i) != 0) VisitMarked(i, kCounts, visit);
    }
  }
  // The same for what has changed since the last call.
  template <typename F>
  void TakeChanged(F&& visit) {
    if ((zero_mark_ & kChanged) != 0) visit(kZeroSlot);
    zero_mark_ &= kCounts;
    for (size_t i = 0; i < capacity_; i += kWord) {
      uint64_t word = WordAt(i);
      if ((word & kOnes * kChanged) == 0) continue;
      VisitMarked(i, kChanged, visit);
      word &= kOnes * kCounts;
      std::memcpy(marks_ + i, &word, sizeof word);
    }
  }
  const Slot& At(uint32_t slot) const { return slot == kZeroSlot ? zero_ : slots_[slot]; }
  uint8_t SliceAt(uint32_t slot) const {
    if (slot == kZeroSlot) return zero_slice_;
    return has_slices_ ? slices_[slot] : uint8_t{0};
  }
  // How many keys have come in this window.
  size_t CountKeys() const {
    size_t n = 0;
    ForEach([&](uint32_t) { ++n; });
    return n;
  }

  // Makes the key as if it had not come. REQUIRES: it has a place.
  void Erase(Place place) {
    *place.value = V{};
    *place.mark = 0;
  }

  // The window closes. `sorter` is memory from time to time.
  void BeginTaking(KeySorter& sorter) {
    sorter.SortAndMerge(keys_, sorted_);
    sorted_ = keys_.size();
    taken_ = 0;
    at_ = kBeforeAll;
  }
  // Takes out the next entries in the order of the keys, at most `most`, and calls put(n, key, value, slice)
  // with n = 0, 1 ... for them; a put for the same n counts in place of the one before. Returns how many; 0:
  // there are no more, and the table is ready for another window.
  template <typename Put>
  size_t Take(size_t most, Put&& put) {
    size_t n = 0;
    if (at_ == kBeforeAll) {
      at_ = 0;
      if ((zero_mark_ & kCounts) != 0) {
        put(n++, uint64_t{0}, zero_.value, zero_slice_);
        zero_ = {};
        zero_mark_ = 0;
      }
    }
    constexpr size_t kAhead = 16;
    const SlottedKey* const keys = keys_.data();
    const size_t end = keys_.size();
    size_t i = at_;
    for (; i < end && n < most; ++i) {
      __builtin_prefetch(&slots_[keys[std::min(i + kAhead, end - 1)].slot], 1);
      const auto [key, slot] = keys[i];
      put(n, key, slots_[slot].value, has_slices_ ? slices_[slot] : uint8_t{0});
      // Whether a key came is hard to foresee: no branch.
      n += marks_[slot] & kCounts;
      slots_[slot].value = V{};
      marks_[slot] = 0;
    }
    at_ = i;
    taken_ += n;
    if (n == 0) ForgetRareKeys();
    return n;
  }

 private:
  static constexpr size_t kFewest = 64, kTiny = 1024, kSmall = 4096;
  static constexpr size_t kBeforeAll = ~size_t{0};

  // Marks are looked through by words.
  static constexpr size_t kWord = sizeof(uint64_t);
  static constexpr uint64_t kOnes = 0x0101010101010101;
  uint64_t WordAt(size_t i) const {
    uint64_t word = 0;
    std::memcpy(&word, marks_ + i, kWord);
    return word;
  }
  template <typename F>
  void VisitMarked(size_t begin, uint8_t mark, F& visit) const {
    for (size_t i = begin; i < begin + kWord; ++i) {
      if ((marks_[i] & mark) != 0) visit(static_cast<uint32_t>(i));
    }
  }

  // A home is two slots.
  size_t Mask() const { return capacity_ - 2; }
  // Then 5 to 10 % of the keys do not fit into their first two slots; fewer in a table that is small anyway.
  size_t Limit() const { return capacity_ / (capacity_ <= kTiny ? 8 : capacity_ <= kSmall ? 4 : 2); }

  // Where the key is, or would be.
  size_t SlotOf(uint64_t key) const {
    size_t i = hash_(key) & Mask();
    while (slots_[i].packed != key && slots_[i].packed != 0) i = (i + 1) & (capacity_ - 1);
    return i;
  }

  static size_t SlotBytes(size_t slots) { return BlockArena::SizeFor(slots * sizeof(Slot)); }
  size_t SideBytes(size_t slots) const { return BlockArena::SizeFor(slots * (has_slices_ ? 2 : 1)); }
  void Make(size_t slots) {
    capacity_ = slots;
    slots_ = reinterpret_cast<Slot*>(arena_->Take(SlotBytes(slots)));
    marks_ = reinterpret_cast<uint8_t*>(arena_->Take(SideBytes(slots)));
    slices_ = has_slices_ ? marks_ + slots : nullptr;
    keys_.reserve(Limit());
  }
  void GiveBack() {
    arena_->Give(reinterpret_cast<char*>(slots_), SlotBytes(capacity_));
    arena_->Give(reinterpret_cast<char*>(marks_), SideBytes(capacity_));
  }

  [[gnu::noinline]] void Grow() {
    const Slot* const slots = slots_;
    const uint8_t *const marks = marks_, *const slices = slices_;
    const size_t capacity = capacity_;
    Make(2 * capacity);
    for (SlottedKey& key : keys_) {
      const size_t to = SlotOf(key.key);
      slots_[to] = slots[key.slot];
      marks_[to] = marks[key.slot];
      if (has_slices_) slices_[to] = slices[key.slot];
      key.slot = static_cast<uint32_t>(to);
    }
    arena_->Give(reinterpret_cast<char*>(const_cast<Slot*>(slots)), SlotBytes(capacity));
    arena_->Give(reinterpret_cast<char*>(const_cast<uint8_t*>(marks)), SideBytes(capacity));
  }

  // Keys that do not come again must not take memory for ever.
  void ForgetRareKeys() {
    if (taken_ >= keys_.size() / 4) return;
    GiveBack();
    keys_.clear();
    sorted_ = 0;
    Make(std::max(kFewest, std::bit_ceil(4 * taken_)));
  }

  BlockArena* arena_;
  bool has_slices_;
  SecretProduct hash_;
  size_t capacity_ = 0;  // a power of two
  Slot* slots_ = nullptr;
  uint8_t* marks_ = nullptr;   // one a slot
  uint8_t* slices_ = nullptr;  // one a slot, or none
  std::vector<SlottedKey> keys_;  // of all slots that are taken
  size_t sorted_ = 0;             // so many of them are in order
  size_t at_ = 0, taken_ = 0;     // while they are taken out
  Slot zero_{};
  uint8_t zero_mark_ = 0;
  uint8_t zero_slice_ = 0;
};

}  // namespace rtstream::internal
