#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rocksdb/db.h"
#include "rocksdb/wal_filter.h"
#include "rtstream/connectors/rocksdb_store.h"
#include "rtstream/state/state_store.h"
#include "state_directory.h"

#pragma GCC visibility push(hidden)

namespace rtstream::internal {

// Sees to it, while the log is read again, that each record begins with the sequence number after the
// last one's: RocksDB itself does not notice a record that is missing from the middle.
class NoHoles final : public rocksdb::WalFilter {
 public:
  WalProcessingOption LogRecordFound(unsigned long long log, const std::string& file,
                                     const rocksdb::WriteBatch& batch, rocksdb::WriteBatch* changed,
                                     bool* is_changed) override;
  const char* Name() const override { return "rtstream: no holes"; }

  // Reads no further than the first record.
  bool stop_at_first = false;
  std::optional<uint64_t> first;  // its sequence number

 private:
  std::optional<uint64_t> next_;
};

// An open RocksDB and what it needs while it is open. Shared by the store, its snapshots and the reads
// under way, so that closing the store takes nothing from under them; the last one closes the files.
struct Database {
  std::string dir;
  StateDirectory marker;  // its lock is given back after the files are closed
  NoHoles filter;
  std::unique_ptr<rocksdb::DB> db;
};

// How values are stored: behind their version, little endian.
inline constexpr size_t kVersionSize = 8;
absl::StatusOr<Versioned> DecodeValue(const rocksdb::Slice& stored, std::string_view dir);

// What a RocksDB status means for the state in `dir`. REQUIRES: !status.ok().
absl::Status StatusFrom(const rocksdb::Status& status, std::string_view dir);

// RocksDB's options, except how the log is recovered.
rocksdb::Options OptionsFor(const RocksDbOptions& options);

// Opens the files for writing. `database` holds the marker with its lock.
absl::Status OpenForWriting(const RocksDbOptions& options, Database& database);

// Opens the files as they are. Unavailable: they changed while that was done.
absl::Status OpenForReading(rocksdb::Env* env, Database& database);

// Reads of a database, as of a snapshot or, without one, as of now. Thread-safe.
class DatabaseReader final : public StateReader {
 public:
  explicit DatabaseReader(std::shared_ptr<Database> database) : database_(std::move(database)) {}
  ~DatabaseReader() override;
  DatabaseReader(const DatabaseReader&) = delete;
  DatabaseReader& operator=(const DatabaseReader&) = delete;

  // From here on reads are as of this moment.
  void Freeze();

  absl::StatusOr<std::optional<Versioned>> Get(std::string_view key) const override;
  absl::StatusOr<std::vector<std::optional<Versioned>>> MultiGet(
      absl::Span<const std::string> keys) const override;
  absl::Status Scan(std::string_view prefix, Visitor visit) const override;

 private:
  rocksdb::ReadOptions HowToRead() const;

  std::shared_ptr<Database> database_;
  const rocksdb::Snapshot* snapshot_ = nullptr;
};

}  // namespace rtstream::internal

#pragma GCC visibility pop
