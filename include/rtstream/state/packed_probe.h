#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "rtstream/base/hash.h"
#include "rtstream/state/slot_block.h"

namespace rtstream {

// A key and its value, as a packed table keeps them.
template <typename P, typename V>
struct PackedEntry {
  P packed{};  // zero: the slot is empty
  V value{};   // what the operator keeps

  const P& key() const { return packed; }  // as KeyedTable::Entry has it
};

namespace internal {

// How a key is looked for in slots, from the first slot of a line on. The slot that is a zero key is empty.
template <typename P, typename V>
struct PackedProbe {
  using Entry = PackedEntry<P, V>;
  static constexpr size_t kPerHome = SlotBlock<Entry>::kPerHome;

  // Once the line at `home` has come: asks for the next one, if it is full. Without a branch: asking for the
  // first line again costs nothing.
  [[gnu::always_inline]] static void PrefetchNext(const Entry* home) {
    __builtin_prefetch(home + (home[kPerHome - 1].packed == P{} ? 0 : kPerHome), 1);
  }

  // The key's entry, or the empty slot where it would be.
  [[gnu::always_inline]] static Entry* Find(Entry* home, const P& key) {
    Entry* entry = home;
    // Most look-ups end in their first line; where in it, no branch can foresee.
    if constexpr (kPerHome == 2) {
      entry += GoesOn(*entry, key) ? 1 : 0;
    } else if constexpr (kPerHome > 1) {
      const unsigned ends = EndsIn(home, key);
      if (ends != 0) [[likely]] return entry + std::countr_zero(ends);
      entry += kPerHome;
    }
    while (GoesOn(*entry, key)) ++entry;
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
  // Whether the slot holds another key; no branch.
  [[gnu::always_inline]] static bool GoesOn(const Entry& slot, const P& key) {
    return static_cast<unsigned>(slot.packed != key) & static_cast<unsigned>(slot.packed != P{});
  }
  // Bit k: looking for the key from `home` on ends at the line's slot k, if it gets there.
  [[gnu::always_inline]] static unsigned EndsIn(const Entry* home, const P& key) {
#if defined(__SSE2__)
    if constexpr (std::is_same_v<P, uint64_t> && sizeof(Entry) == 16) {
      return EndsInPair(home, key) | EndsInPair(home + 2, key) << 2;
    }
#endif
    // Not a loop: GCC would keep it one.
    const auto ends = [&](const P& found) {
      return static_cast<unsigned>(found == key) | static_cast<unsigned>(found == P{});  // no branch
    };
    return [&]<unsigned... K>(std::integer_sequence<unsigned, K...>) {
      return ((ends(home[K].packed) << K) | ...);
    }(std::make_integer_sequence<unsigned, kPerHome>());
  }
#if defined(__SSE2__)
  // The same of two slots that begin with 8 bytes of key.
  [[gnu::always_inline]] static unsigned EndsInPair(const Entry* slots, uint64_t key) {
    const auto load = [](const Entry& e) { return _mm_load_si128(reinterpret_cast<const __m128i*>(&e)); };
    const __m128i keys = _mm_unpacklo_epi64(load(slots[0]), load(slots[1]));
    const auto equal = [&](__m128i wanted) {
      const __m128i halves = _mm_cmpeq_epi32(keys, wanted);
      return _mm_and_si128(halves, _mm_shuffle_epi32(halves, _MM_SHUFFLE(2, 3, 0, 1)));
    };
    const __m128i ends = _mm_or_si128(equal(_mm_set1_epi64x(static_cast<int64_t>(key))), equal(_mm_setzero_si128()));
    return static_cast<unsigned>(_mm_movemask_pd(_mm_castsi128_pd(ends)));
  }
#endif
};

}  // namespace internal
}  // namespace rtstream
