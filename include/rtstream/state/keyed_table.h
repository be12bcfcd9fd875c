#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "rtstream/core/frame.h"
#include "rtstream/state/key_index.h"

namespace rtstream {

// Values by key in memory: the working state of a keyed operator. Keys are bytes (KeyCodec); values
// are built in place beside their key. One access touches one index slot and one entry; with
// Prefetch() some rows ahead both come from cache.
//
// Remembers which entries changed since the last TakeDirty, and which slice of the key groups each
// belongs to: its key's own (SliceOf), or that of a KeyBy before the operator.
// References to entries are valid until their key is erased. Not thread-safe: a lane owns it.
template <typename V>
class KeyedTable {
 public:
  // A key and its value; stays where it is until it is erased.
  struct Entry {
    EntryHead head;  // what the index knows of it
    V value;         // may be changed in place: tell MarkDirty or IsFirstChange
    // Valid until the entry is erased.
    std::string_view key() const {
      return {reinterpret_cast<const char*>(this + 1), head.key_size};
    }
  };
  using KeyRef = std::string_view;  // keys are given by their bytes
  using Value = V;                  // what an entry holds
  using Handle = Entry*;            // null: there is none
  static_assert(alignof(Entry) <= 16, "rtstream: state values may be aligned to 16 bytes at most");

  KeyedTable() : index_(sizeof(Entry)) {}
  ~KeyedTable() {
    if constexpr (!std::is_trivially_destructible_v<V>) {
      index_.ForEach([](EntryHead& head) { Of(head).value.~V(); });
    }
  }
  KeyedTable(KeyedTable&&) noexcept = default;  // only to be destroyed afterwards
  KeyedTable& operator=(KeyedTable&&) = delete;

  // Entries take their memory from the pool from now on, which must outlive their making.
  void UsePages(PagePool& pool) { index_.UsePages(pool); }

  // Of this table alone, for the calls below.
  uint64_t Hash(std::string_view key) const { return index_.Hash(key); }
  // Asks for the index slot of a hash, and later for the entry that the slot names.
  [[gnu::always_inline]] void PrefetchSlot(uint64_t hash) const { index_.PrefetchSlot(hash); }
  // See PrefetchSlot().
  [[gnu::always_inline]] void PrefetchEntry(uint64_t hash) const { index_.PrefetchEntry(hash); }

  // The key's own slice: part of the stored format.
  static uint32_t SliceOf(std::string_view key) { return KeyGroupOf(key) / kGroupsPerSlice; }

  // Makes room in the index for so many entries. REQUIRES: the table is empty.
  // Of all slices together; those of `slices` get their part.
  void Reserve(size_t entries, const SliceRange& slices = {}) {
    index_.Reserve(entries * (slices.end - slices.begin) / kSlices);
  }

  // Null: the key is not there. REQUIRES: `hash` is the key's.
  Handle Find(uint64_t hash, std::string_view key) {
    EntryHead* head = index_.Find(hash, key);
    return head == nullptr ? nullptr : &Of(*head);
  }
  Handle Find(std::string_view key) { return Find(Hash(key), key); }  // the same, with hashing

  // The key's entry; made in `slice` (Frame::kNoSlice: its own) with a default value, and `fresh` set,
  // if there is none.
  Handle FindOrInsert(uint64_t hash, std::string_view key, uint32_t slice, bool& fresh) {
    EntryHead* head = index_.Find(hash, key);
    fresh = head == nullptr;
    if (fresh) {
      head = &index_.Insert(hash, key, slice == Frame::kNoSlice ? SliceOf(key) : slice);
      new (&Of(*head).value) V();
    }
    return &Of(*head);
  }
  // In the key's own slice.
  Handle FindOrInsert(uint64_t hash, std::string_view key, bool& fresh) {
    return FindOrInsert(hash, key, Frame::kNoSlice, fresh);
  }
  // The same, with hashing.
  Handle FindOrInsert(std::string_view key, bool& fresh) {
    return FindOrInsert(Hash(key), key, Frame::kNoSlice, fresh);
  }
  // As a packed table has them, which wants the slice: here a key is found without.
  Handle Find(std::string_view key, uint32_t) { return Find(key); }
  // The slice is that of a new entry.
  Handle FindOrInsert(std::string_view key, uint32_t slice, bool& fresh) {
    return FindOrInsert(Hash(key), key, slice, fresh);
  }
  // The slice that the entry was made in.
  static uint32_t SliceAt(Handle entry) { return entry->head.slice; }

  // Ends the value's life. Other entries stay where they are.
  void Erase(Handle entry) {
    entry->value.~V();
    index_.Erase(entry->head, entry->key());
  }

  // Notes the entry for TakeDirty.
  void MarkDirty(Handle entry) { index_.MarkDirty(entry->head); }
  // True for the entry's first change since TakeDirty, unless it is noted already; a later one is
  // noted. So who stores first changes as they come need visit only what changed again.
  bool IsFirstChange(Handle entry) { return index_.IsFirstChange(entry->head); }

  // Calls visit(entry), slice by slice.
  template <typename F>
  void ForEach(F&& visit) {
    index_.ForEach([&](EntryHead& head) { visit(Of(head)); });
  }

  // Calls visit(entry, slice) for each entry that was noted, once, and forgets the notes.
  template <typename F>
  void TakeDirty(F&& visit) {
    index_.TakeDirty([&](EntryHead& head) { visit(Of(head), uint32_t{head.slice}); });
  }
  // Calls visit(entry) for those of one slice.
  template <typename F>
  void ForEachInSlice(uint32_t slice, F&& visit) {
    index_.ForEachInSlice(slice, [&](EntryHead& head) { visit(Of(head)); });
  }

  using Ref = uint32_t;  // finds an entry again until it is erased
  // The second parameter is a packed table's.
  static Ref RefOf(const Entry& entry, uint32_t) { return entry.head.self; }
  Handle At(Ref ref) { return &Of(index_.At(ref)); }          // REQUIRES: the entry is there
  std::string_view KeyOf(Ref ref) { return At(ref)->key(); }  // REQUIRES: the entry is there

  size_t size() const { return index_.size(); }  // keys
  // Bytes of memory held for entries and index; what V holds outside itself is not counted.
  size_t memory() const { return index_.memory(); }

 private:
  static Entry& Of(EntryHead& head) { return *reinterpret_cast<Entry*>(&head); }

  KeyIndex index_;
};

}  // namespace rtstream
