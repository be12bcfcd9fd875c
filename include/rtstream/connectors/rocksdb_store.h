#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "rtstream/state/state_store.h"

namespace rocksdb {
class Env;
}

namespace rtstream {

// How a RocksDbStore uses RocksDB.
struct RocksDbOptions {
  // Bytes of commits that are gathered in memory before they become a table file; default 64 MiB.
  // Larger: fewer rewrites, but as much of the log is read again at the next opening, and up to three
  // times as much memory is used.
  size_t write_buffer = size_t{64} << 20;
  // Threads that write and merge table files behind the commits; default 2.
  int background_jobs = 2;
  // Table files are compressed with LZ4, where RocksDB was built with it; default no: blocks of state
  // are mostly rewritten before they are merged, so the disk is written as much (measured: 660 bytes
  // a sale either way) and a tenth more CPU time is spent. For small disks.
  bool compress = false;
  // What RocksDB reaches its files through; null: the machine's file system. Must outlive the store.
  rocksdb::Env* env = nullptr;
};

// A state store in a directory of its own, on RocksDB: for a host that keeps many small values beside what its pipelines
// store, or has RocksDB's tools at hand. What suits a pipeline alone is LogStore, the default.
//
//   RTSTREAM_ASSIGN_OR_RETURN(std::unique_ptr<rt::RocksDbStore> store, rt::RocksDbStore::Open("state"));
//   rt::Runner runner(std::move(pipeline), *store, {});
//
// One process at a time has it open; any number may read it meanwhile (OpenReadOnly). Thread-safe.
//
// Every batch is one synced write of RocksDB's log. The last committed sequence number is also kept
// beside it, so that a store which lost commits (a hole in its log, an older copy put back) is DataLoss
// and never an older truth.
class RocksDbStore final : public StateStore {
 public:
  // Opens the state in `dir`, which is made if it is missing (its parent is not). Nothing in `dir` is
  // changed by an opening that is refused.
  //   FailedPrecondition  `dir` is in use, holds files that are not a state, or a newer format
  //   DataLoss            files are damaged or missing, or commits were lost
  //   others              as the system says: no permission, no space, no parent directory
  static absl::StatusOr<std::unique_ptr<RocksDbStore>> Open(const std::string& dir,
                                                            const RocksDbOptions& options = {});

  // A view of the state as of the last commit before this call, or one during it. Takes no lock and
  // writes nothing: another process may have the state open, or may have died with it open. Never
  // follows later commits. Thread-safe.
  //   NotFound            no such directory
  //   FailedPrecondition  no state was made there yet, or it has a newer format
  //   DataLoss            as Open
  //   Unavailable         the files changed during every one of many attempts
  static absl::StatusOr<std::unique_ptr<StateReader>> OpenReadOnly(const std::string& dir);

  // Whether `dir` holds the state of a RocksDbStore.
  static bool Holds(const std::string& dir);

  ~RocksDbStore() override;

  absl::StatusOr<std::optional<Versioned>> Get(std::string_view key) const override;
  absl::StatusOr<std::vector<std::optional<Versioned>>> MultiGet(
      absl::Span<const std::string> keys) const override;
  // As of the call's beginning.
  absl::Status Scan(std::string_view prefix, Visitor visit) const override;

  // After ResourceExhausted (the disk is full) and DataLoss (a write or sync failed) the store is
  // finished: every later call returns that error. Whether the batch is there, whole, or not at all,
  // the next Open tells.
  absl::Status Apply(const StateBatch& batch) override;

  absl::StatusOr<std::unique_ptr<StateReader>> Snapshot() override;

  // The directory is free once this has returned and no snapshot and no read under way is left.
  absl::Status Close() override;

 private:
  struct Impl;
  explicit RocksDbStore(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace rtstream
