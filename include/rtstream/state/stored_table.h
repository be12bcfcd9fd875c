#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/state/byte_io.h"
#include "rtstream/state/checkpoint.h"
#include "rtstream/state/key_codec.h"
#include "rtstream/state/keyed_table.h"
#include "rtstream/state/packed_key.h"
#include "rtstream/state/packed_table.h"
#include "rtstream/state/state_host.h"
#include "rtstream/state/table_log.h"
#include "rtstream/state/value_codec.h"

namespace rtstream {

// A keyed table with its log: what a stateful operator holds for each of its tables. Table is a KeyedTable
// or a PackedTable; see StoredTableOf.
template <typename Table>
class StoredTable {
 public:
  using KeyRef = typename Table::KeyRef;
  using Entry = typename Table::Entry;
  using Handle = typename Table::Handle;

  explicit StoredTable(std::string name) : log_(std::move(name)) {}

  const std::string& name() const { return log_.name(); }
  // REQUIRES: nothing was read or written.
  void Rename(std::string name) { log_ = TableLog(std::move(name)); }
  // To read and insert; what changes is told to the methods below.
  Table& table() { return table_; }
  size_t size() const { return table_.size(); }

  void Attach(const StateHost& host) {
    table_.UsePages(*host.pages);
    keeps_changes_ = host.keeps_changes;
    log_.Attach(host);
    if constexpr (kIsPacked) table_.ExpectMarks(keeps_changes_);
  }

  // Makes room for so many entries, more or less. REQUIRES: the table is empty, and was attached.
  // Of all lanes together.
  void Reserve(size_t entries) { table_.Reserve(entries, log_.slices()); }

  // The entry has a new value. The first of an epoch is stored at once, while it is in the cache; if
  // others follow, the last is stored again by the commit.
  void Changed(Handle entry) {
    if (keeps_changes_ && table_.IsFirstChange(entry)) {
      AppendEntry(*entry, table_.SliceAt(entry), Delta());
    }
  }
  // The entry's value may change until the commit, which stores it.
  void MayChange(Handle entry) {
    if (keeps_changes_) table_.MarkDirty(entry);
  }
  void Erase(Handle entry) {
    if (keeps_changes_) AppendKey(entry->key(), table_.SliceAt(entry), /*is_erased=*/true, Delta());
    table_.Erase(entry);
  }

  void Checkpoint(CheckpointWriter& out) {
    table_.TakeDirty([&](Entry& entry, uint32_t slice) { AppendEntry(entry, slice, Delta()); });
    if (delta_.size() != 0) delta_.PatchU64(kEpochAt, out.epoch());
    log_.Write(out, std::move(delta_).Take(), [&](uint32_t slice) {
      ByteWriter base;
      base.Reserve(log_.ExpectedBase(slice));
      BeginBlock(out.epoch(), base);
      table_.ForEachInSlice(slice, [&](Entry& entry) { AppendEntry(entry, slice, base); });
      return std::move(base).Take();
    });
  }

  // Loads what belongs to the lane's slices. REQUIRES: the table is empty.
  absl::Status Restore(const CheckpointReader& in) {
    std::array<uint64_t, kSlices> base_epoch{};
    return log_.Read(
        in,
        [&](uint32_t slice, std::string_view block) -> absl::StatusOr<uint64_t> {
          RTSTREAM_RETURN_IF_ERROR(
              ReadBlock(block, [&](uint64_t epoch) { base_epoch[slice] = epoch; },
                        [](uint32_t) { return true; }));
          return base_epoch[slice];
        },
        [&](uint64_t epoch, std::string_view block) {
          return ReadBlock(block, [](uint64_t) {}, [&](uint32_t slice) {
            return log_.slices().Holds(slice) && base_epoch[slice] < epoch;
          });
        });
  }

 private:
  using V = typename Table::Value;
  static constexpr bool kIsPacked = !std::same_as<KeyRef, std::string_view>;

  // A block: format, version of the value's codec, epoch, then changes in order. A change is a byte, the
  // slice * 2, with + 1 if the key was erased, and the key: its size and its bytes, or its 8 or 16 bytes
  // if it is packed. If it was not erased, the value follows.
  static constexpr uint8_t kBytesFormat = 5, kPackedFormat = 6, kWidePackedFormat = 7;
  static constexpr uint8_t kFormat = !kIsPacked                     ? kBytesFormat
                                     : std::same_as<KeyRef, uint64_t> ? kPackedFormat
                                                                      : kWidePackedFormat;
  static constexpr size_t kEpochAt = sizeof(uint8_t) + sizeof(uint32_t);

  static void BeginBlock(uint64_t epoch, ByteWriter& out) {
    out.U8(kFormat);
    out.U32(ValueCodec<V>::kVersion);
    out.U64(epoch);
  }

  // The delta of the epoch that is not yet committed.
  ByteWriter& Delta() {
    if (delta_.size() == 0) [[unlikely]] {
      delta_.Reserve(log_.ExpectedDelta());
      BeginBlock(0, delta_);
    }
    return delta_;
  }

  static void AppendKey(const KeyRef& key, uint32_t slice, bool is_erased, ByteWriter& out) {
    out.U8(static_cast<uint8_t>(slice << 1 | static_cast<uint32_t>(is_erased)));
    if constexpr (!kIsPacked) {
      out.Varint(key.size());
      out.Raw(key.data(), key.size());
    } else if constexpr (std::same_as<KeyRef, uint64_t>) {
      out.U64(key);
    } else {
      out.U64(key.high);
      out.U64(key.low);
    }
  }
  static KeyRef ReadKey(ByteReader& in) {
    if constexpr (!kIsPacked) {
      return in.Raw(in.Varint());
    } else {
      if constexpr (std::same_as<KeyRef, uint64_t>) {
        return in.U64();
      } else {
        const uint64_t high = in.U64();
        return {high, in.U64()};
      }
    }
  }
  static void AppendEntry(const Entry& entry, uint32_t slice, ByteWriter& out) {
    AppendKey(entry.key(), slice, /*is_erased=*/false, out);
    ValueCodec<V>::Append(entry.value, out);
  }

  template <typename OnEpoch, typename Applies>
  absl::Status ReadBlock(std::string_view block, OnEpoch&& on_epoch, Applies&& applies) {
    ByteReader in(block);
    if (const uint8_t format = in.U8(); format != kFormat) {
      return absl::FailedPreconditionError(Concat(
          "a block of table '", log_.name(), "' has format ", format, ", want ", kFormat));
    }
    const uint32_t version = in.U32();
    on_epoch(in.U64());
    while (in.ok() && !in.done()) {
      const uint8_t head = in.U8();
      const uint32_t slice = head >> 1;
      const KeyRef key = ReadKey(in);
      if (slice >= kSlices) {
        return absl::DataLossError(Concat("an entry of table '", log_.name(), "' has slice ", slice));
      }
      if ((head & 1) != 0) {
        const Handle entry = applies(slice) ? table_.Find(key, slice) : Handle();
        if (entry) table_.Erase(entry);
        continue;
      }
      V value{};
      RTSTREAM_RETURN_IF_ERROR(ReadValue(version, in, value));
      if (!applies(slice)) continue;
      bool fresh = false;
      const Handle entry = table_.FindOrInsert(key, slice, fresh);
      if (table_.SliceAt(entry) != slice) return TwoSlicesError();
      entry->value = std::move(value);
    }
    if (!in.ok()) {
      return absl::DataLossError(Concat("a block of table '", log_.name(), "' is cut short"));
    }
    return absl::OkStatus();
  }

  absl::Status TwoSlicesError() const {
    return absl::FailedPreconditionError(
        Concat("table '", log_.name(), "' has a key under two keys of KeyBy: want a key that tells the "
               "key of KeyBy, or a Partial aggregate"));
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
template <typename K, StateValue V>
using StoredTableOf = StoredTable<TableOf<K, V>>;

// Makes the key of what TableOf keeps of it; views point into `bytes`. False: it is of another type.
template <typename K>
bool ReadKey(std::string_view bytes, K& key) {
  return KeyCodec<K>::Read(bytes, key) && bytes.empty();
}
template <PackableKey K>
bool ReadKey(const PackedWord<K>& packed, K& key) {
  key = UnpackKey<K>(packed);
  return true;
}

}  // namespace rtstream
