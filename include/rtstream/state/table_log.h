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
// the whole content of a slice of 16 key groups as of its epoch. An epoch writes as many bytes of
// bases as of deltas, once enough deltas have gathered, slice after slice; deltas that are no newer
// than the oldest base are dropped. So a commit writes at most about twice what changed, and what
// recovery reads is at most about twice the table.
//
//   <scope><name>/d/<epoch>   delta       <scope><name>/b/<slice>   base
//
// This is the part that does not know the value type. Owned by an operator; its lane's thread only.
class TableLog {
 public:
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
  uint64_t budget_ = 0;  // bytes of deltas that no bytes of bases have answered
  size_t last_delta_ = 0;
};

// A keyed table with its log: what a stateful operator holds for each of its tables.
template <StateValue V>
class StoredTable {
 public:
  using Entry = typename KeyedTable<V>::Entry;

  explicit StoredTable(std::string name) : log_(std::move(name)) {}

  const std::string& name() const { return log_.name(); }
  KeyedTable<V>& table() { return table_; }
  size_t size() const { return table_.size(); }

  void Checkpoint(CheckpointWriter& out) {
    std::string delta;
    delta.reserve(log_.ExpectedDelta());
    ByteWriter writer(delta);
    BeginBlock(out.epoch(), writer);
    const std::vector<std::string> erased = table_.TakeErased();
    writer.Varint(erased.size());
    for (const std::string& key : erased) writer.String(key);
    const size_t empty = delta.size();
    table_.TakeDirty([&](Entry& entry) { AppendEntry(entry, writer); });
    if (erased.empty() && delta.size() == empty) delta.clear();
    log_.Write(out, std::move(delta), [&](uint32_t slice) {
      std::string block;
      block.reserve(log_.ExpectedBase(slice));
      ByteWriter base(block);
      BeginBlock(out.epoch(), base);
      base.Varint(0);
      table_.ForEachInSlice(slice, [&](Entry& entry) { AppendEntry(entry, base); });
      return block;
    });
  }

  // REQUIRES: the table is empty.
  absl::Status Restore(const CheckpointReader& in) {
    std::array<uint64_t, kSlices> base_epoch{};
    absl::Status s = log_.Read(
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
    table_.TakeErased();
    return s;
  }

 private:
  static constexpr uint8_t kFormat = 1;

  static void BeginBlock(uint64_t epoch, ByteWriter& out) {
    out.U8(kFormat);
    out.Varint(ValueCodec<V>::kVersion);
    out.U64(epoch);
  }

  static void AppendEntry(const Entry& entry, ByteWriter& out) {
    out.String(entry.key());
    ValueCodec<V>::Append(entry.value, out);
  }

  template <typename OnEpoch, typename Applies>
  absl::Status ReadBlock(std::string_view block, OnEpoch&& on_epoch, Applies&& applies) {
    ByteReader in(block);
    if (const uint8_t format = in.U8(); format != kFormat) {
      return absl::FailedPreconditionError(Concat(
          "a block of table '", log_.name(), "' has format ", format, ", want ", kFormat));
    }
    const auto version = static_cast<uint32_t>(in.Varint());
    on_epoch(in.U64());
    for (uint64_t n = in.Varint(); n > 0 && in.ok(); --n) {
      const std::string_view key = in.String();
      if (!applies(key)) continue;
      if (Entry* entry = table_.Find(key); entry != nullptr) table_.Erase(*entry);
    }
    while (in.ok() && !in.done()) {
      const std::string_view key = in.String();
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
  TableLog log_;
};

}  // namespace rtstream
