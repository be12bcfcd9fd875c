#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rtstream/base/bytes.h"
#include "rtstream/base/hash.h"
#include "rtstream/base/page_pool.h"
#include "rtstream/base/pages.h"
#include "rtstream/state/key_slots.h"
#include "rtstream/state/ref_list.h"
#include "rtstream/state/slice.h"

namespace rtstream {

// What the index keeps in front of each entry's value. The key's bytes follow the value.
struct EntryHead {
  uint32_t key_size = 0;  // bytes of the key
  uint16_t slice = 0;  // in whose list it is
  uint16_t mark = 0;        // KeyIndex: what was noted of its changes
  uint32_t slice_slot = 0;  // where the entry stands in its slice's list; once it is erased: the next free one
  uint32_t self = 0;        // its own reference
};

// The part of KeyedTable that does not know the value type: an open-addressing index of keys to
// entries, the memory that entries live in, dirty marks, and a list of entries per slice.
//
// The index hashes with a secret of its own, so that keys chosen by somebody else cannot be made to
// collide. Slots are 8 bytes: a tag from the hash and a reference to the entry. References reach 64 GiB
// of entries; an insert beyond throws std::bad_alloc, as one does without memory.
//
// Grows without pauses: twice the slots take over from the left, some hundred after every few dozen inserts;
// what has its home before the cursor is found there. Entries never move, and no list is copied as a whole.
class KeyIndex {
 public:
  // `entry_size`: bytes of an entry without its key.
  explicit KeyIndex(size_t entry_size);

  // Slots and entries come from the pool from now on, which must outlive the index.
  void UsePages(PagePool& pool) { pool_ = &pool; }

  // A secret hash: of this index alone.
  uint64_t Hash(std::string_view key) const { return hash_(key); }

  // Inlined by force, as everything that calls them to prefetch must be: GCC takes a function that does
  // nothing else for one without effect and drops its calls.
  [[gnu::always_inline]] void PrefetchSlot(uint64_t hash) const {
    const Place home = HomeOf(TagOf(hash));
    __builtin_prefetch(&(*home.slots)[home.i]);
  }
  // Asks for the entry too, once its slot is there: a tag that fits is nearly always the key's.
  [[gnu::always_inline]] void PrefetchEntry(uint64_t hash) const {
    for (Place at = HomeOf(TagOf(hash)); (*at.slots)[at.i].ref != 0; ++at.i) {
      const internal::KeySlot& slot = (*at.slots)[at.i];
      if (slot.tag != TagOf(hash)) continue;
      PrefetchAt(slot.ref);
      return;
    }
  }

  // Null: the key is not there. REQUIRES: `hash` is the key's.
  EntryHead* Find(uint64_t hash, std::string_view key) const {
    for (Place at = HomeOf(TagOf(hash));; ++at.i) {
      const internal::KeySlot slot = (*at.slots)[at.i];
      if (slot.ref == 0) return nullptr;
      if (slot.tag == TagOf(hash)) [[likely]] {
        EntryHead* head = &At(slot.ref);
        if (head->key_size == key.size() &&
            internal::EqualBytes(reinterpret_cast<const char*>(head) + entry_size_, key.data(),
                                 key.size())) {
          return head;
        }
      }
    }
  }

  // Makes room for the slots of so many entries, in memory that is touched. REQUIRES: it is empty.
  void Reserve(size_t entries);

  // REQUIRES: the key is not there.
  EntryHead& Insert(uint64_t hash, std::string_view key, uint32_t slice);
  // The entry's value was destroyed; its memory is used again.
  void Erase(EntryHead& head, std::string_view key);

  // Notes the entry for TakeDirty.
  void MarkDirty(EntryHead& head) {
    if (head.mark == kDirty) return;
    head.mark = kDirty;
    dirty_.push_back(head.self);
  }
  // True for the first change since TakeDirty, once; a later one is noted for it.
  bool IsFirstChange(EntryHead& head) {
    if (head.mark != kDirty && head.mark != changed_) {
      head.mark = changed_;
      return true;
    }
    MarkDirty(head);
    return false;
  }

  template <typename F>
  void TakeDirty(F&& visit) {
    for (size_t i = 0; i < dirty_.size(); ++i) {
      if (i + kAhead < dirty_.size()) PrefetchAt(dirty_[i + kAhead]);
      EntryHead& head = At(dirty_[i]);
      // An entry that was erased after its mark, or marked twice through reused memory.
      if (head.mark != kDirty) continue;
      head.mark = kClean;
      visit(head);
    }
    dirty_.clear();
    // Entries keep the mark of an earlier round. One that lay untouched until its mark comes up again
    // is taken for changed already and noted, which stores it all the same.
    if (++changed_ == 0) changed_ = kDirty + 1;
  }

  // The entries of one slice.
  template <typename F>
  void ForEachInSlice(uint32_t slice, F&& visit) {
    const internal::RefList& refs = slice_entries_[slice];
    for (size_t i = 0; i < refs.size(); ++i) {
      if (i + kAhead < refs.size()) PrefetchAt(refs[i + kAhead]);
      visit(At(refs[i]));
    }
  }
  // All entries, slice by slice.
  template <typename F>
  void ForEach(F&& visit) {
    for (uint32_t slice = 0; slice < slice_entries_.size(); ++slice) ForEachInSlice(slice, visit);
  }

  // REQUIRES: `ref` is the `self` of an entry.
  EntryHead& At(uint32_t ref) const {
    return *reinterpret_cast<EntryHead*>(chunks_[ref >> kChunkBits].data() +
                                         (ref & ((1u << kChunkBits) - 1)) * kUnit);
  }

  size_t size() const { return size_; }  // keys
  size_t memory() const;                 // bytes held for slots, entries and lists
  // Slots that growth has gone through so far.
  size_t slots_moved() const { return slots_moved_; }

 private:
  // While it grows so many slots are moved after each so many inserts: few enough for some microseconds, and
  // enough to be done before it is a tenth fuller.
  static constexpr size_t kMovedAtOnce = 512;
  static constexpr size_t kInsertsPerStep = 32;

  // The tag's high bits are also the slot's home: growing moves slots in order and touches no entry.
  static uint32_t TagOf(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }

  struct Place {
    internal::KeySlots* slots;
    size_t i;
  };
  // Where looking for the tag begins.
  Place HomeOf(uint32_t tag) const {
    // Without a branch, which would be wrong as often as right.
    const bool has_moved = slots_[0].HomeOf(tag) < cursor_;
    const internal::KeySlots& slots = slots_[has_moved];
    return {const_cast<internal::KeySlots*>(&slots), slots.HomeOf(tag)};
  }
  // Marks of entries; larger ones: its first change was in the round of that mark.
  static constexpr uint16_t kClean = 0, kDirty = 1;

  static constexpr size_t kUnit = 16;
  static constexpr size_t kChunkBits = 17;  // of units: 2 MiB, one huge page

  // Entries are made of units; large ones of a power of two of them, so that few lists hold what is
  // free. List i < kExactLists holds blocks of i units, list kExactLists + i blocks of 2^i.
  static constexpr size_t kExactLists = 65;  // up to 1 KiB
  static size_t FreeList(size_t bytes);
  static size_t UnitsOf(size_t free_list);

  // How many entries ahead of its use memory is asked for.
  static constexpr size_t kAhead = 8;
  [[gnu::always_inline]] void PrefetchAt(uint32_t ref) const {
    const char* p = reinterpret_cast<const char*>(&At(ref));
    __builtin_prefetch(p);
    __builtin_prefetch(p + 64);
  }

  uint32_t Allocate(size_t bytes);
  // The entries at which so many homes begin to be doubled.
  static size_t LimitOf(size_t homes) { return homes * 5 / 8; }

  // An empty slot for the tag, after all growth that takes.
  Place EmptyPlace(uint32_t tag);
  [[gnu::noinline]] void GoOnGrowing();
  void BeginGrowth();
  // Moves at least so many slots, as far as there are.
  void Move(size_t most);
  void FinishGrowth();

  internal::KeySlots& now() { return slots_[0]; }
  internal::KeySlots& next() { return slots_[1]; }

  size_t entry_size_;
  SecretHash hash_;
  internal::KeySlots slots_[2];  // the second has no slots unless the index grows
  size_t cursor_ = 0;            // slots of now() before it have moved to next()
  size_t size_ = 0;
  size_t step_at_ = 0;  // size_ at which there is something to do for growth
  size_t slots_moved_ = 0;
  std::vector<Pages> spare_;  // memory of slots that have moved, all zero
  PagePool* pool_ = nullptr;
  std::vector<Pages> chunks_;
  size_t chunk_used_ = 0;  // units of the last chunk
  std::vector<uint32_t> free_;  // the first of each list, by FreeList(); 0: none
  std::vector<internal::RefList> slice_entries_;
  internal::RefList dirty_;
  uint16_t changed_ = kDirty + 1;  // the mark of this round, between two TakeDirty
  size_t entry_bytes_ = 0;
};

}  // namespace rtstream
