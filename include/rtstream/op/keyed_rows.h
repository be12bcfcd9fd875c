#pragma once

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
// `key_of(in, i)` gives the key of the i-th row; it is called once for each row, in order.

namespace rtstream::internal {

template <typename Table>
class KeyedRows;

// Keys of bytes.
template <typename V>
class KeyedRows<KeyedTable<V>> {
 public:
  using Table = KeyedTable<V>;

  template <typename In, typename KeyOf>
  void Begin(const Table& table, const Rows<In>& in, const KeyOf& key_of) {
    using K = std::remove_cvref_t<std::invoke_result_t<const KeyOf&, const Rows<In>&, size_t>>;
    bytes_.clear();
    ends_.clear();
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
    return table.FindOrInsert(hashes_[i], key(i), fresh);
  }

 private:
  std::string_view key(size_t i) const {
    const uint32_t begin = i == 0 ? 0 : ends_[i - 1];
    return {bytes_.data() + begin, ends_[i] - begin};
  }

  std::string bytes_;
  std::vector<uint32_t> ends_;
  std::vector<uint64_t> hashes_;
};

// Packed keys: made some rows ahead, so that the row is in the nearest cache when its turn comes.
template <typename P, typename V>
class KeyedRows<PackedTable<P, V>> {
 public:
  using Table = PackedTable<P, V>;
  using Entry = typename Table::Entry;

  template <typename In, typename KeyOf>
  void Begin(const Table& table, const Rows<In>& in, const KeyOf& key_of) {
    if (homes_.size() < in.size()) Resize(in.size());
    layout_ = table.layout();
    is_large_ = table.memory() > kNearMemory;
    for (size_t i = 0; i < kAhead && i < in.size(); ++i) Prepare(table, i, key_of(in, i));
  }

  template <typename In, typename KeyOf>
  [[gnu::always_inline]] void Ahead(const Table& table, const Rows<In>& in, const KeyOf& key_of,
                                    size_t i) {
    if (i + kAhead < in.size()) Prepare(table, i + kAhead, key_of(in, i + kAhead));
    const size_t next = i + kNextAhead;
    // An insert of this batch may have given back the memory of homes that were found before.
    if (is_large_ && next < in.size() && table.layout() == layout_) [[likely]] {
      Table::PrefetchNext(homes_[next], key(next));
    }
  }

  typename Table::Handle Find(Table& table, size_t i) const {
    return table.Find(HomeOf(table, i), shards_[i], key(i));
  }
  typename Table::Handle FindOrInsert(Table& table, size_t i, bool& fresh) const {
    return table.FindOrInsert(HomeOf(table, i), shards_[i], key(i), fresh);
  }

 private:
  // How many rows ahead a key's line is asked for, and the one behind it.
  static constexpr size_t kAhead = 24, kNextAhead = 6;
  // A table of this size stays near the core: looking at its lines twice would cost more than it saves.
  static constexpr size_t kNearMemory = 8 << 20;
  static constexpr bool kIsWide = std::is_same_v<P, Word128>;

  void Resize(size_t rows) {
    homes_.resize(rows);
    shards_.resize(rows);
    low_.resize(rows);
    if (kIsWide) high_.resize(rows);
  }

  template <typename K>
  [[gnu::always_inline]] void Prepare(const Table& table, size_t i, const K& key) {
    const P packed = PackKey(key);
    if constexpr (kIsWide) {
      // Halves apart: written as one of 16 bytes, the key would be read back before it is there.
      high_[i] = packed.high;
      low_[i] = packed.low;
    } else {
      low_[i] = packed;
    }
    const uint32_t shard = Table::SliceOf(packed);
    shards_[i] = static_cast<uint8_t>(shard);
    homes_[i] = table.Home(packed, shard);
    Table::Prefetch(homes_[i]);
  }
  P key(size_t i) const {
    if constexpr (kIsWide) {
      return {high_[i], low_[i]};
    } else {
      return low_[i];
    }
  }
  // An insert since then may have moved homes.
  Entry* HomeOf(const Table& table, size_t i) const {
    if (table.layout() == layout_) [[likely]] return homes_[i];
    return table.Home(key(i), shards_[i]);
  }

  std::vector<Entry*> homes_;
  std::vector<uint64_t> high_, low_;
  std::vector<uint8_t> shards_;
  uint64_t layout_ = 0;
  bool is_large_ = false;
};

}  // namespace rtstream::internal
