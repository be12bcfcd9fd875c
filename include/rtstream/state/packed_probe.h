#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "rtstream/base/hash.h"
#include "rtstream/state/slot_block.h"

namespace rtstream {

// A key and its value, as a packed table keeps them.
template <typename P, typename V>
struct PackedEntry {
  P packed{};
  V value{};

  const P& key() const { return packed; }
};

namespace internal {

// How a key is looked for in slots, from the first slot of a line on. The slot that is a zero key is empty.
template <typename P, typename V>
struct PackedProbe {
  using Entry = PackedEntry<P, V>;
  static constexpr size_t kPerHome = SlotBlock<Entry>::kPerHome;

  // Once the line at `home` has come: asks for the next one, if the key is not there and it is full.
  // Without a branch: asking for the first line again costs nothing.
  [[gnu::always_inline]] static void PrefetchNext(const Entry* home, const P& key) {
    __builtin_prefetch(home + (EndsIn(home, key) == 0 ? kPerHome : 0), 1);
  }

  // The key's entry, or the empty slot where it would be.
  static Entry* Find(Entry* home, const P& key) {
    Entry* entry = home;
    if constexpr (kPerHome > 1) {
      // Most look-ups end in their first line; where in it, no branch can foresee.
      const unsigned ends = EndsIn(home, key);
      if (ends != 0) [[likely]] return entry + std::countr_zero(ends);
      entry += kPerHome;
    }
    while (entry->packed != key && entry->packed != P{}) ++entry;
    return entry;
  }

  static void SetKey(Entry& entry, const P& key) {
    if constexpr (std::is_same_v<P, Word128>) {
      // Two stores: GCC 12 would join them through the stack, which waits for both.
      entry.packed.high = key.high;
      asm volatile("" : : : "memory");
      entry.packed.low = key.low;
    } else {
      entry.packed = key;
    }
  }

 private:
  // Bit k: looking for the key from `home` on ends at the line's slot k, if it gets there.
  [[gnu::always_inline]] static unsigned EndsIn(const Entry* home, const P& key) {
    // Not a loop: GCC would keep it one.
    return [&]<unsigned... K>(std::integer_sequence<unsigned, K...>) {
      return ((static_cast<unsigned>(home[K].packed == key || home[K].packed == P{}) << K) | ...);
    }(std::make_integer_sequence<unsigned, kPerHome>());
  }
};

}  // namespace internal
}  // namespace rtstream
