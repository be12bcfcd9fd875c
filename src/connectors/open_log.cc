#include "open_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/match.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"

namespace rtstream::internal {
namespace {

constexpr uint64_t kLeastSegment = 64 << 10;

uint64_t NewLineage() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

// In front of the system's words, so that a log's message says whose log it is.
absl::Status Named(const absl::Status& status, const std::string& dir) {
  return absl::Status(status.code(), Concat("state directory ", dir, ": ", MessageOf(status)));
}

}  // namespace

absl::StatusOr<std::optional<Versioned>> LogView::Get(std::string_view key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) return std::optional<Versioned>();
  const LogIndex::Value& value = found->second;
  Versioned versioned;
  versioned.version = value.version;
  RTSTREAM_RETURN_IF_ERROR(segments_.at(value.place.segment)->Read(value.place, versioned.value));
  return versioned;
}

absl::Status LogView::Scan(std::string_view prefix, Visitor visit) const {
  std::string bytes;
  for (auto it = values_.lower_bound(prefix); it != values_.end(); ++it) {
    if (std::string_view(it->first).substr(0, prefix.size()) != prefix) break;
    const LogPlace& place = it->second.place;
    RTSTREAM_RETURN_IF_ERROR(segments_.at(place.segment)->Read(place, bytes));
    RTSTREAM_RETURN_IF_ERROR(visit(it->first, bytes));
  }
  return absl::OkStatus();
}

OpenLog::OpenLog(std::string dir, StateDirectory directory, const LogStoreOptions& options)
    : dir_(std::move(dir)),
      segment_bytes_(UpToBlock(std::max(options.segment_bytes, kLeastSegment))),
      io_(options.io == nullptr ? &LogIo::System() : options.io),
      directory_(std::move(directory)) {}

OpenLog::~OpenLog() { Close(); }

absl::StatusOr<std::unique_ptr<OpenLog>> OpenLog::Start(std::string dir, StateDirectory directory,
                                                        std::optional<RecoveredLog> log,
                                                        const LogStoreOptions& options) {
  std::unique_ptr<OpenLog> open(new OpenLog(std::move(dir), std::move(directory), options));
  OpenLog& self = *open;
  if (log) {
    // The tail that was never acknowledged must be gone before a record with its number is elsewhere.
    RTSTREAM_ASSIGN_OR_RETURN(const UniqueFd last, OpenFile(log->last_path, O_WRONLY));
    if (ftruncate(last.get(), static_cast<off_t>(log->last_end)) != 0 || fsync(last.get()) != 0) {
      return ErrnoStatus(errno, "cut", log->last_path);
    }
    self.lineage_ = log->state.lineage;
    self.sequence_ = log->state.sequence;
    self.index_ = std::move(log->state.index);
    self.segments_ = std::move(log->segments);
    self.next_number_ = log->next_number;
    for (const auto& [number, segment] : self.segments_) {
      RTSTREAM_ASSIGN_OR_RETURN(const uint64_t size, segment->Size());
      self.sizes_[number] = size;
      self.disk_bytes_ += size;
    }
  } else {
    // Of a making that was cut short.
    RTSTREAM_ASSIGN_OR_RETURN(const LogFiles files, ListLogFiles(self.dir_));
    for (const auto& [number, is_moved] : files.segments) {
      unlink(LogSegment::PathOf(self.dir_, number, is_moved).c_str());
    }
    self.lineage_ = NewLineage();
  }
  {
    const std::lock_guard write_lock(self.write_mutex_);
    RTSTREAM_RETURN_IF_ERROR(self.MakeRoom(0));
  }
  RTSTREAM_RETURN_IF_ERROR(self.StoreIndex());
  if (log) {
    // The index says now what these said.
    for (const std::string& path : log->unused) unlink(path.c_str());
    if (!self.segments_.contains(log->state.log_begins.segment)) unlink(log->last_path.c_str());
  }
  if (self.directory_.phase() == StateDirectory::Phase::kBegun) {
    RTSTREAM_RETURN_IF_ERROR(self.directory_.FinishMaking(self.sequence_));
  }
  self.thread_ = std::thread([&self] { self.KeepUp(); });
  return open;
}

void OpenLog::Close() {
  {
    const std::lock_guard lock(mutex_);
    is_closing_ = true;
    ended_.Update(absl::FailedPreconditionError("the state store is closed"));
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  // Whoever was applying is through.
  const std::lock_guard write_lock(write_mutex_);
  const std::lock_guard lock(mutex_);
  if (writer_ != nullptr) writer_->Trim().IgnoreError();
  Discard(prepared_);
  writer_.reset();
  full_.clear();
  directory_ = StateDirectory();
}

absl::StatusOr<std::optional<Versioned>> OpenLog::Get(std::string_view key) const {
  Versioned versioned;
  LogPlace place;
  std::shared_ptr<LogSegment> segment;
  {
    const std::lock_guard lock(mutex_);
    RTSTREAM_RETURN_IF_ERROR(ended_);
    const LogIndex::Value* const found = index_.Find(key);
    if (found == nullptr) return std::optional<Versioned>();
    versioned.version = found->version;
    place = found->place;
    segment = segments_.at(place.segment);
  }
  RTSTREAM_RETURN_IF_ERROR(segment->Read(place, versioned.value));
  return versioned;
}

absl::StatusOr<std::unique_ptr<LogView>> OpenLog::View(std::string_view prefix) const {
  const std::lock_guard lock(mutex_);
  RTSTREAM_RETURN_IF_ERROR(ended_);
  LogIndex::Map values;
  for (auto it = index_.values().lower_bound(prefix); it != index_.values().end(); ++it) {
    if (std::string_view(it->first).substr(0, prefix.size()) != prefix) break;
    values.emplace_hint(values.end(), *it);
  }
  return std::make_unique<LogView>(std::move(values), segments_);
}

LogStoreStats OpenLog::Stats() const {
  const std::lock_guard lock(mutex_);
  LogStoreStats stats = stats_;
  stats.keys = index_.values().size();
  stats.live_bytes = index_.live_bytes();
  stats.disk_bytes = disk_bytes_;
  return stats;
}

absl::Status OpenLog::Refuse(absl::Status failure) {
  failure = Named(failure, dir_);
  const std::lock_guard lock(mutex_);
  ended_.Update(failure);
  changed_.notify_all();
  return failure;
}

absl::Status OpenLog::WaitForRoom(std::unique_lock<std::mutex>& write_lock) {
  std::unique_lock lock(mutex_);
  bool has_waited = false;
  while (ended_.ok() && IsTooLong()) {
    if (!std::exchange(has_waited, true)) ++stats_.waits;
    // The thread that shortens the log writes a record for it.
    write_lock.unlock();
    changed_.wait(lock, [this] { return !ended_.ok() || !IsTooLong(); });
    lock.unlock();
    write_lock.lock();
    lock.lock();
  }
  return ended_;
}

// index_ does not change while write_mutex_ is held.
absl::Status OpenLog::CheckVersions(const StateBatch& batch) const {
  for (const StateWrite& write : batch.writes()) {
    if (!write.expected_version) continue;
    const LogIndex::Value* const found = index_.Find(write.key);
    const uint64_t version = found == nullptr ? 0 : found->version;
    if (version != *write.expected_version) {
      return absl::AbortedError(
          Concat("a key has version ", version, ", expected ", *write.expected_version));
    }
  }
  return absl::OkStatus();
}

void OpenLog::Discard(std::unique_ptr<LogWriter>& unused) {
  if (unused == nullptr) return;
  unlink(unused->segment()->path().c_str());
  unused.reset();
}

// A segment that is not ready yet is made here, and is the time of an allocation and three syncs.
absl::Status OpenLog::MakeRoom(uint64_t size) {
  // A longer segment was made for the record that it holds, and can only go once it is not the last.
  if (writer_ != nullptr && writer_->capacity() <= segment_bytes_ && writer_->capacity() - writer_->end() >= size) {
    return absl::OkStatus();
  }
  const uint64_t wanted = std::max(segment_bytes_, kLogBlock + size);
  std::unique_ptr<LogWriter> next;
  LogName name{lineage_, 0};
  {
    const std::lock_guard lock(mutex_);
    if (prepared_ != nullptr && prepared_->capacity() >= wanted) {
      next = std::exchange(prepared_, nullptr);
    } else {
      name.segment = next_number_++;
    }
  }
  if (next == nullptr) {
    RTSTREAM_ASSIGN_OR_RETURN(next, LogWriter::Create(dir_, name, false, wanted, *io_));
  }
  const std::lock_guard lock(mutex_);
  // Records follow each other in the order of the segments' numbers.
  if (prepared_ != nullptr && prepared_->segment()->number() < next->segment()->number()) Discard(prepared_);
  segments_[next->segment()->number()] = next->segment();
  end_ = {next->segment()->number(), next->end()};
  disk_bytes_ += next->end();
  if (writer_ != nullptr) {
    sizes_[writer_->segment()->number()] = writer_->end();
    full_.push_back(std::move(writer_));
  }
  writer_ = std::move(next);
  changed_.notify_all();
  return absl::OkStatus();
}

absl::Status OpenLog::Write(const std::string& head, const StateBatch* batch,
                            const std::vector<LogEntry>& entries) {
  const uint64_t begin = writer_->end();
  RTSTREAM_RETURN_IF_ERROR(writer_->Append(head));
  if (batch != nullptr) {
    for (const StateWrite& write : batch->writes()) {
      if (write.kind == StateWrite::Kind::kPut) RTSTREAM_RETURN_IF_ERROR(writer_->Append(write.value));
    }
  }
  RTSTREAM_RETURN_IF_ERROR(writer_->Sync());
  directory_.Witness(sequence_ + 1);
  const std::lock_guard lock(mutex_);
  for (const LogEntry& entry : entries) index_.Apply(entry);
  ++sequence_;
  end_.offset = writer_->end();
  const uint64_t bytes = writer_->end() - begin;
  disk_bytes_ += bytes;
  logged_since_index_ += bytes;
  stats_.log_bytes += bytes;
  if (HasUpkeep()) changed_.notify_all();
  return absl::OkStatus();
}

absl::Status OpenLog::Apply(const StateBatch& batch) {
  std::unique_lock write_lock(write_mutex_);
  RTSTREAM_RETURN_IF_ERROR(WaitForRoom(write_lock));
  RTSTREAM_RETURN_IF_ERROR(CheckVersions(batch));
  if (batch.empty()) return absl::OkStatus();
  uint64_t table = kRecordHeadSize;
  constexpr uint64_t kMostOfAWrite = 64;  // of its entry in the table, without keys
  for (const StateWrite& write : batch.writes()) {
    table += write.key.size() + kMostOfAWrite;
    if (write.kind == StateWrite::Kind::kDeleteRange) table += write.value.size();
  }
  if (table > UINT32_MAX) {
    return absl::InvalidArgumentError(Concat("a batch has keys of ", table, " bytes, want 4 GiB at most"));
  }
  if (absl::Status room = MakeRoom(UpToBlock(table + batch.bytes())); !room.ok()) return Refuse(room);
  std::vector<LogEntry> entries;
  const LogName name{lineage_, writer_->segment()->number()};
  const std::string head = EncodeBatch(name, sequence_ + 1, writer_->end(), batch, entries);
  if (absl::Status written = Write(head, &batch, entries); !written.ok()) return Refuse(written);
  const std::lock_guard lock(mutex_);
  ++stats_.commits;
  stats_.payload_bytes += batch.bytes();
  return absl::OkStatus();
}

}  // namespace rtstream::internal
