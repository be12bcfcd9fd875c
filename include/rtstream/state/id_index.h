#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "rtstream/base/page_pool.h"
#include "rtstream/base/pages.h"
#include "rtstream/state/id_lines.h"

namespace rtstream {

// From hashes to references that are not 0: an open-addressing table whose buckets are cache lines. It does
// not know what the references refer to: look-ups ask the caller.
//
// Grows all the time, by as much as is inserted (spiral storage: Martin, "Spiral storage: incrementally
// augmentable hash addressed storage", Warwick 1979): lines stand in the order of their hashes, the first ones
// twice as full as the last ones. A few at a time, what lives in the first lines moves to twice as many,
// which are as full as the last ones then; what lives before the cursor is found in the new lines. The old
// ones' memory serves the new. 14 to 15 bytes a reference, at any size; an insert moves one to two others.
//
// References come in groups, which the upper bits name. A group is erased as a whole in no time: its
// references are found no more, and their slots are taken back by Sweep(), some lines a call, and by growth.
// Not thread-safe.
class IdIndex {
 public:
  static constexpr uint32_t kGroupBits = 13;  // lower bits of a reference: its place in the group
  // Groups that references can name.
  static constexpr uint32_t kGroups = uint32_t{1} << (32 - kGroupBits);

  IdIndex();

  // Memory comes from the pool from now on, which must outlive its taking.
  void UsePages(PagePool& pool) { pool_ = &pool; }

  // The line where looking for the hash begins, until moves() changes.
  internal::IdLine* Home(uint64_t hash) const {
    const Place home = HomeOf(TagOf(hash));
    return &(*home.lines)[home.line];
  }
  uint64_t moves() const { return moves_; }  // how often some homes have changed
  // Inlined by force: see KeyIndex::PrefetchSlot. Once the line at a home has come: the next one, where it
  // overflows.
  [[gnu::always_inline]] static void PrefetchNext(const internal::IdLine* home) {
    if (home->IsFull()) [[unlikely]] __builtin_prefetch(home + 1);
  }

  // The slot of a reference with this hash for which is(ref) is true; null: there is none. Valid until
  // the next Insert or Erase.
  template <typename Is>
  uint32_t* Find(uint64_t hash, Is&& is) const {
    for (Place at = HomeOf(TagOf(hash));; ++at.line) {
      internal::IdLine& line = (*at.lines)[at.line];
      for (uint32_t m = internal::IdLine::Matches(line.tags, TagOf(hash)); m != 0; m &= m - 1) {
        uint32_t& ref = line.refs[std::countr_zero(m)];
        if (ref != 0 && !IsErased(ref) && is(ref)) return &ref;
      }
      if (!line.IsFull()) return nullptr;
    }
  }

  // REQUIRES: the reference is not there. Throws std::bad_alloc without memory, and when a thousand
  // references have the same hash, which no secret hash gives.
  void Insert(uint64_t hash, uint32_t ref) {
    if (size_ >= step_at_) [[unlikely]] GoOnGrowing();
    if (!Put(HomeOf(TagOf(hash)), TagOf(hash), ref)) [[unlikely]] PutAfterGrowth(hash, ref);
    ++size_;
  }
  // Insert(), if that is done by looking at the line at the hash's home only, in which no reference has the
  // hash's tag; else nothing, and false. REQUIRES: room() > 0; the rest as Insert().
  [[gnu::always_inline]] bool InsertNew(internal::IdLine& home, uint64_t hash, uint32_t ref) {
    const uint32_t tag = TagOf(hash);
    const size_t count = home.count();
    // Free slots have the tag 0, which is one of a hash as well. No home is the last line, which must not
    // become full.
    if (internal::IdLine::Matches(home.tags, tag) != 0 || count == internal::IdLine::kSlots) [[unlikely]] return false;
    home.tags[count] = tag;
    home.refs[count] = ref;
    ++size_;
    return true;
  }
  // How many can be inserted before it grows.
  size_t room() const { return size_ < step_at_ ? step_at_ - size_ : 0; }
  // Whether the reference was there.
  bool Erase(uint64_t hash, uint32_t ref);

  // Forgets all references of a group, of which there are `references`. The group must not be used again
  // until TakeFreeGroups() has returned it.
  void EraseGroup(uint32_t group, size_t references);
  // Takes slots of erased groups back in the next `lines` lines. A round over all lines frees the groups
  // that were erased before it began; there is nothing to do if there are none.
  void Sweep(size_t lines);
  // Groups that were erased and have no slot left, each once.
  std::vector<uint32_t> TakeFreeGroups() { return std::exchange(free_groups_, {}); }

  // Makes room for so many references at once, in memory that is touched. REQUIRES: it is empty.
  void Reserve(size_t references);

  // References that can be found.
  size_t size() const { return size_ - erased_; }
  size_t memory() const;  // bytes of the lines

 private:
  // References that a line has on average, in sixteenths, when it is its turn to move. The mean of all is
  // two thirds to seven tenths of it.
  static constexpr size_t kMostPerLine = 102;
  // Growth goes on after so many inserts: few enough for some microseconds, and enough for the memory to
  // stream.
  static constexpr size_t kInsertsPerStep = 256;
  // How many new lines it keeps account of at a time.
  static constexpr size_t kCounted = 512;

  static uint32_t TagOf(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }

  struct Place {
    const internal::IdLines* lines;
    size_t line;
  };
  // Where looking for the tag begins.
  Place HomeOf(uint32_t tag) const {
    // Without a branch, which would be wrong as often as right.
    const bool has_moved = lines_[0].HomeOf(tag) < cursor_;
    const internal::IdLines& lines = lines_[has_moved];
    return {&lines, lines.HomeOf(tag)};
  }
  // False: there is no room before the end, whose line must not become full.
  static bool Put(Place at, uint32_t tag, uint32_t ref) {
    const internal::IdLines& lines = *at.lines;
    while (lines[at.line].IsFull()) ++at.line;
    internal::IdLine& line = lines[at.line];
    if (at.line + 1 == lines.lines() && line.count() + 1 == internal::IdLine::kSlots) [[unlikely]] {
      return false;
    }
    line.Add(tag, ref);
    return true;
  }

  bool IsErased(uint32_t ref) const {
    const uint32_t group = ref >> kGroupBits;
    return group / 64 < erased_groups_.size() && (erased_groups_[group / 64] >> group % 64 & 1) != 0;
  }
  // Takes a slot out and moves back what went past its line because that was full. The number of the
  // first line that changed is never less than `line`.
  void RemoveSlot(const internal::IdLines& lines, size_t line, size_t slot);
  void SweepLine(const internal::IdLines& lines, size_t i);
  void FinishRound();
  // What moves from line i has its new home at this line or behind it.
  static size_t FirstOf(size_t i) { return 2 * i; }

  internal::IdLines& now() { return lines_[0]; }
  internal::IdLines& next() { return lines_[1]; }

  // References at which `homes` lines begin to move.
  static size_t LimitOf(size_t homes) { return homes * kMostPerLine / 24; }

  [[gnu::noinline]] void GoOnGrowing();
  [[gnu::noinline]] void PutAfterGrowth(uint64_t hash, uint32_t ref);
  void BeginGrowth();
  // Moves at least the lines up to `stop`.
  void Move(size_t stop);
  void FinishGrowth();

  internal::IdLines lines_[2];    // the second has no lines unless the index grows
  size_t cursor_ = 0;             // lines of now() before it have moved to next()
  size_t size_ = 0;     // with what is erased and has its slot yet
  size_t erased_ = 0;
  size_t step_at_ = 0;  // size_ at which there is something to do for growth
  uint64_t moves_ = 0;
  PagePool* pool_ = nullptr;
  std::vector<Pages> spare_;  // memory of lines that have moved

  std::vector<uint64_t> erased_groups_;  // a bit each
  std::vector<uint32_t> erased_later_;   // groups, since the round of sweeping at hand began
  std::vector<uint32_t> waiting_;        // for the end of that round
  std::vector<uint32_t> free_groups_;
  // A round sweeps the new lines first, then the old ones; what moves meanwhile is swept by moving.
  enum class Round { kNone, kNext, kNow };
  Round round_ = Round::kNone;
  size_t sweep_at_ = 0;   // lines before it hold nothing of what waits
  size_t sweep_end_ = 0;  // of the new lines
};

}  // namespace rtstream
