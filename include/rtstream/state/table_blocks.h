#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtstream/base/hash.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/state/byte_io.h"
#include "rtstream/state/checkpoint.h"
#include "rtstream/state/slice.h"
#include "rtstream/state/table_log.h"
#include "rtstream/state/value_codec.h"

namespace rtstream::internal {

// The blocks that a TableLog stores, of keys that are bytes (KeyRef is std::string_view) or packed.
//
// A block: format, version of the value's codec, epoch, then changes in order. A change is a byte, the
// slice * 2, with + 1 if the key was erased, and the key: its size and its bytes, or its 8 or 16 bytes
// if it is packed. If it was not erased, the value follows.
template <typename KeyRef, typename V>
class TableBlocks {
 public:
  static constexpr bool kIsPacked = !std::same_as<KeyRef, std::string_view>;

  static void Begin(uint64_t epoch, ByteWriter& out) {
    out.U8(kFormat);
    out.U32(ValueCodec<V>::kVersion);
    out.U64(epoch);
  }
  // Says the epoch of a block that was begun without knowing it.
  static void SetEpoch(uint64_t epoch, ByteWriter& block) { block.PatchU64(kEpochAt, epoch); }

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
  static void AppendEntry(const KeyRef& key, const V& value, uint32_t slice, ByteWriter& out) {
    AppendKey(key, slice, /*is_erased=*/false, out);
    ValueCodec<V>::Append(value, out);
  }

  // Reads what `log` finds of a table: erase(key, slice) and put(key, slice, value), which returns a status,
  // in the order of the changes, for those of the log's slices that still count.
  template <typename Erase, typename Put>
  static absl::Status ReadAll(TableLog& log, const CheckpointReader& in, Erase&& erase, Put&& put) {
    std::array<uint64_t, kSlices> base_epoch{};
    return log.Read(
        in,
        [&](uint32_t slice, std::string_view block) -> absl::StatusOr<uint64_t> {
          RTSTREAM_RETURN_IF_ERROR(Read(
              block, log.name(), [&](uint64_t epoch) { base_epoch[slice] = epoch; },
              [](uint32_t) { return true; }, erase, put));
          return base_epoch[slice];
        },
        [&](uint64_t epoch, std::string_view block) {
          const auto applies = [&](uint32_t slice) {
            return log.slices().Holds(slice) && base_epoch[slice] < epoch;
          };
          return Read(block, log.name(), [](uint64_t) {}, applies, erase, put);
        });
  }

  static absl::Status TwoSlicesError(std::string_view table) {
    return absl::FailedPreconditionError(
        Concat("table '", table, "' has a key under two keys of KeyBy: want a key that tells the "
               "key of KeyBy, or a Partial aggregate"));
  }

 private:
  template <typename OnEpoch, typename Applies, typename Erase, typename Put>
  static absl::Status Read(std::string_view block, std::string_view table, OnEpoch&& on_epoch,
                           const Applies& applies, Erase& erase, Put& put) {
    ByteReader in(block);
    if (const uint8_t format = in.U8(); format != kFormat) {
      return absl::FailedPreconditionError(Concat("a block of table '", table, "' has format ", format, ", want ",
                                                  kFormat, ": were its keys of another type?"));
    }
    const uint32_t version = in.U32();
    on_epoch(in.U64());
    while (in.ok() && !in.done()) {
      const uint8_t head = in.U8();
      const uint32_t slice = head >> 1;
      const KeyRef key = ReadKey(in);
      if (slice >= kSlices) {
        return absl::DataLossError(Concat("an entry of table '", table, "' has slice ", slice));
      }
      if ((head & 1) != 0) {
        if (applies(slice)) erase(key, slice);
        continue;
      }
      V value{};
      RTSTREAM_RETURN_IF_ERROR(ReadValue(version, in, value));
      if (applies(slice)) RTSTREAM_RETURN_IF_ERROR(put(key, slice, std::move(value)));
    }
    if (!in.ok()) {
      return absl::DataLossError(
          Concat("a block of table '", table, "' ends too early: is it damaged, or were its values of ",
                 "another type with the same version?"));
    }
    return absl::OkStatus();
  }

  static constexpr uint8_t kBytesFormat = 5, kPackedFormat = 6, kWidePackedFormat = 7;
  static constexpr uint8_t kFormat = !kIsPacked                     ? kBytesFormat
                                     : std::same_as<KeyRef, uint64_t> ? kPackedFormat
                                                                      : kWidePackedFormat;
  static constexpr size_t kEpochAt = sizeof(uint8_t) + sizeof(uint32_t);

  static KeyRef ReadKey(ByteReader& in) {
    if constexpr (!kIsPacked) {
      return in.Raw(in.Varint());
    } else if constexpr (std::same_as<KeyRef, uint64_t>) {
      return in.U64();
    } else {
      const uint64_t high = in.U64();
      return {high, in.U64()};
    }
  }
};

}  // namespace rtstream::internal
