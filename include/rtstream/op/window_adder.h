#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <type_traits>

#include "rtstream/core/batch.h"
#include "rtstream/op/stage.h"
#include "rtstream/state/window_keys.h"
#include "rtstream/state/window_table.h"

namespace rtstream::internal {

// Adds rows to the table of their window. `key(row)` gives a key of at most 8 bytes, `add(sum, row)` adds.
template <typename In, typename V, typename KeyF, typename F>
class WindowAdder {
 public:
  using Table = WindowTable<V>;
  using Keys = WindowKeys<std::remove_cvref_t<std::invoke_result_t<const KeyF&, const In&>>>;

  // Adds all rows.
  void AddAll(Table& table, const Rows<In>& in, const KeyF& key, const F& add) {
    const bool is_large = table.footprint() > kNearMemory;
    if (in.selection().is_prefix()) {
      const auto row_at = [](size_t i) { return i; };
      is_large ? AddAhead(table, in, row_at, key, add) : AddNear(table, in, row_at, key, add);
    } else {
      const auto row_at = [&in](size_t i) { return in.row(i); };
      is_large ? AddAhead(table, in, row_at, key, add) : AddNear(table, in, row_at, key, add);
    }
  }

  // Adds one.
  static void Add(Table& table, const Rows<In>& in, size_t row, const KeyF& key, const F& add) {
    AddSlowly(table, in, row, Keys::Pack(std::invoke(key, in.at_row(row))), add);
  }

 private:
  // A table of this size stays near the core: its lines need not be asked for ahead.
  static constexpr size_t kNearMemory = 1 << 20;
  static constexpr size_t kAhead = 64;  // rows

  [[gnu::noinline]] static void AddSlowly(Table& table, const Rows<In>& in, size_t row, uint64_t key,
                                          const F& add) {
    const auto place = table.At(key, in.frame().slice(row));
    *place.mark = Table::kBoth;
    std::invoke(add, *place.value, in.at_row(row));
  }

  // Where most keys are: in one of two slots, without a branch. False: it is not.
  [[gnu::always_inline]] static bool AddToPair(typename Table::Slot* slots, uint8_t* marks, uint64_t key,
                                               size_t home, const In& row, const F& add) {
    const size_t at = home + (slots[home].packed != key ? 1 : 0);
    if (slots[at].packed != key || (Keys::kMayBeZero && key == 0)) [[unlikely]] return false;
    // Marked blindly: to look first would cost more.
    marks[at] = Table::kBoth;
    std::invoke(add, slots[at].value, row);
    return true;
  }

  template <typename RowAt>
  void AddNear(Table& table, const Rows<In>& in, const RowAt& row_at, const KeyF& key_fn, const F& add_fn) {
    InLoop<KeyF> key_of = key_fn;
    InLoop<F> add = add_fn;
    typename Table::View to = table.view();
    const In* const rows = in.data();
    const size_t n = in.size();
    for (size_t i = 0; i < n; ++i) {
      const size_t row = row_at(i);
      const uint64_t key = Keys::Pack(std::invoke(key_of, rows[row]));
      if (AddToPair(to.slots, to.marks, key, to.Home(key), rows[row], add)) [[likely]] continue;
      AddSlowly(table, in, row, key, add_fn);
      to = table.view();
    }
  }

  template <typename RowAt>
  void AddAhead(Table& table, const Rows<In>& in, const RowAt& row_at, const KeyF& key_fn, const F& add_fn) {
    InLoop<F> add = add_fn;
    const In* const rows = in.data();
    const size_t n = in.size();
    Prepare(table, rows, row_at, 0, std::min(n, kAhead), key_fn);
    for (size_t begin = 0; begin < n; begin += kAhead) {
      const size_t end = std::min(n, begin + kAhead);
      Prepare(table, rows, row_at, end, std::min(n, end + kAhead), key_fn);
      typename Table::View to = table.view();
      const uint64_t* const keys = &keys_[begin % kRing];
      const uint32_t* const homes = &homes_[begin % kRing];
#pragma GCC unroll 2
      for (size_t i = begin; i < end; ++i) {
        const size_t row = row_at(i);
        const uint64_t key = keys[i - begin];
        if (AddToPair(to.slots, to.marks, key, homes[i - begin], rows[row], add)) [[likely]] continue;
        AddSlowly(table, in, row, key, add_fn);
        if (table.view().mask != to.mask) FindHomesAgain(table);
        to = table.view();
      }
    }
  }

  template <typename RowAt>
  [[gnu::always_inline]] void Prepare(const Table& table, const In* rows, const RowAt& row_at, size_t begin,
                                      size_t end, const KeyF& key_fn) {
    InLoop<KeyF> key_of = key_fn;
    const typename Table::View to = table.view();
    uint64_t* const keys = &keys_[begin % kRing];
    uint32_t* const homes = &homes_[begin % kRing];
#pragma GCC unroll 4
    for (size_t i = begin; i < end; ++i) {
      const uint64_t key = Keys::Pack(std::invoke(key_of, rows[row_at(i)]));
      const size_t home = to.Home(key);
      keys[i - begin] = key;
      homes[i - begin] = static_cast<uint32_t>(home);
      __builtin_prefetch(&to.slots[home], 1);
      // Of a pair that does not fit into a line.
      if constexpr (64 % (2 * sizeof(typename Table::Slot)) != 0) __builtin_prefetch(&to.slots[home + 1].value, 1);
    }
  }
  [[gnu::noinline]] void FindHomesAgain(const Table& table) {
    for (size_t i = 0; i < kRing; ++i) homes_[i] = static_cast<uint32_t>(table.view().Home(keys_[i]));
  }

  static constexpr size_t kRing = 2 * kAhead;
  // Of the rows from the one at hand on; none is overwritten before its turn is over. Apart: what is
  // written together GCC 12 puts together through the stack.
  std::array<uint64_t, kRing> keys_{};
  std::array<uint32_t, kRing> homes_{};
};

}  // namespace rtstream::internal
