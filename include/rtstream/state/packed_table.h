#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "rtstream/base/hash.h"
#include "rtstream/base/page_pool.h"
#include "rtstream/state/block_arena.h"
#include "rtstream/state/key_index.h"
#include "rtstream/state/packed_probe.h"
#include "rtstream/state/packed_shard.h"

namespace rtstream {

// Values by packed key in memory: the working state of a keyed operator whose keys are numbers. Key and
// value stand together in one slot of an open-addressing table, so that a look-up touches one or two
// neighbouring cache lines; with Prefetch() some rows ahead they come from cache.
//
// The table is cut into a shard for each slice of the key groups: the key's own, by a hash that is part of
// the stored format (SliceOf), or that of a KeyBy before the operator. Each shard hashes with a secret. They grow
// one at a time, some hundred slots after every few dozen inserts; one that meets a full end may move more.
//
// Remembers which entries changed since the last TakeDirty. An entry stays where it is until the next
// insert or erase. Not thread-safe: a lane owns it.
template <typename P, typename V>
class PackedTable {
 public:
  static_assert(std::is_trivially_copyable_v<V>);

  using KeyRef = P;                 // keys are given packed
  using Value = V;                  // what an entry holds
  using Entry = PackedEntry<P, V>;  // a slot

  // An entry and the shard that it is in; false: there is none.
  class Handle {
   public:
    Handle() = default;
    // `entry`: null if there is none.
    Handle(Entry* entry, uint32_t shard) : entry_(entry), shard_(shard) {}
    explicit operator bool() const { return entry_ != nullptr; }  // whether there is an entry
    // REQUIRES: there is one. Valid until the next insert or erase.
    Entry* operator->() const { return entry_; }
    Entry& operator*() const { return *entry_; }  // the same
    // The slice that the entry was made in, or that of the zero key.
    uint32_t shard() const { return shard_; }

   private:
    Entry* entry_ = nullptr;
    uint32_t shard_ = 0;
  };

  PackedTable() {
    for (uint32_t i = 0; i < kSlices; ++i) shards_[i].Init(i, kSlices);
  }
  PackedTable(PackedTable&&) noexcept = default;  // only to be destroyed afterwards
  PackedTable& operator=(PackedTable&&) = delete;

  // Entries take their memory from the pool from now on, which must outlive their making.
  void UsePages(PagePool& pool) { arena_->UsePages(pool); }

  // Makes room, and has the system give the memory, for so many entries, more or less: they come without
  // growing. Of all slices together; those of `slices` get their part. REQUIRES: the table is empty.
  void Reserve(size_t entries, const SliceRange& slices = {}) {
    if (entries == 0) return;
    // Keys spread over the shards at random: so much more fits four standard deviations.
    const double share = static_cast<double>(entries) / kSlices;
    const auto most = static_cast<size_t>(share + 4 * std::sqrt(share)) + 1;
    for (uint32_t i = slices.begin; i < slices.end; ++i) shards_[i].Reserve(most, *arena_);
    ++layout_;
  }

  // The key's own slice: part of the stored format.
  static uint32_t SliceOf(const P& key) {
    return static_cast<uint32_t>(StableFold(key) >> 54) / kGroupsPerSlice;
  }

  // Where looking for a key begins, until layout() changes.
  Entry* Home(const P& key, uint32_t shard) const { return shards_[shard].Home(hash_(key)); }
  uint64_t layout() const { return layout_; }  // changes when slots move

  // Asks for the memory at a key's home; and once that has come, for the next line, where it is needed.
  [[gnu::always_inline]] static void Prefetch(const Entry* home) {
    __builtin_prefetch(home, 1);
    if constexpr (64 % sizeof(Entry) != 0) {
      __builtin_prefetch(reinterpret_cast<const char*>(home + 1) - 1, 1);
    }
  }
  // See Prefetch().
  [[gnu::always_inline]] static void PrefetchNext(const Entry* home) {
    if constexpr (64 % sizeof(Entry) == 0) Probe::PrefetchNext(home);
  }

  // Whether entries are noted when they change: then what notes them is asked for ahead, too.
  void ExpectMarks(bool are_expected) { expects_marks_ = are_expected; }
  bool expects_marks() const { return expects_marks_; }  // see ExpectMarks()
  // What notes changes of the home's entry.
  [[gnu::always_inline]] void PrefetchMarks(const Entry* home, uint32_t shard) const {
    shards_[shard].PrefetchMarks(*home);
  }

  // The key's entry; or where it would be made, and `exists` false. REQUIRES: `home` and `shard` are the key's.
  [[gnu::always_inline]] Handle FindPlace(Entry* home, uint32_t shard, const P& key, bool& exists) {
    if (key == P{}) [[unlikely]] {
      exists = has_zero_;
      return Zero();
    }
    Entry* const entry = Probe::Find(home, key);
    exists = entry->packed == key;
    return {entry, shard};
  }
  // Makes the entry, with a default value. REQUIRES: FindPlace() gave `place` for the key, which does not
  // exist, and no entry was made or erased since.
  Handle InsertAt(Handle place, uint32_t shard, const P& key) {
    if (place.shard() == kZeroShard) [[unlikely]] return InsertZero(shard);
    return {Insert(&*place, shard, key), shard};
  }

  // In this slice.
  Handle Find(const P& key, uint32_t slice) {
    bool exists = false;
    const Handle place = FindPlace(Home(key, slice), slice, key, exists);
    return exists ? place : Handle();
  }
  Handle Find(const P& key) { return Find(key, SliceOf(key)); }  // in the key's own slice

  // The key's entry in this slice; made with a default value, and `fresh` set, if there is none.
  Handle FindOrInsert(const P& key, uint32_t slice, bool& fresh) {
    bool exists = false;
    const Handle place = FindPlace(Home(key, slice), slice, key, exists);
    fresh = !exists;
    return exists ? place : InsertAt(place, slice, key);
  }
  // In the key's own slice.
  Handle FindOrInsert(const P& key, bool& fresh) { return FindOrInsert(key, SliceOf(key), fresh); }

  // The slice that the entry was made in.
  uint32_t SliceAt(Handle entry) const {
    return entry.shard() == kZeroShard ? zero_slice_ : entry.shard();
  }
  // Finds an entry again until it is erased.
  struct Ref {
    P key{};             // the entry's
    uint32_t slice = 0;  // the slice that it is in
  };
  // `slice`: as TakeDirty gave it.
  static Ref RefOf(const Entry& entry, uint32_t slice) { return {entry.packed, slice}; }
  // REQUIRES: the entry is there.
  Handle At(const Ref& ref) { return Find(ref.key, ref.slice); }
  static const P& KeyOf(const Ref& ref) { return ref.key; }  // needs no look-up

  // Other entries may move.
  void Erase(Handle at) {
    --size_;
    if (at.shard() == kZeroShard) {
      has_zero_ = false;
      zero_ = {};
      zero_mark_ = {};
      return;
    }
    shards_[at.shard()].Erase(*at, hash_);
  }

  // Notes the entry for TakeDirty.
  void MarkDirty(Handle at) {
    if (at.shard() == kZeroShard) [[unlikely]] {
      zero_mark_ = {true, true};
    } else {
      shards_[at.shard()].MarkDirty(*at);
    }
  }
  // True for the entry's first change since TakeDirty, unless it is noted already; a later one is noted.
  bool IsFirstChange(Handle at) {
    if (at.shard() == kZeroShard) [[unlikely]] {
      zero_mark_.is_noted = zero_mark_.has_changed;
      return !std::exchange(zero_mark_.has_changed, true);
    }
    return shards_[at.shard()].IsFirstChange(*at);
  }

  // Calls visit(entry, slice) for each entry that was noted, once, and forgets the notes.
  template <typename F>
  void TakeDirty(F&& visit) {
    for (uint32_t slice = 0; slice < kSlices; ++slice) {
      shards_[slice].TakeDirty([&](Entry& entry) { visit(entry, slice); });
    }
    if (zero_mark_.is_noted) visit(zero_, zero_slice_);
    zero_mark_ = {};
  }

  // Calls visit(entry) for those of one slice.
  template <typename F>
  void ForEachInSlice(uint32_t slice, F&& visit) {
    shards_[slice].ForEach(visit);
    if (has_zero_ && zero_slice_ == slice) visit(zero_);
  }
  // Calls visit(entry), slice by slice.
  template <typename F>
  void ForEach(F&& visit) {
    for (uint32_t slice = 0; slice < kSlices; ++slice) ForEachInSlice(slice, visit);
  }

  size_t size() const { return size_; }  // keys
  // Bytes of slots and marks, those that are free included.
  size_t memory() const { return arena_->memory() + sizeof *this; }

 private:
  using Shard = internal::PackedShard<P, V>;
  using Probe = internal::PackedProbe<P, V>;

  // The key that is all zero, which means an empty slot, has an entry of its own.
  static constexpr uint32_t kZeroShard = kSlices;
  struct Mark {
    bool has_changed = false;
    bool is_noted = false;
  };
  Handle Zero() { return {&zero_, kZeroShard}; }
  // REQUIRES: Probe::Find() gave `empty` for the key.
  Entry* Insert(Entry* empty, uint32_t shard, const P& key) {
    bool has_moved = false;
    Entry* const entry = shards_[shard].Insert(empty, key, hash_, *arena_, has_moved);
    if (has_moved) ++layout_;
    ++size_;
    return entry;
  }
  Handle InsertZero(uint32_t slice) {
    has_zero_ = true;
    zero_slice_ = slice;
    ++size_;
    return Zero();
  }

  std::array<Shard, kSlices> shards_;
  SecretFold hash_;
  std::unique_ptr<BlockArena> arena_ = std::make_unique<BlockArena>();
  size_t size_ = 0;
  uint64_t layout_ = 0;
  Entry zero_{};
  bool has_zero_ = false;
  uint32_t zero_slice_ = 0;
  bool expects_marks_ = false;
  Mark zero_mark_;
};

}  // namespace rtstream
