// What the thread of an open log does behind the commits.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "open_log.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"

namespace rtstream::internal {
namespace {

// Writes a file anew: whole or, if anything fails, as it was.
absl::Status Replace(const std::string& dir, const std::string& path, std::string_view bytes, LogIo& io) {
  const std::string made = Concat(path, ".new");
  {
    RTSTREAM_ASSIGN_OR_RETURN(const UniqueFd fd, OpenFile(made, O_WRONLY | O_CREAT | O_TRUNC));
    if (const int error = io.Write(fd.get(), bytes.data(), bytes.size(), 0); error != 0) {
      return WriteFailure(error, Concat("write ", bytes.size(), " bytes to"), made);
    }
    if (const int error = io.Sync(fd.get()); error != 0) return WriteFailure(error, "sync", made);
  }
  if (std::rename(made.c_str(), path.c_str()) != 0) return WriteFailure(errno, "rename", made);
  return SyncDirectory(dir);
}

}  // namespace

// Rare enough that indexes are at most a fifth of what is written.
bool OpenLog::IsIndexDue() const {
  return end_.segment != indexed_.segment && logged_since_index_ >= 4 * index_size_;
}

// What the stored index, or the log behind it, still says must be there.
bool OpenLog::IsDead(uint64_t segment) const {
  const bool may_go = segments_.at(segment)->is_moved() || segment < indexed_.segment;
  return may_go && !index_.IsUsed(segment);
}

// Null if copying would gain little.
std::shared_ptr<LogSegment> OpenLog::Emptiest() const {
  double smallest = 0.75;
  std::shared_ptr<LogSegment> emptiest;
  for (const auto& [number, bytes] : sizes_) {
    const double share = static_cast<double>(index_.LiveIn(number)) / static_cast<double>(bytes);
    if (share >= smallest) continue;
    smallest = share;
    emptiest = segments_.at(number);
  }
  return emptiest;
}

bool OpenLog::HasUpkeep() const {
  if (prepared_ == nullptr || !full_.empty() || IsIndexDue()) return true;
  if (IsLong() && Emptiest() != nullptr) return true;
  return std::any_of(sizes_.begin(), sizes_.end(), [this](const auto& s) { return IsDead(s.first); });
}

void OpenLog::KeepUp() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return is_closing_ || (ended_.ok() && HasUpkeep()); });
      if (is_closing_) return;
    }
    if (absl::Status status = KeepUpOnce(); !status.ok()) Refuse(std::move(status)).IgnoreError();
  }
}

absl::Status OpenLog::KeepUpOnce() {
  RTSTREAM_RETURN_IF_ERROR(PrepareNext());
  std::vector<std::unique_ptr<LogWriter>> full;
  bool is_index_due = false, is_long = false;
  {
    const std::lock_guard lock(mutex_);
    full.swap(full_);
    is_long = IsLong();
    // Only what the index covers can go.
    is_index_due = IsIndexDue() || (is_long && end_.segment != indexed_.segment);
  }
  for (const std::unique_ptr<LogWriter>& writer : full) RTSTREAM_RETURN_IF_ERROR(writer->Trim());
  if (is_index_due) RTSTREAM_RETURN_IF_ERROR(StoreIndex());
  RTSTREAM_RETURN_IF_ERROR(DropDead());
  if (is_long) RTSTREAM_RETURN_IF_ERROR(MoveFromEmptiest());
  return DropDead();
}

absl::Status OpenLog::PrepareNext() {
  LogName name{lineage_, 0};
  {
    const std::lock_guard lock(mutex_);
    if (prepared_ != nullptr) return absl::OkStatus();
    name.segment = next_number_++;
  }
  RTSTREAM_ASSIGN_OR_RETURN(std::unique_ptr<LogWriter> next,
                            LogWriter::Create(dir_, name, false, segment_bytes_, *io_));
  const std::lock_guard lock(mutex_);
  prepared_ = std::move(next);
  // A batch did not wait for it, and is in a later segment.
  if (prepared_->segment()->number() < end_.segment) Discard(prepared_);
  return absl::OkStatus();
}

absl::Status OpenLog::StoreIndex() {
  std::string bytes;
  LogPosition position;
  {
    const std::lock_guard lock(mutex_);
    position = end_;
    bytes = EncodeIndex(lineage_, sequence_, position, index_);
    logged_since_index_ = 0;
  }
  RTSTREAM_RETURN_IF_ERROR(Replace(dir_, Concat(dir_, "/", kIndexFile), bytes, *io_));
  const std::lock_guard lock(mutex_);
  indexed_ = position;
  index_size_ = bytes.size();
  stats_.index_bytes += bytes.size();
  return absl::OkStatus();
}

absl::Status OpenLog::DropDead() {
  std::vector<std::shared_ptr<LogSegment>> dead;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(sizes_, [&](const auto& entry) {
      if (!IsDead(entry.first)) return false;
      const auto segment = segments_.find(entry.first);
      dead.push_back(std::move(segment->second));
      segments_.erase(segment);
      disk_bytes_ -= entry.second;
      return true;
    });
    if (!dead.empty()) changed_.notify_all();
  }
  for (const std::shared_ptr<LogSegment>& segment : dead) {
    if (unlink(segment->path().c_str()) != 0) return ErrnoStatus(errno, "delete", segment->path());
  }
  return absl::OkStatus();
}

// Copies the live values of one segment into a file of their own, without keeping commits from going on,
// and then logs where they are now.
absl::Status OpenLog::MoveFromEmptiest() {
  std::vector<LogEntry> moves;
  std::shared_ptr<LogSegment> victim;
  LogName name{lineage_, 0};
  uint64_t size = kLogBlock;
  {
    const std::lock_guard lock(mutex_);
    if (!IsLong()) return absl::OkStatus();
    victim = Emptiest();
    if (victim == nullptr) return absl::OkStatus();
    for (const auto& [key, value] : index_.values()) {
      if (value.place.segment != victim->number()) continue;
      LogEntry move;
      move.kind = LogEntry::Kind::kMove;
      move.key = key;
      move.from = move.place = value.place;
      moves.push_back(std::move(move));
      size += value.place.size;
    }
    name.segment = next_number_++;
  }
  if (moves.empty()) return absl::OkStatus();
  RTSTREAM_ASSIGN_OR_RETURN(const std::unique_ptr<LogWriter> writer,
                            LogWriter::Create(dir_, name, true, size, *io_));
  std::string value;
  for (LogEntry& move : moves) {
    RTSTREAM_RETURN_IF_ERROR(victim->Read(move.from, value));
    move.place.segment = name.segment;
    move.place.offset = writer->end();
    RTSTREAM_RETURN_IF_ERROR(writer->Append(value));
  }
  RTSTREAM_RETURN_IF_ERROR(writer->Sync());
  const std::lock_guard write_lock(write_mutex_);
  {
    const std::lock_guard lock(mutex_);
    RTSTREAM_RETURN_IF_ERROR(ended_);
    segments_[name.segment] = writer->segment();
    sizes_[name.segment] = writer->end();
    disk_bytes_ += writer->end();
    stats_.moved_bytes += writer->end();
  }
  constexpr uint64_t kMostOfAMove = 64;
  uint64_t table = kRecordHeadSize;
  for (const LogEntry& move : moves) table += move.key.size() + kMostOfAMove;
  RTSTREAM_RETURN_IF_ERROR(MakeRoom(UpToBlock(table)));
  const LogName place{lineage_, writer_->segment()->number()};
  return Write(EncodeMoves(place, sequence_ + 1, moves), nullptr, moves);
}

}  // namespace rtstream::internal
