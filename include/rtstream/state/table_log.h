#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/state/byte_io.h"
#include "rtstream/state/checkpoint.h"
#include "rtstream/state/keyed_table.h"
#include "rtstream/state/value_codec.h"

namespace rtstream {

// How a keyed table is stored: a delta block for every epoch that changed it, and base blocks, each
// the whole content of a slice of 16 key groups as of its epoch. Bases are written slice after slice, a
// byte for every kDeltasPerBase bytes of deltas; deltas that are no newer than the oldest base are
// dropped. So bases add a quarter to what commits write, and recovery reads at most about five times
// the table.
//
//   <scope><name>/d/<epoch>   delta       <scope><name>/b/<slice>   base
//
// This is the part that does not know the value type. Owned by an operator; its lane's thread only.
class TableLog {
 public:
  static constexpr uint64_t kDeltasPerBase = 4;
  // A chain of more deltas, however small they are, is cut: a slice each commit.
  static constexpr size_t kMaxDeltas = 4096;

  explicit TableLog(std::string name) : name_(std::move(name)) {}
  const std::string& name() const { return name_; }
  // About how large the next blocks will be.
  size_t ExpectedDelta() const { return last_delta_ + last_delta_ / 4; }
  size_t ExpectedBase(uint32_t slice) const { return slice_bytes_[slice] + slice_bytes_[slice] / 8; }

  // Puts the epoch's delta, and as many bases as are due, which `write_slice` makes.
  void Write(CheckpointWriter& out, std::string delta,
             absl::FunctionRef<std::string(uint32_t slice)> write_slice);

  // Calls `base(slice, block)`, which returns the block's epoch, for each base, then
  // `delta(epoch, block)` for each delta in order. Blocks are checked and without checksum.
  using OnBase = absl::FunctionRef<absl::StatusOr<uint64_t>(uint32_t slice, std::string_view)>;
  using OnDelta = absl::FunctionRef<absl::Status(uint64_t epoch, std::string_view)>;
  absl::Status Read(const CheckpointReader& in, OnBase base, OnDelta delta);

 private:
  std::string name_;
  std::deque<uint64_t> deltas_;  // epochs of stored delta blocks
  std::array<uint64_t, kSlices> slice_bytes_{};
  std::array<uint64_t, kSlices> slice_epoch_{};  // of the stored bases; 0: none yet
  uint32_t next_slice_ = 0;                      // the one with the oldest base
  uint64_t budget_ = 0;  // bytes of deltas that no base has answered
  size_t last_delta_ = 0;
};

// A keyed table with its log: what a stateful operator holds for each of its tables.
template <StateValue V>
class StoredTable {
 public:
  using Entry = typename KeyedTable<V>::Entry;

  explicit StoredTable(std::string name) : log_(std::move(name)) {}

  const std::string& name() const { return log_.name(); }
  // To read and insert; what changes is told to the methods below.
  KeyedTable<V>& table() { return table_; }
  size_t size() const { return table_.size(); }

  void UsePages(PagePool& pool) { table_.UsePages(pool); }

  // The entry has a new value. The first of an epoch is stored at once, while it is in the cache; if
  // others follow, the last is stored again by the commit.
  void Changed(Entry& entry) {
    if (table_.IsFirstChange(entry)) AppendEntry(entry, Delta());
  }
  // The entry's value may change until the commit, which stores it.
  void MayChange(Entry& entry) { table_.MarkDirty(entry); }
  void Erase(Entry& entry) {
    ByteWriter& delta = Delta();
    delta.Varint(entry.key().size() << 1 | 1);
    delta.Raw(entry.key().data(), entry.key().size());
    table_.Erase(entry);
  }

  void Checkpoint(CheckpointWriter& out) {
    table_.TakeDirty([&](Entry& entry) { AppendEntry(entry, Delta()); });
    if (delta_.size() != 0) delta_.PatchU64(kEpochAt, out.epoch());
    log_.Write(out, std::move(delta_).Take(), [&](uint32_t slice) {
      ByteWriter base;
      base.Reserve(log_.ExpectedBase(slice));
      BeginBlock(out.epoch(), base);
      table_.ForEachInSlice(slice, [&](Entry& entry) { AppendEntry(entry, base); });
      return std::move(base).Take();
    });
  }

  // REQUIRES: the table is empty.
  absl::Status Restore(const CheckpointReader& in) {
    std::array<uint64_t, kSlices> base_epoch{};
    return log_.Read(
        in,
        [&](uint32_t slice, std::string_view block) -> absl::StatusOr<uint64_t> {
          RTSTREAM_RETURN_IF_ERROR(
              ReadBlock(block, [&](uint64_t epoch) { base_epoch[slice] = epoch; },
                        [](std::string_view) { return true; }));
          return base_epoch[slice];
        },
        [&](uint64_t epoch, std::string_view block) {
          return ReadBlock(block, [](uint64_t) {}, [&](std::string_view key) {
            return base_epoch[KeyGroupOf(key) / kGroupsPerSlice] < epoch;
          });
        });
  }

 private:
  // A block: format, version of the value's codec, epoch, then changes in order. A change is the key's
  // size * 2 and the key, with + 1 if it was erased, else followed by the value.
  static constexpr uint8_t kFormat = 2;
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

  static void AppendEntry(const Entry& entry, ByteWriter& out) {
    const std::string_view key = entry.key();
    out.Varint(key.size() << 1);
    out.Raw(key.data(), key.size());
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
      const uint64_t size = in.Varint();
      const std::string_view key = in.Raw(size >> 1);
      if ((size & 1) != 0) {
        Entry* const entry = applies(key) ? table_.Find(key) : nullptr;
        if (entry != nullptr) table_.Erase(*entry);
        continue;
      }
      V value{};
      RTSTREAM_RETURN_IF_ERROR(ReadValue(version, in, value));
      if (!applies(key)) continue;
      bool fresh = false;
      table_.FindOrInsert(table_.Hash(key), key, fresh).value = std::move(value);
    }
    if (!in.ok()) {
      return absl::DataLossError(Concat("a block of table '", log_.name(), "' is cut short"));
    }
    return absl::OkStatus();
  }

  KeyedTable<V> table_;
  ByteWriter delta_;
  TableLog log_;
};

}  // namespace rtstream
