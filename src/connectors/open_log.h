#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "log_index.h"
#include "log_recovery.h"
#include "log_segment.h"
#include "rtstream/connectors/log_store.h"
#include "rtstream/state/state_store.h"
#include "state_directory.h"

#pragma GCC visibility push(hidden)

namespace rtstream::internal {

using LogSegments = std::map<uint64_t, std::shared_ptr<LogSegment>>;

// Reads of a log as of one moment. Thread-safe.
class LogView final : public StateReader {
 public:
  LogView(LogIndex::Map values, LogSegments segments)
      : values_(std::move(values)), segments_(std::move(segments)) {}

  absl::StatusOr<std::optional<Versioned>> Get(std::string_view key) const override;
  absl::Status Scan(std::string_view prefix, Visitor visit) const override;

 private:
  LogIndex::Map values_;
  LogSegments segments_;
};

// A log that is open for writing, and the thread that makes segments ready and shortens it. Thread-safe.
class OpenLog {
 public:
  // Goes on where `log` ends, or begins a new one. REQUIRES: `directory` is locked.
  static absl::StatusOr<std::unique_ptr<OpenLog>> Start(std::string dir, StateDirectory directory,
                                                        std::optional<RecoveredLog> log,
                                                        const LogStoreOptions& options);
  ~OpenLog();
  OpenLog(const OpenLog&) = delete;
  OpenLog& operator=(const OpenLog&) = delete;

  absl::Status Apply(const StateBatch& batch);
  absl::StatusOr<std::optional<Versioned>> Get(std::string_view key) const;
  absl::StatusOr<std::unique_ptr<LogView>> View(std::string_view prefix) const;
  void Close();
  LogStoreStats Stats() const;

 private:
  OpenLog(std::string dir, StateDirectory directory, const LogStoreOptions& options);

  absl::Status Refuse(absl::Status failure);
  // The caller holds write_mutex_, which WaitForRoom() lets go of while it waits.
  absl::Status WaitForRoom(std::unique_lock<std::mutex>& write_lock);
  absl::Status CheckVersions(const StateBatch& batch) const;
  absl::Status MakeRoom(uint64_t size);
  static void Discard(std::unique_ptr<LogWriter>& unused);
  absl::Status Write(const std::string& head, const StateBatch* batch, const std::vector<LogEntry>& entries);

  // open_log_upkeep.cc; all but the first are called by the thread of its own.
  absl::Status StoreIndex();
  void KeepUp();
  absl::Status KeepUpOnce();
  absl::Status PrepareNext();
  absl::Status DropDead();
  absl::Status MoveFromEmptiest();
  // The caller holds mutex_.
  bool HasUpkeep() const;
  bool IsLong() const { return disk_bytes_ > 2 * index_.live_bytes() + 4 * segment_bytes_; }
  bool IsTooLong() const { return disk_bytes_ > 3 * index_.live_bytes() + 8 * segment_bytes_; }
  bool IsIndexDue() const;
  bool IsDead(uint64_t segment) const;
  std::shared_ptr<LogSegment> Emptiest() const;

  const std::string dir_;
  const uint64_t segment_bytes_;
  LogIo* const io_;
  uint64_t lineage_ = 0;
  StateDirectory directory_;  // used under write_mutex_

  // Held while a record is made and written; locked before mutex_.
  std::mutex write_mutex_;
  std::unique_ptr<LogWriter> writer_;  // guarded by write_mutex_

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  LogIndex index_;                          // guarded by mutex_; changed only under write_mutex_ too
  uint64_t sequence_ = 0;                   // of the last record; as index_
  LogPosition end_;                         // behind it; as index_
  LogSegments segments_;                    // guarded by mutex_
  std::map<uint64_t, uint64_t> sizes_;      // of closed segments on the disk; guarded by mutex_
  uint64_t disk_bytes_ = 0;                 // of all; guarded by mutex_
  std::unique_ptr<LogWriter> prepared_;     // guarded by mutex_
  std::vector<std::unique_ptr<LogWriter>> full_;  // to be trimmed; guarded by mutex_
  uint64_t next_number_ = 1;                // guarded by mutex_
  LogPosition indexed_;                     // where the stored index ends; guarded by mutex_
  uint64_t index_size_ = 0;                 // of the stored index; guarded by mutex_
  uint64_t logged_since_index_ = 0;         // guarded by mutex_
  LogStoreStats stats_;                     // guarded by mutex_
  absl::Status ended_;                      // why every call is refused; guarded by mutex_
  bool is_closing_ = false;                 // guarded by mutex_
  std::thread thread_;
};

}  // namespace rtstream::internal

#pragma GCC visibility pop
