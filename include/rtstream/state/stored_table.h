#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "rtstream/state/byte_io.h"
#include "rtstream/state/checkpoint.h"
#include "rtstream/state/key_codec.h"
#include "rtstream/state/keyed_table.h"
#include "rtstream/state/packed_key.h"
#include "rtstream/state/packed_table.h"
#include "rtstream/state/state_host.h"
#include "rtstream/state/table_blocks.h"
#include "rtstream/state/table_log.h"
#include "rtstream/state/value_codec.h"

namespace rtstream {

// A keyed table with its log: what a stateful operator holds for each of its tables. Table is a KeyedTable
// or a PackedTable; see StoredTableOf.
template <typename Table>
class StoredTable {
 public:
  using KeyRef = typename Table::KeyRef;  // as keys are given to the table
  using Entry = typename Table::Entry;    // a key with its value
  using Handle = typename Table::Handle;  // what the table's look-ups give

  // `name`: of the table, within the operator's scope.
  explicit StoredTable(std::string name) : log_(std::move(name)) {}

  const std::string& name() const { return log_.name(); }  // as it was made with or renamed to
  // REQUIRES: nothing was read or written.
  void Rename(std::string name) { log_ = TableLog(std::move(name)); }
  // To read and insert; what changes is told to the methods below.
  Table& table() { return table_; }
  size_t size() const { return table_.size(); }  // keys
  // Of entries, in bytes.
  size_t memory() const { return table_.memory(); }

  // Before anything else. `host` is used during the call, what it points at for the table's life.
  void Attach(const StateHost& host) {
    table_.UsePages(*host.pages);
    keeps_changes_ = host.keeps_changes;
    log_.Attach(host);
    if constexpr (Blocks::kIsPacked) table_.ExpectMarks(keeps_changes_);
  }

  // Makes room for so many entries, more or less. REQUIRES: the table is empty, and was attached.
  // Of all lanes together.
  void Reserve(size_t entries) { table_.Reserve(entries, log_.slices()); }

  // The entry has a new value. The first of an epoch is stored at once, while it is in the cache; if
  // others follow, the last is stored again by the commit.
  void Changed(Handle entry) {
    if (keeps_changes_) NoteChange(entry);
  }
  // The entry's value may change until the commit, which stores it.
  void MayChange(Handle entry) {
    if (keeps_changes_) table_.MarkDirty(entry);
  }
  // Forgets the entry, with the next commit for ever.
  void Erase(Handle entry) {
    if (keeps_changes_) Blocks::AppendKey(entry->key(), table_.SliceAt(entry), /*is_erased=*/true, Delta());
    table_.Erase(entry);
  }

  // Writes what changed since the last call.
  void Checkpoint(CheckpointWriter& out) {
    table_.TakeDirty([&](Entry& entry, uint32_t slice) {
      Blocks::AppendEntry(entry.key(), entry.value, slice, Delta());
    });
    if (delta_.size() != 0) Blocks::SetEpoch(out.epoch(), delta_);
    log_.Write(out, std::move(delta_).Take(), [&](uint32_t slice) {
      ByteWriter base;
      base.Reserve(log_.ExpectedBase(slice));
      Blocks::Begin(out.epoch(), base);
      table_.ForEachInSlice(slice, [&](Entry& entry) {
        Blocks::AppendEntry(entry.key(), entry.value, slice, base);
      });
      return std::move(base).Take();
    });
  }

  // Loads what belongs to the lane's slices. REQUIRES: the table is empty.
  absl::Status Restore(const CheckpointReader& in) {
    return Blocks::ReadAll(
        log_, in,
        [&](const KeyRef& key, uint32_t slice) {
          if (const Handle entry = table_.Find(key, slice); entry) table_.Erase(entry);
        },
        [&](const KeyRef& key, uint32_t slice, V&& value) {
          bool fresh = false;
          const Handle entry = table_.FindOrInsert(key, slice, fresh);
          if (table_.SliceAt(entry) != slice) return Blocks::TwoSlicesError(log_.name());
          entry->value = std::move(value);
          return absl::OkStatus();
        });
  }

 private:
  using V = typename Table::Value;
  using Blocks = internal::TableBlocks<KeyRef, V>;

  void NoteChange(Handle entry) {
    if (!table_.IsFirstChange(entry)) return;
    Blocks::AppendEntry(entry->key(), entry->value, table_.SliceAt(entry), Delta());
  }
  // The delta of the epoch that is not yet committed.
  ByteWriter& Delta() {
    if (delta_.size() == 0) [[unlikely]] {
      delta_.Reserve(log_.ExpectedDelta());
      Blocks::Begin(0, delta_);
    }
    return delta_;
  }

  Table table_;
  bool keeps_changes_ = true;
  ByteWriter delta_;
  TableLog log_;
};

namespace internal {

// A value that a packed table can move by copying its bytes, and whose entry takes few cache lines.
template <typename V>
inline constexpr bool kFitsPackedTable = std::is_trivially_copyable_v<V> && sizeof(V) <= 112 && alignof(V) <= 16;

template <typename K, typename V>
struct TableOfImpl {
  using type = KeyedTable<V>;
};
template <PackableKey K, typename V>
  requires kFitsPackedTable<V>
struct TableOfImpl<K, V> {
  using type = PackedTable<PackedWord<K>, V>;
};

}  // namespace internal

// The table for keys of type K: packed, if the key is a number of at most 16 bytes and the value is plain
// bytes; else keys are encoded (KeyCodec).
template <typename K, StateValue V>
using TableOf = typename internal::TableOfImpl<K, V>::type;
// The stored table for keys of type K.
template <typename K, StateValue V>
using StoredTableOf = StoredTable<TableOf<K, V>>;

// Makes the key of what TableOf keeps of it; views point into `bytes`. False: it is of another type.
template <typename K>
bool ReadKey(std::string_view bytes, K& key) {
  return KeyCodec<K>::Read(bytes, key) && bytes.empty();
}
// The key that an entry stands under.
template <PackableKey K>
bool ReadKey(const PackedWord<K>& packed, K& key) {
  key = UnpackKey<K>(packed);
  return true;
}

}  // namespace rtstream
