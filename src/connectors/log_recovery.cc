#include "log_recovery.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"

namespace rtstream::internal {
namespace {

constexpr size_t kDigits = 16;
// Read at once of a record's head: most tables are smaller.
constexpr uint64_t kFirstRead = 16 << 10;
constexpr uint64_t kScanRead = 1 << 20;

std::optional<uint64_t> NumberOf(std::string_view name, std::string_view prefix) {
  uint64_t number = 0;
  if (name.size() != prefix.size() + kDigits || name.substr(0, prefix.size()) != prefix ||
      !absl::SimpleHexAtoi(absl::string_view(name.data() + prefix.size(), kDigits), &number)) {
    return std::nullopt;
  }
  return number;
}

// Reads one segment's records one after the other.
class SegmentReader {
 public:
  SegmentReader(const LogSegment& segment, uint64_t lineage)
      : segment_(segment), name_{lineage, segment.number()} {}

  // The record at `offset`; nothing if there is none that fits.
  absl::StatusOr<std::optional<LogRecord>> RecordAt(uint64_t offset) {
    RTSTREAM_RETURN_IF_ERROR(segment_.ReadBytes(offset, kFirstRead, bytes_));
    const std::optional<uint64_t> end = TableEnd(bytes_);
    if (!end) return std::nullopt;
    if (*end > bytes_.size()) {
      RTSTREAM_ASSIGN_OR_RETURN(const uint64_t size, segment_.Size());
      if (*end > size) return std::nullopt;
      RTSTREAM_RETURN_IF_ERROR(segment_.ReadBytes(offset, *end, bytes_));
    }
    return DecodeRecord(name_, offset, bytes_);
  }

  // Whether the values of the record are whole.
  absl::StatusOr<bool> HasValues(const LogRecord& record) {
    std::string value;
    for (const LogEntry& entry : record.entries) {
      if (entry.kind != LogEntry::Kind::kPut) continue;
      const absl::Status read = segment_.Read(entry.place, value);
      if (absl::IsDataLoss(read)) return false;
      RTSTREAM_RETURN_IF_ERROR(read);
    }
    return true;
  }

  // Where behind `offset` a record begins, if one does.
  absl::StatusOr<std::optional<uint64_t>> FindRecord(uint64_t offset) {
    std::string piece;
    for (uint64_t at = UpToBlock(offset);; at += kScanRead) {
      RTSTREAM_RETURN_IF_ERROR(segment_.ReadBytes(at, kScanRead, piece));
      for (uint64_t i = 0; i < piece.size(); i += kLogBlock) {
        if (!TableEnd(std::string_view(piece).substr(i))) continue;
        RTSTREAM_ASSIGN_OR_RETURN(const std::optional<LogRecord> record, RecordAt(at + i));
        if (record) return at + i;
      }
      if (piece.size() < kScanRead) return std::nullopt;
    }
  }

  absl::StatusOr<bool> HasHead() {
    RTSTREAM_RETURN_IF_ERROR(segment_.ReadBytes(0, kSegmentHeadSize, bytes_));
    return IsSegmentHead(bytes_, name_);
  }

 private:
  const LogSegment& segment_;
  LogName name_;
  std::string bytes_;
};

// Applies what was logged behind the index.
class Replay {
 public:
  Replay(const std::string& dir, RecoveredLog& log) : dir_(dir), log_(log), state_(log.state) {}

  absl::Status Run(const LogFiles& files) {
    for (const auto& [number, is_moved] : files.segments) {
      if (is_moved || number < state_.log_begins.segment) continue;
      RTSTREAM_RETURN_IF_ERROR(ReadSegment(number));
    }
    if (log_.last_path.empty()) {
      return absl::DataLossError(Concat("state directory ", dir_, " lost segment ",
                                        state_.log_begins.segment, " of its log"));
    }
    return absl::OkStatus();
  }

 private:
  absl::Status ReadSegment(uint64_t number) {
    RTSTREAM_ASSIGN_OR_RETURN(const std::shared_ptr<LogSegment> segment,
                              LogSegment::Open(dir_, number, false));
    SegmentReader reader(*segment, state_.lineage);
    const bool is_first = number == state_.log_begins.segment;
    uint64_t offset = is_first ? state_.log_begins.offset : kLogBlock;
    RTSTREAM_ASSIGN_OR_RETURN(const bool is_ours, reader.HasHead());
    std::optional<LogRecord> record;
    if (is_ours) {
      RTSTREAM_ASSIGN_OR_RETURN(record, reader.RecordAt(offset));
    }
    if (is_first && !is_ours) {
      return absl::DataLossError(Concat(segment->path(), " is damaged: it has no head"));
    }
    const bool has_records = record.has_value();
    while (record) {
      if (record->sequence != state_.sequence + 1) return Hole(*segment, offset);
      RTSTREAM_ASSIGN_OR_RETURN(std::optional<LogRecord> next, reader.RecordAt(record->end));
      // The values of a record that another follows were on the disk.
      if (!next) {
        RTSTREAM_ASSIGN_OR_RETURN(const bool is_whole, reader.HasValues(*record));
        if (!is_whole) break;
      }
      for (const LogEntry& entry : record->entries) state_.index.Apply(entry);
      state_.sequence = record->sequence;
      offset = record->end;
      record = std::move(next);
    }
    // Behind the end; in a segment whose head is damaged, anywhere.
    RTSTREAM_ASSIGN_OR_RETURN(const std::optional<uint64_t> later,
                              reader.FindRecord(is_ours ? offset + kLogBlock : offset));
    if (later) return Hole(*segment, offset);
    if (is_first || has_records) {
      log_.last_path = segment->path();
      log_.last_end = offset;
      state_.log_begins = {number, offset};
    }
    return absl::OkStatus();
  }

  absl::Status Hole(const LogSegment& segment, uint64_t offset) const {
    return absl::DataLossError(Concat(segment.path(), " is damaged: commit ", state_.sequence + 1,
                                      " is not at ", offset, ", and later ones are there"));
  }

  const std::string& dir_;
  RecoveredLog& log_;
  StoredIndex& state_;
};

std::string IndexPath(const std::string& dir) { return Concat(dir, "/", kIndexFile); }

// Nothing if there is none.
absl::StatusOr<std::optional<StoredIndex>> ReadIndex(const std::string& path) {
  absl::StatusOr<UniqueFd> fd = OpenFile(path, O_RDONLY);
  if (absl::IsNotFound(fd.status())) return std::optional<StoredIndex>();
  RTSTREAM_RETURN_IF_ERROR(fd.status());
  RTSTREAM_ASSIGN_OR_RETURN(const FileStat stat, StatRegularFile(fd->get(), path));
  std::string bytes(stat.size, '\0');
  RTSTREAM_ASSIGN_OR_RETURN(const size_t n, ReadAt(fd->get(), path, bytes.data(), bytes.size(), 0));
  bytes.resize(n);
  return DecodeIndex(bytes, path);
}

}  // namespace

absl::StatusOr<LogFiles> ListLogFiles(const std::string& dir) {
  DIR* const stream = opendir(dir.c_str());
  if (stream == nullptr) return ErrnoStatus(errno, "open state directory", dir);
  LogFiles files;
  while (const dirent* entry = readdir(stream)) {
    if (const auto number = NumberOf(entry->d_name, "log-")) files.segments[*number] = false;
    if (const auto number = NumberOf(entry->d_name, "moved-")) files.segments[*number] = true;
  }
  closedir(stream);
  return files;
}

absl::StatusOr<RecoveredLog> ReadLog(const std::string& dir, uint64_t last_commit) {
  RecoveredLog log;
  RTSTREAM_ASSIGN_OR_RETURN(std::optional<StoredIndex> index, ReadIndex(IndexPath(dir)));
  if (!index) return absl::DataLossError(Concat(IndexPath(dir), " is gone"));
  log.state = *std::move(index);
  RTSTREAM_ASSIGN_OR_RETURN(const LogFiles files, ListLogFiles(dir));
  RTSTREAM_RETURN_IF_ERROR(Replay(dir, log).Run(files));
  const StoredIndex& state = log.state;
  if (state.sequence < last_commit) {
    return absl::DataLossError(Concat("state directory ", dir, " lost commits: its log ends at commit ",
                                      state.sequence, ", commit ", last_commit, " was made"));
  }
  for (const auto& [number, is_moved] : files.segments) {
    log.next_number = std::max(log.next_number, number + 1);
    if (state.index.IsUsed(number)) {
      RTSTREAM_ASSIGN_OR_RETURN(log.segments[number], LogSegment::Open(dir, number, is_moved));
    } else if (is_moved || number != state.log_begins.segment) {
      log.unused.push_back(LogSegment::PathOf(dir, number, is_moved));
    }
  }
  std::map<uint64_t, uint64_t> ends;  // of the values in each segment
  for (const auto& [key, value] : state.index.values()) {
    uint64_t& end = ends[value.place.segment];
    end = std::max(end, value.place.offset + value.place.size);
  }
  for (const auto& [number, end] : ends) {
    const auto segment = log.segments.find(number);
    if (segment == log.segments.end()) {
      return absl::DataLossError(Concat("state directory ", dir, " lost segment ", number, " of its log"));
    }
    RTSTREAM_ASSIGN_OR_RETURN(const uint64_t size, segment->second->Size());
    if (size < end) {
      return absl::DataLossError(Concat(segment->second->path(), " is damaged: it has ", size,
                                        " bytes, values up to byte ", end, " were committed"));
    }
  }
  return log;
}

// A making leaves one segment without records and an index that counts none; each may be of an earlier try.
absl::Status CheckHasNoCommits(const std::string& dir) {
  const auto damaged = [&dir](std::string_view what) {
    return absl::DataLossError(Concat("state directory ", dir, " is damaged: its marker is cut short, and ", what));
  };
  RTSTREAM_ASSIGN_OR_RETURN(const std::optional<StoredIndex> index, ReadIndex(IndexPath(dir)));
  if (index && index->sequence > 0) return damaged(Concat("its index has ", index->sequence, " commits"));
  RTSTREAM_ASSIGN_OR_RETURN(const LogFiles files, ListLogFiles(dir));
  for (const auto& [number, is_moved] : files.segments) {
    RTSTREAM_ASSIGN_OR_RETURN(const auto segment, LogSegment::Open(dir, number, is_moved));
    std::string bytes;
    RTSTREAM_RETURN_IF_ERROR(segment->ReadBytes(kLogBlock, kFirstRead, bytes));
    if (number != 1 || TableEnd(bytes)) return damaged(Concat(segment->path(), " has commits"));
  }
  return absl::OkStatus();
}

}  // namespace rtstream::internal
