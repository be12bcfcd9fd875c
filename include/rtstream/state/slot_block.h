#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "rtstream/state/block_arena.h"

namespace rtstream::internal {

// A block of slots with two marks each, without the secret that says where a key goes.
template <typename Entry>
struct SlotBlock {
  static constexpr size_t kLongestTail = 256;
  // Look-ups begin with the first slot of a cache line, where slots and lines begin together.
  static constexpr size_t kPerHome = 64 % sizeof(Entry) == 0 ? 64 / sizeof(Entry) : 1;

  Entry* slots = nullptr;  // aligned to a line
  uint64_t homes = 0;      // the slots behind theirs take what does not fit there
  Entry* last = nullptr;   // the last slot stays empty, so that every look-up ends
  uint64_t* marks = nullptr;
  uint32_t size = 0;
  uint32_t touched_shift = 0;
  uint64_t touched = 0;    // bit i: a slot from i << touched_shift on may have marks
  size_t bytes = 0;

  Entry* Home(uint64_t hash) const { return slots + MultiplyHigh(hash, homes) * kPerHome; }
  bool Holds(const Entry* entry) const { return entry >= slots && entry < slots + size; }

  static uint64_t MultiplyHigh(uint64_t a, uint64_t b) {
    __extension__ using Product = unsigned __int128;
    return static_cast<uint64_t>(static_cast<Product>(a) * b >> 64);
  }

  size_t IndexOf(const Entry& entry) const { return static_cast<size_t>(&entry - slots); }

  // A block of at least so many slots, all empty.
  static SlotBlock Make(size_t slots_wanted, BlockArena& arena) {
    SlotBlock block;
    block.bytes = BlockArena::SizeFor(slots_wanted * sizeof(Entry) + slots_wanted / 4 + 8);
    block.size = static_cast<uint32_t>((block.bytes - 8) * 4 / (sizeof(Entry) * 4 + 1));
    // Words of marks behind the slots.
    const auto marks_at = [&] { return (block.size * sizeof(Entry) + 7) / 8 * 8; };
    const auto words = [&] { return (block.size + kMarksPerWord - 1) / kMarksPerWord; };
    while (marks_at() + words() * sizeof(uint64_t) > block.bytes) --block.size;
    block.homes = (block.size - std::clamp<uint32_t>(block.size / 8, 2, kLongestTail)) / kPerHome;
    char* const memory = arena.Take(block.bytes);
    block.slots = reinterpret_cast<Entry*>(memory);
    block.last = block.slots + block.size - 1;
    block.marks = reinterpret_cast<uint64_t*>(memory + marks_at());
    // Whole words of marks, and at most 64 stretches of them.
    const auto width = static_cast<uint32_t>(std::bit_width(block.size - 1));
    block.touched_shift = std::max<uint32_t>(11, width) - 6;
    return block;
  }
  // Has the system give its memory now.
  void Touch() const {
    constexpr size_t kSmallPage = 4096;
    volatile char* const memory = reinterpret_cast<char*>(slots);
    for (size_t at = 0; at < bytes; at += kSmallPage) memory[at] = 0;
  }
  void GiveBack(BlockArena& arena) const { arena.Give(reinterpret_cast<char*>(slots), bytes); }

  // Copies an entry with its marks to an empty slot.
  static void Relocate(SlotBlock& from, Entry& entry, SlotBlock& to, Entry& empty) {
    const size_t i = from.IndexOf(entry), k = to.IndexOf(empty);
    empty = entry;
    to.ClearMarks(k);
    if (const uint64_t marks = from.MarksOf(i); marks != 0) to.AddMarks(k, marks);
  }

  // Marks are two bits a slot: it has changed since the last commit; and the commit must store it.
  static constexpr uint64_t kChanged = 1, kNoted = 2, kBoth = 3;
  static constexpr size_t kMarksPerWord = 32;
  static unsigned ShiftOf(size_t i) { return 2 * static_cast<unsigned>(i % kMarksPerWord); }
  void PrefetchMarks(size_t i) const { __builtin_prefetch(&marks[i / kMarksPerWord], 1); }
  uint64_t MarksOf(size_t i) const { return marks[i / kMarksPerWord] >> ShiftOf(i) & kBoth; }
  void AddMarks(size_t i, uint64_t m) {
    marks[i / kMarksPerWord] |= m << ShiftOf(i);
    touched |= uint64_t{1} << (i >> touched_shift);
  }
  void ClearMarks(size_t i) { marks[i / kMarksPerWord] &= ~(kBoth << ShiftOf(i)); }

  template <typename F>
  void TakeNoted(F&& visit) {
    const size_t words = (size + kMarksPerWord - 1) / kMarksPerWord;
    for (; touched != 0; touched &= touched - 1) {
      const auto bit = static_cast<size_t>(std::countr_zero(touched));
      const size_t begin = (bit << touched_shift) / kMarksPerWord;
      const size_t end = std::min(words, ((bit + 1) << touched_shift) / kMarksPerWord);
      for (size_t w = begin; w < end; ++w) {
        constexpr uint64_t kAllNoted = 0xaaaaaaaaaaaaaaaa;
        for (uint64_t noted = marks[w] & kAllNoted; noted != 0; noted &= noted - 1) {
          visit(slots[w * kMarksPerWord + static_cast<size_t>(std::countr_zero(noted)) / 2]);
        }
        marks[w] = 0;
      }
    }
  }
};

}  // namespace rtstream::internal
