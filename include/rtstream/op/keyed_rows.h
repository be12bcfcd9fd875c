#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "rtstream/base/hash.h"
#include "rtstream/core/batch.h"
#include "rtstream/state/key_codec.h"
#include "rtstream/state/keyed_table.h"
#include "rtstream/state/packed_key.h"
#include "rtstream/state/packed_table.h"

// The keys of a batch and their hashes, so that a keyed operator can ask for memory some rows before it
// needs it. Every form has
//
//   Begin(table, in, key_of);        before the loop over the rows
//   Ahead(table, in, key_of, i);     in the loop, before row i is looked at
//   Find(table, i), FindOrInsert(table, i, fresh)
//
// A key is in its own slice, or, behind a KeyBy, in that of its record.
// `key_of(in, i)` gives the key of the i-th row; it is called once for each row, in order.

namespace rtstream::internal {

template <typename Table>
class KeyedRows;

// Of keys that are in their own slices also behind a KeyBy.
struct OwnSlices {
  bool has_own_slices = false;

  template <typename In>
  uint8_t SliceOf(const Rows<In>& in, size_t i) const {
    return has_own_slices ? Frame::kNoSlice : in.frame().slice(in.row(i));
  }
};

// Keys of bytes.
template <typename V>
class KeyedRows<KeyedTable<V>> : public OwnSlices {
 public:
  using Table = KeyedTable<V>;

  template <typename In, typename KeyOf>
  void Begin(const Table& table, const Rows<In>& in, const KeyOf& key_of) {
    using K = std::remove_cvref_t<std::invoke_result_t<const KeyOf&, const Rows<In>&, size_t>>;
    bytes_.clear();
    ends_.clear();
    frame_ = &in.frame();
    selection_ = &in.selection();
    for (size_t i = 0; i < in.size(); ++i) {
      KeyCodec<K>::Append(key_of(in, i), bytes_);
      ends_.push_back(static_cast<uint32_t>(bytes_.size()));
    }
    hashes_.resize(ends_.size());
    for (size_t i = 0; i < ends_.size(); ++i) hashes_[i] = table.Hash(key(i));
  }

  template <typename In, typename KeyOf>
  [[gnu::always_inline]] void Ahead(const Table& table, const Rows<In>&, const KeyOf&, size_t i) {
    // The slot is asked for first, the entry that it names once it has come.
    constexpr size_t kSlotAhead = 20, kEntryAhead = 10;
    if (i + kSlotAhead < hashes_.size()) table.PrefetchSlot(hashes_[i + kSlotAhead]);
    if (i + kEntryAhead < hashes_.size()) table.PrefetchEntry(hashes_[i + kEntryAhead]);
  }

  typename Table::Handle Find(Table& table, size_t i) const { return table.Find(hashes_[i], key(i)); }
  typename Table::Handle FindOrInsert(Table& table, size_t i, bool& fresh) const {
    return table.FindOrInsert(hashes_[i], key(i), SliceOf(i), fresh);
  }

 private:
  uint8_t SliceOf(size_t i) const {
    return has_own_slices ? Frame::kNoSlice : frame_->slice((*selection_)[i]);
  }
  std::string_view key(size_t i) const {
    const uint32_t begin = i == 0 ? 0 : ends_[i - 1];
    return {bytes_.data() + begin, ends_[i] - begin};
  }

  const Frame* frame_ = nullptr;  // of the batch
  const Selection* selection_ = nullptr;
  std::string bytes_;
  std::vector<uint32_t> ends_;
  std::vector<uint64_t> hashes_;
};

// Packed keys: made kAhead to 2 * kAhead rows ahead, in a loop that does nothing else. Asking for a line
// waits for the translation of its address; in a short loop several such waits overlap.
template <typename P, typename V>
class KeyedRows<PackedTable<P, V>> : public OwnSlices {
 public:
  using Table = PackedTable<P, V>;
  using Entry = typename Table::Entry;

  template <typename In, typename KeyOf>
  void Begin(const Table& table, const Rows<In>& in, const KeyOf& key_of) {
    layout_ = table.layout();
    is_large_ = table.memory() > kNearMemory;
    for (size_t i = 0; i < kAhead && i < in.size(); ++i) {
      Prepare(table, i, key_of(in, i), SliceOf(in, i));
    }
  }

  template <typename In, typename KeyOf>
  [[gnu::always_inline]] void Ahead(const Table& table, const Rows<In>& in, const KeyOf& key_of,
                                    size_t i) {
    if (i % kAhead == 0) {
      const size_t end = std::min(in.size(), i + 2 * kAhead);
      for (size_t k = i + kAhead; k < end; ++k) {
        Prepare(table, k, key_of(in, k), SliceOf(in, k));
      }
    }
    const Prepared& next = At(i + kNextAhead);
    // An insert of this batch may have given back the memory of homes that were found before.
    if (is_large_ && i + kNextAhead < in.size() && table.layout() == layout_) [[likely]] {
      Table::PrefetchNext(next.home);
    }
  }

  [[gnu::always_inline]] typename Table::Handle Find(Table& table, size_t i) const {
    const Prepared& at = At(i);
    return table.Find(HomeOf(table, at), at.shard, at.key());
  }
  [[gnu::always_inline]] typename Table::Handle FindOrInsert(Table& table, size_t i, bool& fresh) const {
    const Prepared& at = At(i);
    return table.FindOrInsert(HomeOf(table, at), at.shard, at.key(), fresh);
  }

 private:
  // How many rows ahead a key's line is asked for, at least, and the one behind it.
  static constexpr size_t kAhead = 32, kNextAhead = 6;
  // A table of this size stays near the core: looking at its lines twice would cost more than it saves.
  static constexpr size_t kNearMemory = 8 << 20;
  static constexpr bool kIsWide = std::is_same_v<P, Word128>;

  struct Prepared {
    Entry* home = nullptr;
    uint64_t low = 0, high = 0;
    uint32_t shard = 0;

    P key() const {
      if constexpr (kIsWide) {
        return {high, low};
      } else {
        return low;
      }
    }
  };
  // A row is not overwritten before its turn is over.
  static constexpr size_t kRing = 2 * kAhead;

  Prepared& At(size_t i) { return ring_[i % kRing]; }
  const Prepared& At(size_t i) const { return ring_[i % kRing]; }

  template <typename K>
  [[gnu::always_inline]] void Prepare(const Table& table, size_t i, const K& key, uint32_t slice) {
    const P packed = PackKey(key);
    Prepared& at = At(i);
    if constexpr (kIsWide) {
      // Halves apart: written as one of 16 bytes, the key would be read back before it is there.
      at.high = packed.high;
      at.low = packed.low;
    } else {
      at.low = packed;
    }
    at.shard = slice == Frame::kNoSlice ? Table::SliceOf(packed) : slice;
    at.home = table.Home(packed, at.shard);
    Table::Prefetch(at.home);
    if (table.expects_marks()) table.PrefetchMarks(at.home, at.shard);
  }
  // An insert since then may have moved homes.
  Entry* HomeOf(const Table& table, const Prepared& at) const {
    if (table.layout() == layout_) [[likely]] return at.home;
    return table.Home(at.key(), at.shard);
  }

  // Of the rows from the one at hand on.
  std::array<Prepared, kRing> ring_;
  uint64_t layout_ = 0;
  bool is_large_ = false;
};

}  // namespace rtstream::internal
