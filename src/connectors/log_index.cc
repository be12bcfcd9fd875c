#include "log_index.h"

#include <utility>

#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/state/byte_io.h"
#include "rtstream/state/checkpoint.h"

namespace rtstream::internal {
namespace {

constexpr uint32_t kIndexFormat = 1;

}  // namespace

void LogIndex::Count(const LogPlace& place) {
  Live& live = live_[place.segment];
  live.bytes += place.size;
  ++live.values;
  live_bytes_ += place.size;
}

void LogIndex::Forget(const LogPlace& place) {
  const auto live = live_.find(place.segment);
  live->second.bytes -= place.size;
  if (--live->second.values == 0) live_.erase(live);
  live_bytes_ -= place.size;
}

void LogIndex::Apply(const LogEntry& entry) {
  switch (entry.kind) {
    case LogEntry::Kind::kPut: {
      const auto [value, is_new] = values_.try_emplace(entry.key);
      if (!is_new) Forget(value->second.place);
      value->second = {entry.version, entry.place};
      Count(entry.place);
      return;
    }
    case LogEntry::Kind::kDelete: {
      const auto value = values_.find(entry.key);
      if (value == values_.end()) return;
      Forget(value->second.place);
      values_.erase(value);
      return;
    }
    case LogEntry::Kind::kDeleteRange: {
      if (entry.key >= entry.end) return;
      const auto begin = values_.lower_bound(entry.key), end = values_.lower_bound(entry.end);
      for (auto value = begin; value != end; ++value) Forget(value->second.place);
      values_.erase(begin, end);
      return;
    }
    case LogEntry::Kind::kMove: {
      const auto value = values_.find(entry.key);
      if (value == values_.end()) return;
      LogPlace& place = value->second.place;
      // A key that was written since has its value elsewhere.
      if (place.segment != entry.from.segment || place.offset != entry.from.offset) return;
      Forget(place);
      place.segment = entry.place.segment;
      place.offset = entry.place.offset;
      Count(place);
      return;
    }
  }
}

std::string EncodeIndex(uint64_t lineage, uint64_t sequence, LogPosition log_begins, const LogIndex& index) {
  ByteWriter out;
  out.U32(kIndexFormat);
  out.U64(lineage);
  out.U64(sequence);
  out.U64(log_begins.segment);
  out.U64(log_begins.offset);
  out.U64(index.values().size());
  for (const auto& [key, value] : index.values()) {
    out.String(key);
    out.Varint(value.version);
    out.Varint(value.place.segment);
    out.Varint(value.place.offset);
    out.Varint(value.place.size);
    out.U64(value.place.checksum);
  }
  std::string bytes = std::move(out).Take();
  SealBlock(bytes);
  return bytes;
}

absl::StatusOr<StoredIndex> DecodeIndex(std::string_view bytes, std::string_view path) {
  RTSTREAM_ASSIGN_OR_RETURN(const std::string_view block, OpenBlock(bytes, path));
  ByteReader in(block);
  if (const uint32_t format = in.U32(); format != kIndexFormat) {
    return absl::FailedPreconditionError(Concat(path, " has format ", format, ", want ", kIndexFormat));
  }
  StoredIndex stored;
  stored.lineage = in.U64();
  stored.sequence = in.U64();
  stored.log_begins.segment = in.U64();
  stored.log_begins.offset = in.U64();
  const uint64_t count = in.U64();
  for (uint64_t i = 0; i < count && in.ok(); ++i) {
    LogEntry entry;
    entry.key = in.String();
    entry.version = in.Varint();
    entry.place.segment = in.Varint();
    entry.place.offset = in.Varint();
    entry.place.size = in.Varint();
    entry.place.checksum = in.U64();
    stored.index.Apply(entry);
  }
  if (!in.ok() || !in.done()) return absl::DataLossError(Concat(path, " is damaged"));
  return stored;
}

}  // namespace rtstream::internal
