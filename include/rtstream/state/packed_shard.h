#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "rtstream/base/hash.h"
#include "rtstream/state/block_arena.h"
#include "rtstream/state/packed_probe.h"
#include "rtstream/state/slot_block.h"

namespace rtstream::internal {

// One shard of a PackedTable: linear probing from the first slot of a line, over lines that are in the order
// of their hashes. While it grows, a block of twice the size takes over from the left: keys whose home lies
// before the cursor live there. Since both are in the same order, growing reads one and writes the other
// from left to right.
//
// The slot that is a zero key is empty: the table keeps that key itself.
//
// What a look-up needs of it is in one cache line.
template <typename P, typename V>
class alignas(64) PackedShard {
 public:
  using Entry = PackedEntry<P, V>;

  // Shards begin to grow at different loads, so that they do not all grow at a time.
  void Init(uint32_t number, uint32_t shards) {
    load_ = kLowestLoad + (kHighestLoad - kLowestLoad) * number / shards;
    now_.slots = cursor_ = const_cast<Entry*>(kNothing);
  }

  // Makes room for so many entries, if the shard is empty and has none.
  void Reserve(size_t entries, BlockArena& arena) {
    if (now_.size != 0) return;
    now_ = Block::Make(entries * 256 / kReservedLoad + Block::kLongestTail, arena);
    now_.Touch();
    cursor_ = now_.slots;
    limit_ = step_at_ = LimitOf(now_);
  }

  Entry* Home(uint64_t hash) const {
    Entry* const home = now_.Home(hash);
    return home < cursor_ ? next_.Home(hash) : home;
  }

  // REQUIRES: PackedProbe::Find() gave `empty` for the key. Sets `has_moved` if homes are no longer where they were.
  Entry* Insert(Entry* empty, const P& key, const SecretFold& secret, BlockArena& arena,
                bool& has_moved) {
    if (count_ >= step_at_ || empty == now_.last || empty == next_.last) [[unlikely]] {
      empty = MakeRoom(key, secret, arena);
      has_moved = true;
    }
    ++count_;
    Probe::SetKey(*empty, key);
    empty->value = V{};
    return empty;
  }

  void Erase(Entry& entry, const SecretFold& secret) {
    --count_;
    Block& block = BlockOf(&entry);
    // Those behind it that could stand here move up, so that look-ups meet no gap.
    Entry* hole = &entry;
    for (Entry* e = hole + 1; e->packed != P{}; ++e) {
      if (block.Home(secret(e->packed)) > hole) continue;
      Block::Relocate(block, *e, block, *hole);
      hole = e;
    }
    *hole = {};
    block.ClearMarks(block.IndexOf(*hole));
  }

  // Asks for the marks of the slots at a home.
  void PrefetchMarks(const Entry& home) const {
    const Block& block = BlockOf(&home);
    if (block.marks != nullptr) block.PrefetchMarks(block.IndexOf(home));
  }
  void MarkDirty(Entry& entry) {
    Block& block = BlockOf(&entry);
    block.AddMarks(block.IndexOf(entry), Block::kBoth);
  }
  bool IsFirstChange(Entry& entry) {
    Block& block = BlockOf(&entry);
    const size_t i = block.IndexOf(entry);
    const bool is_first = block.MarksOf(i) == 0;
    block.AddMarks(i, is_first ? Block::kChanged : Block::kBoth);
    return is_first;
  }

  template <typename F>
  void TakeDirty(F&& visit) {
    now_.TakeNoted(visit);
    next_.TakeNoted(visit);
  }
  template <typename F>
  void ForEach(F&& visit) {
    for (Entry* e = cursor_; e != now_.slots + now_.size; ++e) {
      if (e->packed != P{}) visit(*e);
    }
    for (size_t i = 0; i < next_.size; ++i) {
      if (next_.slots[i].packed != P{}) visit(next_.slots[i]);
    }
  }

 private:
  using Block = SlotBlock<Entry>;
  using Probe = PackedProbe<P, V>;

  // As a share of 256. With four slots a line, 8 to 17 % of the lines have more keys than slots.
  static constexpr uint32_t kLowestLoad = 148, kHighestLoad = 184;
  // Of a shard of an expected size: fewer lines are full, and not much more memory is touched.
  static constexpr uint32_t kReservedLoad = 130;
  // While the shard grows so many slots are moved after each so many inserts: more than the next growth
  // asks for, few enough for some microseconds, and enough for the memory to stream.
  static constexpr size_t kMovedAtOnce = 512;
  static constexpr uint32_t kInsertsPerStep = 32;
  static constexpr size_t kFewestSlots = 8;
  // Stands for the slots of a shard that has none: a line of empty ones.
  alignas(64) static inline const Entry kNothing[Block::kPerHome]{};

  uint32_t LimitOf(const Block& block) const {
    return static_cast<uint32_t>(block.homes * Block::kPerHome * load_ / 256);
  }
  Block& BlockOf(const Entry* entry) { return now_.Holds(entry) ? now_ : next_; }
  const Block& BlockOf(const Entry* entry) const { return now_.Holds(entry) ? now_ : next_; }
  static Entry* EmptySlot(const Block& block, uint64_t hash) {
    Entry* slot = block.Home(hash);
    while (slot->packed != P{}) ++slot;
    return slot;
  }

  // The empty slot for the key, after the shard has grown as far as is due.
  [[gnu::noinline]] Entry* MakeRoom(const P& key, const SecretFold& secret, BlockArena& arena) {
    const uint64_t hash = secret(key);
    if (count_ >= step_at_) {
      step_at_ = count_ + kInsertsPerStep;
      if (next_.slots == nullptr) BeginGrowth(arena);
      if (next_.slots != nullptr) Move(kMovedAtOnce, secret, arena);
    }
    for (;;) {
      Entry* const empty = Probe::Find(Home(hash), key);
      if (empty != now_.last && empty != next_.last) return empty;
      // The end of a block is full, which its tail makes rare.
      if (next_.slots == nullptr) BeginGrowth(arena);
      Move(now_.size, secret, arena);
    }
  }

  void BeginGrowth(BlockArena& arena) {
    next_ = Block::Make(std::max<size_t>(kFewestSlots, 2 * size_t{now_.size}), arena);
    limit_ = LimitOf(next_);
    if (now_.size == 0) FinishGrowth(arena);
  }

  // Goes on to the first empty slot behind `slots` more: between two clusters, so that no key lives on
  // the other side of the cursor than its home.
  void Move(size_t slots, const SecretFold& secret, BlockArena& arena) {
    Entry* const end = now_.slots + now_.size;
    Entry* const stop = cursor_ + std::min(slots, static_cast<size_t>(end - cursor_));
    Entry* e = cursor_;
    for (; e != end && (e < stop || e->packed != P{}); ++e) {
      if (e->packed == P{}) continue;
      const uint64_t hash = secret(e->packed);
      Entry* to = EmptySlot(next_, hash);
      // The last slot must stay empty. A block of a few slots may well have too many keys at its end.
      for (; to == next_.last; to = EmptySlot(next_, hash)) Enlarge(secret, arena);
      Block::Relocate(now_, *e, next_, *to);
      now_.ClearMarks(now_.IndexOf(*e));
    }
    cursor_ = e;
    if (e == end) FinishGrowth(arena);
  }

  // Gives the block that takes over twice its size, or more, until its last slot stays empty.
  void Enlarge(const SecretFold& secret, BlockArena& arena) {
    Block larger = Block::Make(2 * size_t{next_.size}, arena);
    while (!CopyAll(next_, larger, secret)) {
      const size_t wanted = 2 * size_t{larger.size};
      larger.GiveBack(arena);
      larger = Block::Make(wanted, arena);
    }
    next_.GiveBack(arena);
    next_ = larger;
    limit_ = LimitOf(next_);
  }
  // False: the last slot would be taken.
  static bool CopyAll(Block& from, Block& to, const SecretFold& secret) {
    for (size_t i = 0; i < from.size; ++i) {
      if (from.slots[i].packed == P{}) continue;
      Entry* const slot = EmptySlot(to, secret(from.slots[i].packed));
      if (slot == to.last) return false;
      Block::Relocate(from, from.slots[i], to, *slot);
    }
    return true;
  }

  void FinishGrowth(BlockArena& arena) {
    if (now_.size != 0) now_.GiveBack(arena);
    now_ = next_;
    next_ = {};
    cursor_ = now_.slots;
    step_at_ = limit_;
  }

  Block now_;
  Entry* cursor_ = nullptr;
  uint32_t count_ = 0;
  uint32_t limit_ = 0;    // of entries, at which it begins to grow
  uint32_t step_at_ = 0;  // at which there is something to do for that
  uint32_t load_ = kLowestLoad;
  Block next_;
};

}  // namespace rtstream::internal
