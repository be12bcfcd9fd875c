#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtstream/connectors/log_io.h"
#include "rtstream/state/state_store.h"

namespace rtstream {

// How a LogStore keeps its log.
struct LogStoreOptions {
  // Bytes of a segment, set aside on the disk before they are used; default 64 MiB, at least 64 KiB. Larger:
  // fewer files, and more of the log is read again at an opening. A batch of more gets a segment of its own.
  uint64_t segment_bytes = uint64_t{64} << 20;
  // What files are written with; null: the system's calls. Must outlive the store.
  LogIo* io = nullptr;
};

// What a LogStore has done since it was opened, and what it holds.
struct LogStoreStats {
  uint64_t commits = 0;        // batches applied
  uint64_t payload_bytes = 0;  // of their keys and values
  uint64_t log_bytes = 0;      // written for them: with heads, tables and padding
  uint64_t moved_bytes = 0;    // live values copied out of segments that were mostly dead
  uint64_t index_bytes = 0;    // written as indexes
  uint64_t waits = 0;          // batches that waited until the log was shorter
  uint64_t keys = 0;           // that have a value
  uint64_t live_bytes = 0;     // of the values that can be read
  uint64_t disk_bytes = 0;     // of the files that hold them
};

// A state store in a directory of its own: an append-only log of batches. The default for a pipeline on
// one host.
//
//   RTSTREAM_ASSIGN_OR_RETURN(std::unique_ptr<rt::LogStore> store, rt::LogStore::Open("state"));
//   rt::Runner runner(std::move(pipeline), *store, {});
//
// A batch is one record of a segment file, written past the operating system's cache where the file system
// allows it, and synced: Apply costs one write and one fdatasync. Values stay where they were appended; an
// index in memory says where. What was overwritten or deleted is never copied, and a segment that holds
// nothing else is deleted whole. So the log suits few large values that replace each other, which is what
// pipelines store. A store with millions of small ones wants RocksDbStore.
//
// One process at a time has it open; any number may read it meanwhile (OpenReadOnly). Thread-safe; a
// thread of its own makes segments ready, writes the index and shortens the log.
//
// Limits:
//   memory   some 150 bytes a key and the key itself
//   disk     at most three times the live bytes and eight segments: beyond twice and four the thread copies
//            live values out of the segment that holds the fewest, and at the bound Apply waits for it
//   opening  reads the index, and the heads of what was logged since: one segment or four times the
//            index, whichever is more; values are read when they are asked for
//   batch    4 GiB of keys
class LogStore final : public StateStore {
 public:
  // Opens the state in `dir`, which is made if it is missing (its parent is not). Nothing in `dir` is
  // changed by an opening that is refused.
  //   FailedPrecondition  `dir` is in use, holds files that are not a state, a RocksDbStore's or a newer
  //                       format
  //   DataLoss            files are damaged or missing, or commits were lost
  //   others              as the system says: no permission, no space, no parent directory
  static absl::StatusOr<std::unique_ptr<LogStore>> Open(const std::string& dir,
                                                        const LogStoreOptions& options = {});

  // A view of the state as of the last commit before this call, or one during it. Takes no lock and
  // writes nothing: another process may have the state open, or may have died with it open. Never
  // follows later commits. Thread-safe.
  //   NotFound            no such directory
  //   FailedPrecondition  no state was made there yet, or it is of another kind or a newer format
  //   DataLoss            as Open
  //   Unavailable         the files changed during every one of many attempts
  static absl::StatusOr<std::unique_ptr<StateReader>> OpenReadOnly(const std::string& dir);

  // Whether `dir` holds the state of a LogStore.
  static bool Holds(const std::string& dir);

  ~LogStore() override;

  // A value that does not fit its checksum is DataLoss.
  absl::StatusOr<std::optional<Versioned>> Get(std::string_view key) const override;
  // As of the call's beginning; values are read from the files as it goes.
  absl::Status Scan(std::string_view prefix, Visitor visit) const override;

  // One batch at a time; others wait. After ResourceExhausted (the disk is full) and DataLoss (a write or
  // sync failed, in this call or in the store's thread) the store is finished: every later call returns
  // that error. Whether the batch is there, whole, or not at all, the next Open tells.
  absl::Status Apply(const StateBatch& batch) override;

  // Costs a copy of the index. Deleted segments stay on the disk while a snapshot needs them.
  absl::StatusOr<std::unique_ptr<StateReader>> Snapshot() override;

  // The directory is free once this has returned.
  absl::Status Close() override;

  LogStoreStats Stats() const;  // As of now. Any thread.

 private:
  struct Impl;
  explicit LogStore(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace rtstream
