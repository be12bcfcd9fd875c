#include "rtstream/state/key_index.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace rtstream {
namespace {

constexpr int kInitialBits = 10;
constexpr size_t kLargestRecycled = 64;  // units: 1 KiB

}  // namespace

uint32_t KeyGroupOf(std::string_view key) {
  return static_cast<uint32_t>(StableHash(key) >> (64 - std::bit_width(kKeyGroups - 1)));
}

KeyIndex::KeyIndex(size_t entry_size)
    : entry_size_(entry_size),
      slots_(size_t{1} << kInitialBits),
      mask_(slots_.size() - 1),
      shift_(64 - kInitialBits),
      free_(kLargestRecycled + 1),
      groups_(kKeyGroups) {
  // Reference 0 means an empty slot, so the first unit is never given out.
  chunks_.push_back(std::make_unique<char[]>(kUnit << kChunkBits));
  chunk_used_ = 1;
  entry_bytes_ = kUnit << kChunkBits;
}

uint32_t KeyIndex::Allocate(size_t bytes) {
  const size_t units = (bytes + kUnit - 1) / kUnit;
  if (units <= kLargestRecycled && !free_[units].empty()) {
    const uint32_t ref = free_[units].back();
    free_[units].pop_back();
    return ref;
  }
  constexpr size_t kChunkUnits = size_t{1} << kChunkBits;
  if (chunk_used_ + units > kChunkUnits) {
    const size_t size = std::max(units, kChunkUnits) * kUnit;
    chunks_.push_back(std::unique_ptr<char[]>(new char[size]));
    entry_bytes_ += size;
    chunk_used_ = 0;
  }
  const auto ref = static_cast<uint32_t>(((chunks_.size() - 1) << kChunkBits) + chunk_used_);
  chunk_used_ += units;
  return ref;
}

EntryHead& KeyIndex::Insert(uint64_t hash, std::string_view key) {
  if ((size_ + 1) * 8 > slots_.size() * 5) Grow();
  const uint32_t ref = Allocate(entry_size_ + key.size());
  size_t i = hash >> shift_;
  while (slots_[i].ref != 0) i = (i + 1) & mask_;
  slots_[i] = {static_cast<uint32_t>(hash), ref};
  EntryHead& head = At(ref);
  const uint32_t group = KeyGroupOf(key);
  head = {static_cast<uint32_t>(key.size()), static_cast<uint16_t>(group), 0,
          static_cast<uint32_t>(groups_[group].size()), ref};
  groups_[group].push_back(ref);
  std::memcpy(reinterpret_cast<char*>(&head) + entry_size_, key.data(), key.size());
  ++size_;
  return head;
}

void KeyIndex::Erase(EntryHead& head, std::string_view key) {
  size_t hole = Hash(key) >> shift_;
  while (slots_[hole].ref != head.self) hole = (hole + 1) & mask_;
  // Backward shift: what stands behind the hole moves up as far as its home allows, so that look-ups
  // need no tombstones.
  for (size_t i = (hole + 1) & mask_; slots_[i].ref != 0; i = (i + 1) & mask_) {
    const EntryHead& other = At(slots_[i].ref);
    const std::string_view other_key(reinterpret_cast<const char*>(&other) + entry_size_,
                                     other.key_size);
    const size_t home = Hash(other_key) >> shift_;
    if (((i - home) & mask_) < ((i - hole) & mask_)) continue;
    slots_[hole] = slots_[i];
    hole = i;
  }
  slots_[hole] = {0, 0};
  --size_;

  std::vector<uint32_t>& group = groups_[head.key_group];
  const uint32_t last = group.back();
  group[head.group_slot] = last;
  At(last).group_slot = head.group_slot;
  group.pop_back();

  erased_.emplace_back(key);
  head.is_dirty = 0;
  const size_t units = (entry_size_ + key.size() + kUnit - 1) / kUnit;
  if (units <= kLargestRecycled) free_[units].push_back(head.self);
}

void KeyIndex::Grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  mask_ = slots_.size() - 1;
  --shift_;
  // The tag is the hash's low half and the home its high bits, so the keys are hashed again.
  for (size_t k = 0; k < old.size(); ++k) {
    if (k + 16 < old.size() && old[k + 16].ref != 0) __builtin_prefetch(&At(old[k + 16].ref));
    if (old[k].ref == 0) continue;
    const EntryHead& head = At(old[k].ref);
    const uint64_t hash = Hash({reinterpret_cast<const char*>(&head) + entry_size_, head.key_size});
    size_t i = hash >> shift_;
    while (slots_[i].ref != 0) i = (i + 1) & mask_;
    slots_[i] = old[k];
  }
}

size_t KeyIndex::memory() const {
  return entry_bytes_ + slots_.size() * sizeof(Slot) + size_ * sizeof(uint32_t);
}

}  // namespace rtstream
