#include "rtstream/runtime/commit_record.h"

#include <utility>

#include "rtstream/base/text.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/state/byte_io.h"
#include "rtstream/state/checkpoint.h"

namespace rtstream {
namespace {

void WriteTime(Time t, ByteWriter& out) { out.I64(t.time_since_epoch().count()); }
Time ReadTime(ByteReader& in) { return Time(Duration(in.I64())); }

void WriteTexts(const std::map<std::string, std::string>& texts, ByteWriter& out) {
  out.Varint(texts.size());
  for (const auto& [key, value] : texts) {
    out.String(key);
    out.String(value);
  }
}
void ReadTexts(ByteReader& in, std::map<std::string, std::string>& texts) {
  for (uint64_t n = in.Varint(); n > 0 && in.ok(); --n) {
    std::string key(in.String());
    texts[std::move(key)] = std::string(in.String());
  }
}

// The value of a setting, for the comparison and for people.
std::string ValueOf(const std::map<std::string, std::string>& settings, const std::string& key) {
  auto it = settings.find(key);
  return it == settings.end() ? "not set" : Concat("'", it->second, "'");
}

absl::Status CheckSetting(const CommitRecord& last,
                          const std::map<std::string, std::string>& settings,
                          const std::string& key) {
  const std::string made_with = ValueOf(last.settings, key), now = ValueOf(settings, key);
  if (made_with == now) return absl::OkStatus();
  return absl::FailedPreconditionError(
      Concat("setting '", key, "': the state was made with it ", made_with, ", in this run it is ", now));
}

}  // namespace

std::string EncodeCommitRecord(const CommitRecord& record) {
  ByteWriter out;
  out.U32(CommitRecord::kFormat);
  out.U64(record.epoch);
  out.U64(record.lineage);
  WriteTime(record.time, out);
  WriteTime(record.watermark, out);
  out.Varint(record.partitions.size());
  for (const auto& [name, p] : record.partitions) {
    out.String(name);
    out.String(p.resume);
    WriteTime(p.event_time.largest, out);
    WriteTime(p.event_time.last_record, out);
    out.U8(p.event_time.is_finished ? 1 : 0);
  }
  WriteTexts(record.sinks, out);
  out.Varint(record.operators.size());
  for (const auto& [name, stats] : record.operators) {
    out.String(name);
    for (uint64_t n :
         {stats.in, stats.out, stats.refused, stats.side, stats.bytes, stats.keys}) {
      out.Varint(n);
    }
  }
  WriteTexts(record.stateful, out);
  WriteTexts(record.settings, out);
  out.String(record.keyed_by);
  out.U32(record.lanes);
  std::string bytes = std::move(out).Take();
  SealBlock(bytes);
  return bytes;
}

absl::StatusOr<CommitRecord> DecodeCommitRecord(std::string_view bytes) {
  RTSTREAM_ASSIGN_OR_RETURN(const std::string_view body, OpenBlock(bytes, "the commit record"));
  ByteReader in(body);
  CommitRecord record;
  if (const uint32_t format = in.U32(); format != CommitRecord::kFormat) {
    return absl::FailedPreconditionError(Concat("the state has format ", format, ", want ",
                                                      CommitRecord::kFormat));
  }
  record.epoch = in.U64();
  record.lineage = in.U64();
  record.time = ReadTime(in);
  record.watermark = ReadTime(in);
  for (uint64_t n = in.Varint(); n > 0 && in.ok(); --n) {
    PartitionRecord& p = record.partitions[std::string(in.String())];
    p.resume = std::string(in.String());
    p.event_time.largest = ReadTime(in);
    p.event_time.last_record = ReadTime(in);
    p.event_time.is_finished = in.U8() != 0;
  }
  ReadTexts(in, record.sinks);
  for (uint64_t n = in.Varint(); n > 0 && in.ok(); --n) {
    std::string name(in.String());
    OperatorStats& stats = record.operators[name];
    stats.name = std::move(name);
    for (uint64_t* counter :
         {&stats.in, &stats.out, &stats.refused, &stats.side, &stats.bytes, &stats.keys}) {
      *counter = in.Varint();
    }
  }
  ReadTexts(in, record.stateful);
  ReadTexts(in, record.settings);
  record.keyed_by = std::string(in.String());
  record.lanes = in.U32();
  if (!in.ok() || !in.done()) return absl::DataLossError("the commit record is cut short");
  return record;
}

absl::StatusOr<std::optional<CommitRecord>> ReadCommit(const StateReader& store) {
  RTSTREAM_ASSIGN_OR_RETURN(std::optional<Versioned> stored, store.Get(kCommitKey));
  if (!stored) return std::optional<CommitRecord>();
  RTSTREAM_ASSIGN_OR_RETURN(CommitRecord record, DecodeCommitRecord(stored->value));
  return std::optional<CommitRecord>(std::move(record));
}

absl::Status CheckSettings(const CommitRecord& last,
                           const std::map<std::string, std::string>& settings) {
  for (const auto& [key, value] : settings) {
    RTSTREAM_RETURN_IF_ERROR(CheckSetting(last, settings, key));
  }
  for (const auto& [key, value] : last.settings) {
    RTSTREAM_RETURN_IF_ERROR(CheckSetting(last, settings, key));
  }
  return absl::OkStatus();
}

}  // namespace rtstream
