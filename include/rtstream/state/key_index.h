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
#include "rtstream/state/slice.h"

namespace rtstream {

// What the index keeps in front of each entry's value. The key's bytes follow the value.
struct EntryHead {
  uint32_t key_size = 0;
  uint16_t slice = 0;
  uint16_t mark = 0;        // KeyIndex: what was noted of its changes
  uint32_t slice_slot = 0;  // where the entry stands in its slice's list
  uint32_t self = 0;        // its own reference
};

// The part of KeyedTable that does not know the value type: an open-addressing index of keys to
// entries, the memory that entries live in, dirty marks, and a list of entries per slice.
//
// The index hashes with a secret of its own, so that keys chosen by somebody else cannot be made to
// collide. Slots are 8 bytes: a tag from the hash and a reference to the entry. References reach 64 GiB
// of entries; an insert beyond throws std::bad_alloc, as one does without memory.
class KeyIndex {
 public:
  // `entry_size`: bytes of an entry without its key.
  explicit KeyIndex(size_t entry_size);

  void UsePages(PagePool& pool) { pool_ = &pool; }

  uint64_t Hash(std::string_view key) const { return hash_(key); }

  // Inlined by force, as everything that calls them to prefetch must be: GCC takes a function that does
  // nothing else for one without effect and drops its calls.
  [[gnu::always_inline]] void PrefetchSlot(uint64_t hash) const {
    __builtin_prefetch(slots() + (hash >> shift_));
  }
  // Asks for the entry too, once its slot is there: a tag that fits is nearly always the key's.
  [[gnu::always_inline]] void PrefetchEntry(uint64_t hash) const {
    for (size_t i = hash >> shift_; slots()[i].ref != 0; i = (i + 1) & mask_) {
      if (slots()[i].tag != TagOf(hash)) continue;
      PrefetchAt(slots()[i].ref);
      return;
    }
  }

  EntryHead* Find(uint64_t hash, std::string_view key) const {
    for (size_t i = hash >> shift_;; i = (i + 1) & mask_) {
      const Slot slot = slots()[i];
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

  // Makes room for the slots of so many entries. REQUIRES: it is empty.
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

  template <typename F>
  void ForEachInSlice(uint32_t slice, F&& visit) {
    const std::vector<uint32_t>& refs = slice_entries_[slice];
    for (size_t i = 0; i < refs.size(); ++i) {
      if (i + kAhead < refs.size()) PrefetchAt(refs[i + kAhead]);
      visit(At(refs[i]));
    }
  }
  template <typename F>
  void ForEach(F&& visit) {
    for (const std::vector<uint32_t>& slice : slice_entries_) {
      for (uint32_t ref : slice) visit(At(ref));
    }
  }

  // REQUIRES: `ref` is the `self` of an entry.
  EntryHead& At(uint32_t ref) const {
    return *reinterpret_cast<EntryHead*>(chunks_[ref >> kChunkBits].data() +
                                         (ref & ((1u << kChunkBits) - 1)) * kUnit);
  }

  size_t size() const { return size_; }
  size_t memory() const;

 private:
  // The tag is the hash's high half, whose high bits are also the slot's home: growing moves slots in
  // order and touches no entry.
  struct Slot {
    uint32_t tag;
    uint32_t ref;  // in units of 16 bytes; 0: empty
  };
  static uint32_t TagOf(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }
  size_t HomeOf(const Slot& slot) const { return slot.tag >> (shift_ - 32); }
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
  void Grow();

  size_t entry_size_;
  SecretHash hash_;
  Slot* slots() const { return reinterpret_cast<Slot*>(slots_.data()); }
  size_t slot_count() const { return mask_ + 1; }

  Pages slots_;
  size_t mask_ = 0;
  int shift_ = 0;
  size_t size_ = 0;
  PagePool* pool_ = nullptr;
  std::vector<Pages> chunks_;
  size_t chunk_used_ = 0;  // units of the last chunk
  std::vector<std::vector<uint32_t>> free_;  // by FreeList()
  std::vector<std::vector<uint32_t>> slice_entries_;
  std::vector<uint32_t> dirty_;
  uint16_t changed_ = kDirty + 1;  // the mark of this round, between two TakeDirty
  size_t entry_bytes_ = 0;
};

}  // namespace rtstream
