#include "log_format.h"

#include <utility>

#include "rtstream/base/hash.h"
#include "rtstream/state/byte_io.h"

namespace rtstream::internal {
namespace {

constexpr std::string_view kSegmentMagic("rtlog\0\0\1", 8);  // the last byte is the format
constexpr uint32_t kRecordMagic = 0x52545231;
constexpr size_t kChecksumAt = 24;  // in both heads

uint64_t ChecksumOf(const LogName& name, std::string_view head, std::string_view table) {
  RollingChecksum sum;
  const uint64_t place[] = {name.lineage, name.segment};
  sum.Add({reinterpret_cast<const char*>(place), sizeof place});
  sum.Add(head.substr(0, kChecksumAt));
  sum.Add(table);
  return sum.value();
}

std::string EncodeRecord(const LogName& name, uint64_t sequence, std::string_view table,
                         uint64_t values_size) {
  ByteWriter head;
  head.U32(kRecordMagic);
  head.U32(static_cast<uint32_t>(table.size()));
  head.U64(sequence);
  head.U64(values_size);
  std::string record = std::move(head).Take();
  const uint64_t sum = ChecksumOf(name, record, table);
  record.append(reinterpret_cast<const char*>(&sum), sizeof sum);
  record.append(table);
  return record;
}

LogEntry::Kind KindOf(StateWrite::Kind kind) {
  switch (kind) {
    case StateWrite::Kind::kPut:
      return LogEntry::Kind::kPut;
    case StateWrite::Kind::kDelete:
      return LogEntry::Kind::kDelete;
    case StateWrite::Kind::kDeleteRange:
      return LogEntry::Kind::kDeleteRange;
  }
  return LogEntry::Kind::kPut;
}

}  // namespace

std::string EncodeSegmentHead(const LogName& name) {
  ByteWriter head;
  head.Raw(kSegmentMagic.data(), kSegmentMagic.size());
  head.U64(name.lineage);
  head.U64(name.segment);
  std::string bytes = std::move(head).Take();
  const uint64_t sum = Checksum(bytes);
  bytes.append(reinterpret_cast<const char*>(&sum), sizeof sum);
  return bytes;
}

bool IsSegmentHead(std::string_view bytes, const LogName& name) {
  return bytes.substr(0, kSegmentHeadSize) == EncodeSegmentHead(name);
}

std::string EncodeBatch(const LogName& name, uint64_t sequence, uint64_t offset, const StateBatch& batch,
                        std::vector<LogEntry>& entries) {
  entries.clear();
  entries.reserve(batch.writes().size());
  ByteWriter table;
  uint64_t values_size = 0;
  for (const StateWrite& write : batch.writes()) {
    LogEntry entry;
    entry.kind = KindOf(write.kind);
    entry.key = write.key;
    table.U8(static_cast<uint8_t>(entry.kind));
    table.String(write.key);
    if (write.kind == StateWrite::Kind::kPut) {
      entry.version = write.version;
      entry.place = {name.segment, values_size, write.value.size(), Checksum(write.value)};
      table.Varint(entry.version);
      table.Varint(entry.place.size);
      table.U64(entry.place.checksum);
      values_size += entry.place.size;
    } else if (write.kind == StateWrite::Kind::kDeleteRange) {
      entry.end = write.value;
      table.String(write.value);
    }
    entries.push_back(std::move(entry));
  }
  std::string record = EncodeRecord(name, sequence, std::move(table).Take(), values_size);
  for (LogEntry& entry : entries) entry.place.offset += offset + record.size();
  return record;
}

std::string EncodeMoves(const LogName& name, uint64_t sequence, const std::vector<LogEntry>& moves) {
  ByteWriter table;
  for (const LogEntry& move : moves) {
    table.U8(static_cast<uint8_t>(LogEntry::Kind::kMove));
    table.String(move.key);
    table.Varint(move.from.segment);
    table.Varint(move.from.offset);
    table.Varint(move.place.segment);
    table.Varint(move.place.offset);
  }
  return EncodeRecord(name, sequence, std::move(table).Take(), 0);
}

std::optional<uint64_t> TableEnd(std::string_view head) {
  ByteReader in(head);
  if (in.U32() != kRecordMagic) return std::nullopt;
  const uint64_t size = in.U32();
  if (!in.ok()) return std::nullopt;
  return kRecordHeadSize + size;
}

std::optional<LogRecord> DecodeRecord(const LogName& name, uint64_t offset, std::string_view bytes) {
  const std::optional<uint64_t> end = TableEnd(bytes);
  if (!end || *end > bytes.size()) return std::nullopt;
  const std::string_view table = bytes.substr(kRecordHeadSize, *end - kRecordHeadSize);
  ByteReader head(bytes.substr(2 * sizeof(uint32_t)));
  LogRecord record;
  record.sequence = head.U64();
  const uint64_t values_size = head.U64();
  if (head.U64() != ChecksumOf(name, bytes, table)) return std::nullopt;
  uint64_t at = offset + *end;
  record.end = UpToBlock(at + values_size);
  ByteReader in(table);
  while (in.ok() && !in.done()) {
    LogEntry entry;
    entry.kind = static_cast<LogEntry::Kind>(in.U8());
    entry.key = in.String();
    switch (entry.kind) {
      case LogEntry::Kind::kPut:
        entry.version = in.Varint();
        entry.place = {name.segment, at, in.Varint(), in.U64()};
        at += entry.place.size;
        break;
      case LogEntry::Kind::kDelete:
        break;
      case LogEntry::Kind::kDeleteRange:
        entry.end = in.String();
        break;
      case LogEntry::Kind::kMove:
        entry.from.segment = in.Varint();
        entry.from.offset = in.Varint();
        entry.place.segment = in.Varint();
        entry.place.offset = in.Varint();
        break;
      default:
        return std::nullopt;
    }
    record.entries.push_back(std::move(entry));
  }
  if (!in.ok()) return std::nullopt;
  return record;
}

}  // namespace rtstream::internal
