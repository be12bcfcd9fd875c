#include "rtstream/state/key_index.h"

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

namespace rtstream {
namespace {

constexpr size_t kFewestHomes = 64;

}  // namespace

uint32_t KeyGroupOf(std::string_view key) {
  return static_cast<uint32_t>(StableHash(key) >> (64 - std::bit_width(kKeyGroups - 1)));
}

KeyIndex::KeyIndex(size_t entry_size)
    : entry_size_(entry_size),
      slots_{internal::KeySlots(kFewestHomes), {}},
      step_at_(LimitOf(kFewestHomes)),
      free_(kExactLists + 64),
      slice_entries_(kSlices) {
  now().Provide(now().size(), spare_, nullptr);
  // Reference 0 means an empty slot, so the first unit is never given out.
  chunks_.emplace_back(kUnit << kChunkBits);
  chunk_used_ = 1;
  entry_bytes_ = kUnit << kChunkBits;
}

size_t KeyIndex::FreeList(size_t bytes) {
  const size_t units = (bytes + kUnit - 1) / kUnit;
  return units < kExactLists ? units : kExactLists + static_cast<size_t>(std::bit_width(units - 1));
}

size_t KeyIndex::UnitsOf(size_t free_list) {
  return free_list < kExactLists ? free_list : size_t{1} << (free_list - kExactLists);
}

uint32_t KeyIndex::Allocate(size_t bytes) {
  const size_t list = FreeList(bytes);
  if (const uint32_t ref = free_[list]; ref != 0) {
    free_[list] = At(ref).slice_slot;
    return ref;
  }
  const size_t units = UnitsOf(list);
  constexpr size_t kChunkUnits = size_t{1} << kChunkBits;
  if (chunk_used_ + units > kChunkUnits) {
    if (chunks_.size() == size_t{1} << (32 - kChunkBits)) throw std::bad_alloc();
    const size_t size = std::max(units, kChunkUnits) * kUnit;
    chunks_.push_back(pool_ != nullptr ? pool_->Take(size) : Pages(size));
    entry_bytes_ += size;
    chunk_used_ = 0;
  }
  const auto ref = static_cast<uint32_t>(((chunks_.size() - 1) << kChunkBits) + chunk_used_);
  chunk_used_ += units;
  return ref;
}

EntryHead& KeyIndex::Insert(uint64_t hash, std::string_view key, uint32_t slice) {
  if (size_ >= step_at_) [[unlikely]] GoOnGrowing();
  const Place at = EmptyPlace(TagOf(hash));
  const uint32_t ref = Allocate(entry_size_ + key.size());
  internal::RefList& neighbours = slice_entries_[slice];
  neighbours.push_back(ref);
  (*at.slots)[at.i] = {TagOf(hash), ref};
  EntryHead& head = At(ref);
  head = {static_cast<uint32_t>(key.size()), static_cast<uint16_t>(slice), 0,
          static_cast<uint32_t>(neighbours.size() - 1), ref};
  std::memcpy(reinterpret_cast<char*>(&head) + entry_size_, key.data(), key.size());
  ++size_;
  return head;
}

KeyIndex::Place KeyIndex::EmptyPlace(uint32_t tag) {
  // Tags that are still together when there are 500 times as many slots are the same.
  constexpr int kMostTries = 10;
  for (int i = 0; i < kMostTries; ++i) {
    Place at = HomeOf(tag);
    at.i = at.slots->EmptyFrom(at.i);
    if (at.slots->ProvideBehind(at.i, spare_, pool_)) [[likely]] return at;
    // The tail is full, which its length makes rare.
    if (next().size() == 0) BeginGrowth();
    Move(now().size());
  }
  throw std::bad_alloc();
}

void KeyIndex::Erase(EntryHead& head, std::string_view key) {
  const Place home = HomeOf(TagOf(Hash(key)));
  const internal::KeySlots& slots = *home.slots;
  size_t hole = home.i;
  while (slots[hole].ref != head.self) ++hole;
  // Backward shift: what stands behind the hole moves up as far as its home allows, so that look-ups
  // need no tombstones.
  for (size_t i = hole + 1; slots[i].ref != 0; ++i) {
    if (slots.HomeOf(slots[i].tag) > hole) continue;
    slots[hole] = slots[i];
    hole = i;
  }
  slots[hole] = {};
  --size_;

  internal::RefList& neighbours = slice_entries_[head.slice];
  const uint32_t last = neighbours.back();
  neighbours[head.slice_slot] = last;
  At(last).slice_slot = head.slice_slot;
  neighbours.pop_back();

  head.mark = kClean;
  uint32_t& free = free_[FreeList(entry_size_ + key.size())];
  head.slice_slot = std::exchange(free, head.self);
}

void KeyIndex::Reserve(size_t entries) {
  const size_t homes = std::bit_ceil(entries * 8 / 5 + 1);
  if (homes <= now().homes()) return;
  internal::KeySlots larger(homes);
  larger.Provide(larger.size(), spare_, pool_);
  larger.Touch();
  // Entries that came and went may have begun growth.
  next() = {};
  now() = std::move(larger);
  cursor_ = 0;
  step_at_ = LimitOf(homes);
}

void KeyIndex::GoOnGrowing() {
  step_at_ = size_ + kInsertsPerStep;
  if (next().size() == 0) BeginGrowth();
  Move(kMovedAtOnce);
}

void KeyIndex::BeginGrowth() { next() = internal::KeySlots(2 * now().homes()); }

// Goes on to the first empty slot behind so many: between two clusters, so that nothing lives on the other
// side of the cursor than its home.
void KeyIndex::Move(size_t most) {
  const size_t last = now().size() - 1;
  const size_t stop = now().EmptyFrom(std::min(cursor_ + most, last));
  // All memory first: without it nothing has changed.
  next().Provide(2 * stop + internal::KeySlots::kLongestTail, spare_, pool_);
  for (size_t i = cursor_; i < stop; ++i) {
    const internal::KeySlot slot = now()[i];
    if (slot.ref == 0) continue;
    const size_t to = next().EmptyFrom(next().HomeOf(slot.tag));
    // A crowd at the end that the tail cannot hold, with twice as many slots: all of one tag.
    if (!next().ProvideBehind(to, spare_, pool_)) throw std::bad_alloc();
    next()[to] = slot;
  }
  slots_moved_ += stop - cursor_;
  // Spare memory is zero.
  for (; cursor_ < stop; ++cursor_) now()[cursor_] = {};
  now().GiveBack(cursor_, spare_);
  if (cursor_ == last) FinishGrowth();
}

void KeyIndex::FinishGrowth() {
  next().Provide(next().size(), spare_, pool_);
  now() = std::move(next());
  next() = {};
  cursor_ = 0;
  step_at_ = LimitOf(now().homes());
  spare_.clear();
}

size_t KeyIndex::memory() const {
  size_t bytes = entry_bytes_ + slots_[0].memory() + slots_[1].memory() + size_ * sizeof(uint32_t);
  for (const Pages& pages : spare_) bytes += pages.size();
  return bytes;
}

}  // namespace rtstream
