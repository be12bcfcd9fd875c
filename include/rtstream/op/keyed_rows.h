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
//   ForEach(table, in, key_of, visit);   calls visit(i, at) for the i-th row, in order
//
// and in that, with what `at` says of the row's key:
//
//   FindOrInsert(table, at, fresh)       the key's entry; made, and `fresh` set, if there is none
//   FindPlace(table, at, exists)         the same without making it, and
//   InsertAt(table, at, place)           making it there, if there was none. Nothing else is made between them
//
// A key is in its own slice, or, behind a KeyBy, in that of its record.
// `key_of(in, i)` gives the key of the i-th row; it is called once for each row, in order. Meanwhile nobody else
// makes or erases entries.

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
  using Handle = typename Table::Handle;

  template <typename In, typename KeyOf, typename Visit>
  void ForEach(const Table& table, const Rows<In>& in, const KeyOf& key_of, Visit&& visit) {
    Encode(table, in, key_of);
    const size_t n = hashes_.size();
    for (size_t i = 0; i < n; ++i) {
      // The slot is asked for first, the entry that it names once it has come.
      constexpr size_t kSlotAhead = 20, kEntryAhead = 10;
      if (i + kSlotAhead < n) table.PrefetchSlot(hashes_[i + kSlotAhead]);
      if (i + kEntryAhead < n) table.PrefetchEntry(hashes_[i + kEntryAhead]);
      visit(i, i);
    }
  }

  Handle FindOrInsert(Table& table, size_t at, bool& fresh) const {
    return table.FindOrInsert(hashes_[at], key(at), SliceOf(at), fresh);
  }
  Handle FindPlace(Table& table, size_t at, bool& exists) const {
    const Handle entry = table.Find(hashes_[at], key(at));
    exists = static_cast<bool>(entry);
    return entry;
  }
  Handle InsertAt(Table& table, size_t at, Handle) const {
    bool fresh = false;
    return FindOrInsert(table, at, fresh);
  }

 private:
  template <typename In, typename KeyOf>
  void Encode(const Table& table, const Rows<In>& in, const KeyOf& key_of) {
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

// Packed keys: made kBlock to 2 * kBlock rows ahead, in a loop that does nothing else. Asking for a line
// waits for the translation of its address; in a short loop several such waits overlap.
template <typename P, typename V>
class KeyedRows<PackedTable<P, V>> : public OwnSlices {
 public:
  using Table = PackedTable<P, V>;
  using Entry = typename Table::Entry;
  using Handle = typename Table::Handle;

  class Prepared {
   private:
    friend KeyedRows;
    static constexpr bool kIsWide = std::is_same_v<P, Word128>;

    P key() const {
      if constexpr (kIsWide) {
        return {high_, low_};
      } else {
        return low_;
      }
    }
    void set_key(const P& key) {
      if constexpr (kIsWide) {
        // Halves apart: written as one of 16 bytes, the key would be read back before it is there.
        high_ = key.high;
        low_ = key.low;
      } else {
        low_ = key;
      }
    }

    Entry* home_ = nullptr;
    uint64_t low_ = 0, high_ = 0;
    uint32_t shard_ = 0;
  };

  template <typename In, typename KeyOf, typename Visit>
  [[gnu::always_inline]] void ForEach(const Table& table, const Rows<In>& in, const KeyOf& key_of, Visit&& visit) {
    const size_t n = in.size();
    layout_ = table.layout();
    Prepare(table, in, key_of, 0, std::min(n, kBlock));
    for (size_t begin = 0; begin < n; begin += kBlock) {
      const size_t end = std::min(n, begin + kBlock);
      if (table.memory() > kNearMemory) PrefetchNext(begin, end);
      Prepare(table, in, key_of, end, std::min(n, end + kBlock));
      const Prepared* at = BlockOf(begin);
      for (size_t i = begin; i < end; ++i, ++at) visit(i, *at);
    }
  }

  [[gnu::always_inline]] Handle FindOrInsert(Table& table, const Prepared& at, bool& fresh) {
    bool exists = false;
    const Handle place = FindPlace(table, at, exists);
    fresh = !exists;
    return exists ? place : InsertAt(table, at, place);
  }
  [[gnu::always_inline]] Handle FindPlace(Table& table, const Prepared& at, bool& exists) const {
    return table.FindPlace(at.home_, at.shard_, at.key(), exists);
  }
  [[gnu::noinline]] Handle InsertAt(Table& table, const Prepared& at, Handle place) {
    const Handle entry = table.InsertAt(place, at.shard_, at.key());
    if (table.layout() != layout_) [[unlikely]] FindHomesAgain(table);
    return entry;
  }

 private:
  static constexpr size_t kBlock = 32;
  // A table of this size stays near the core: looking at its lines twice would cost more than it saves.
  static constexpr size_t kNearMemory = 8 << 20;

  // Of the rows from `begin`, a multiple of kBlock. Two blocks: the one at hand and the next.
  Prepared* BlockOf(size_t begin) { return &ring_[begin % (2 * kBlock)]; }

  template <typename In, typename KeyOf>
  [[gnu::always_inline]] void Prepare(const Table& table, const Rows<In>& in, const KeyOf& key_of, size_t begin,
                                      size_t end) {
    const bool expects_marks = table.expects_marks();
    const uint8_t* const slices = has_own_slices ? nullptr : in.frame().slices();
    Prepared* at = BlockOf(begin);
    for (size_t i = begin; i < end; ++i, ++at) {
      const P packed = PackKey(key_of(in, i));
      uint32_t shard = slices == nullptr ? Frame::kNoSlice : slices[in.row(i)];
      if (shard == Frame::kNoSlice) shard = Table::SliceOf(packed);
      Entry* const home = table.Home(packed, shard);
      Table::Prefetch(home);
      if (expects_marks) table.PrefetchMarks(home, shard);
      at->set_key(packed);
      at->shard_ = shard;
      at->home_ = home;
    }
  }
  // Asks for the lines behind those of a block's homes, which have come since they were asked for.
  void PrefetchNext(size_t begin, size_t end) {
    const Prepared* at = BlockOf(begin);
    for (const Prepared* const last = at + (end - begin); at != last; ++at) Table::PrefetchNext(at->home_);
  }
  // After an insert that has moved them.
  [[gnu::noinline]] void FindHomesAgain(const Table& table) {
    layout_ = table.layout();
    for (Prepared& at : ring_) at.home_ = table.Home(at.key(), at.shard_);
  }

  std::array<Prepared, 2 * kBlock> ring_;
  uint64_t layout_ = 0;
};

}  // namespace rtstream::internal
