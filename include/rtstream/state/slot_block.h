#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace rtstream::internal {

// A block of slots with two marks each, without the secret that says where a key goes.
template <typename Entry>
struct SlotBlock {
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

  // Marks are two bits a slot: it has changed since the last commit; and the commit must store it.
  static constexpr uint64_t kChanged = 1, kNoted = 2, kBoth = 3;
  static constexpr size_t kMarksPerWord = 32;
  static unsigned ShiftOf(size_t i) { return 2 * static_cast<unsigned>(i % kMarksPerWord); }
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
