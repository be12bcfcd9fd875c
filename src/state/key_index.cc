#include "rtstream/state/key_index.h"

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

namespace rtstream {
namespace {

constexpr int kInitialBits = 10;

}  // namespace

uint32_t KeyGroupOf(std::string_view key) {
  return static_cast<uint32_t>(StableHash(key) >> (64 - std::bit_width(kKeyGroups - 1)));
}

KeyIndex::KeyIndex(size_t entry_size)
    : entry_size_(entry_size),
      slots_(sizeof(Slot) << kInitialBits),
      mask_((size_t{1} << kInitialBits) - 1),
      shift_(64 - kInitialBits),
      free_(kExactLists + 64),
      slice_entries_(kSlices) {
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
  if (std::vector<uint32_t>& free = free_[list]; !free.empty()) {
    const uint32_t ref = free.back();
    free.pop_back();
    return ref;
  }
  const size_t units = UnitsOf(list);
  constexpr size_t kChunkUnits = size_t{1} << kChunkBits;
  if (chunk_used_ + units > kChunkUnits) {
    if (chunks_.size() == size_t{1} << (32 - kChunkBits)) throw std::bad_alloc();
    const size_t size = std::max(units, kChunkUnits) * kUnit;
    chunks_.push_back(pool_ != nullptr && size == Pages::kHugePage ? pool_->Take() : Pages(size));
    entry_bytes_ += size;
    chunk_used_ = 0;
  }
  const auto ref = static_cast<uint32_t>(((chunks_.size() - 1) << kChunkBits) + chunk_used_);
  chunk_used_ += units;
  return ref;
}

EntryHead& KeyIndex::Insert(uint64_t hash, std::string_view key, uint32_t slice) {
  if ((size_ + 1) * 8 > slot_count() * 5) Grow();
  const uint32_t ref = Allocate(entry_size_ + key.size());
  size_t i = hash >> shift_;
  while (slots()[i].ref != 0) i = (i + 1) & mask_;
  slots()[i] = {TagOf(hash), ref};
  EntryHead& head = At(ref);
  std::vector<uint32_t>& neighbours = slice_entries_[slice];
  head = {static_cast<uint32_t>(key.size()), static_cast<uint16_t>(slice), 0,
          static_cast<uint32_t>(neighbours.size()), ref};
  neighbours.push_back(ref);
  std::memcpy(reinterpret_cast<char*>(&head) + entry_size_, key.data(), key.size());
  ++size_;
  return head;
}

void KeyIndex::Erase(EntryHead& head, std::string_view key) {
  size_t hole = Hash(key) >> shift_;
  while (slots()[hole].ref != head.self) hole = (hole + 1) & mask_;
  // Backward shift: what stands behind the hole moves up as far as its home allows, so that look-ups
  // need no tombstones.
  for (size_t i = (hole + 1) & mask_; slots()[i].ref != 0; i = (i + 1) & mask_) {
    const size_t home = HomeOf(slots()[i]);
    if (((i - home) & mask_) < ((i - hole) & mask_)) continue;
    slots()[hole] = slots()[i];
    hole = i;
  }
  slots()[hole] = {0, 0};
  --size_;

  std::vector<uint32_t>& neighbours = slice_entries_[head.slice];
  const uint32_t last = neighbours.back();
  neighbours[head.slice_slot] = last;
  At(last).slice_slot = head.slice_slot;
  neighbours.pop_back();

  head.mark = kClean;
  free_[FreeList(entry_size_ + key.size())].push_back(head.self);
}

void KeyIndex::Reserve(size_t entries) {
  const size_t wanted = std::bit_ceil(entries * 8 / 5 + 1);
  if (wanted <= slot_count()) return;
  slots_ = Pages(wanted * sizeof(Slot));
  mask_ = wanted - 1;
  shift_ = 64 - std::countr_zero(wanted);
}

void KeyIndex::Grow() {
  const size_t old_count = slot_count();
  Pages old_pages(2 * old_count * sizeof(Slot));
  std::swap(old_pages, slots_);
  const Slot* const old = reinterpret_cast<const Slot*>(old_pages.data());
  mask_ = 2 * old_count - 1;
  --shift_;
  for (size_t k = 0; k < old_count; ++k) {
    if (old[k].ref == 0) continue;
    size_t i = HomeOf(old[k]);
    while (slots()[i].ref != 0) i = (i + 1) & mask_;
    slots()[i] = old[k];
  }
}

size_t KeyIndex::memory() const {
  return entry_bytes_ + slots_.size() + size_ * sizeof(uint32_t);
}

}  // namespace rtstream
