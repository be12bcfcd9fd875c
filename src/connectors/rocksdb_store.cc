#include "rtstream/connectors/rocksdb_store.h"

#include <array>
#include <cstring>
#include <mutex>
#include <utility>

#include "rocksdb/env.h"
#include "rocksdb/write_batch.h"
#include "rocksdb_database.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"

namespace rtstream {
namespace {

using internal::Database;
using internal::DatabaseReader;

// How often a reader tries to get at files that change meanwhile. They do so every few seconds, and an
// attempt takes some ten milliseconds.
constexpr int kReadAttempts = 30;

rocksdb::Status Append(const StateWrite& write, rocksdb::WriteBatch& batch) {
  switch (write.kind) {
    case StateWrite::Kind::kPut: {
      char version[internal::kVersionSize];
      std::memcpy(version, &write.version, sizeof version);
      const rocksdb::Slice key(write.key);
      const std::array<rocksdb::Slice, 2> value{rocksdb::Slice(version, sizeof version),
                                                rocksdb::Slice(write.value)};
      return batch.Put(rocksdb::SliceParts(&key, 1), rocksdb::SliceParts(value.data(), 2));
    }
    case StateWrite::Kind::kDelete:
      return batch.Delete(write.key);
    case StateWrite::Kind::kDeleteRange:
      // One mark, whatever the range holds. Marks make look-ups dearer, but those are few here, and a
      // range may hold every block of an expired bucket of ids.
      if (write.key >= write.value) return rocksdb::Status::OK();
      return batch.DeleteRange(write.key, write.value);
  }
  return rocksdb::Status::InvalidArgument("unknown kind of write");
}

}  // namespace

struct [[gnu::visibility("hidden")]] RocksDbStore::Impl {
  explicit Impl(std::shared_ptr<Database> d) : database(std::move(d)) {}

  // The database for one call; what ended the store if there is none.
  absl::StatusOr<std::shared_ptr<Database>> Use() const {
    const std::lock_guard lock(mutex);
    if (!ended.ok()) return ended;
    return database;
  }

  absl::Status CheckVersions(const StateBatch& batch, const DatabaseReader& reader) const;

  // Held while a batch is checked and written, so that nothing comes between.
  std::mutex apply_mutex;  // locked before mutex
  mutable std::mutex mutex;
  std::shared_ptr<Database> database;  // guarded by mutex
  absl::Status ended;                  // why every further call is refused; guarded by mutex
};

RocksDbStore::RocksDbStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RocksDbStore::~RocksDbStore() { Close().IgnoreError(); }

absl::StatusOr<std::unique_ptr<RocksDbStore>> RocksDbStore::Open(const std::string& dir,
                                                                 const RocksDbOptions& options) {
  auto database = std::make_shared<Database>();
  database->dir = dir;
  RTSTREAM_ASSIGN_OR_RETURN(database->marker, StateDirectory::Lock(dir, StateDirectory::Kind::kRocksDb));
  RTSTREAM_RETURN_IF_ERROR(internal::OpenForWriting(options, *database));
  return std::unique_ptr<RocksDbStore>(
      new RocksDbStore(std::make_unique<Impl>(std::move(database))));
}

absl::StatusOr<std::unique_ptr<StateReader>> RocksDbStore::OpenReadOnly(const std::string& dir) {
  absl::Status status;
  for (int i = 0; i < kReadAttempts; ++i) {
    auto database = std::make_shared<Database>();
    database->dir = dir;
    absl::StatusOr<StateDirectory> marker =
        StateDirectory::Look(dir, StateDirectory::Kind::kRocksDb);
    status = marker.status();
    if (absl::IsDataLoss(status)) continue;
    RTSTREAM_RETURN_IF_ERROR(status);
    if (marker->phase() == StateDirectory::Phase::kBegun) {
      return absl::FailedPreconditionError(Concat("state directory ", dir, " has no commit yet"));
    }
    database->marker = *std::move(marker);
    status = internal::OpenForReading(rocksdb::Env::Default(), *database);
    if (absl::IsUnavailable(status)) continue;
    RTSTREAM_RETURN_IF_ERROR(status);
    return std::unique_ptr<StateReader>(new DatabaseReader(std::move(database)));
  }
  return status;
}

bool RocksDbStore::Holds(const std::string& dir) {
  return StateDirectory::Look(dir, StateDirectory::Kind::kRocksDb).ok();
}

absl::StatusOr<std::optional<Versioned>> RocksDbStore::Get(std::string_view key) const {
  RTSTREAM_ASSIGN_OR_RETURN(std::shared_ptr<Database> database, impl_->Use());
  return DatabaseReader(std::move(database)).Get(key);
}

absl::StatusOr<std::vector<std::optional<Versioned>>> RocksDbStore::MultiGet(
    absl::Span<const std::string> keys) const {
  RTSTREAM_ASSIGN_OR_RETURN(std::shared_ptr<Database> database, impl_->Use());
  return DatabaseReader(std::move(database)).MultiGet(keys);
}

absl::Status RocksDbStore::Scan(std::string_view prefix, Visitor visit) const {
  RTSTREAM_ASSIGN_OR_RETURN(std::shared_ptr<Database> database, impl_->Use());
  return DatabaseReader(std::move(database)).Scan(prefix, visit);
}

absl::Status RocksDbStore::Impl::CheckVersions(const StateBatch& batch,
                                               const DatabaseReader& reader) const {
  for (const StateWrite& write : batch.writes()) {
    if (!write.expected_version) continue;
    RTSTREAM_ASSIGN_OR_RETURN(const std::optional<Versioned> found, reader.Get(write.key));
    const uint64_t version = found ? found->version : 0;
    if (version != *write.expected_version) {
      return absl::AbortedError(
          Concat("a key has version ", version, ", expected ", *write.expected_version));
    }
  }
  return absl::OkStatus();
}

absl::Status RocksDbStore::Apply(const StateBatch& batch) {
  const std::lock_guard apply_lock(impl_->apply_mutex);
  RTSTREAM_ASSIGN_OR_RETURN(const std::shared_ptr<Database> database, impl_->Use());
  RTSTREAM_RETURN_IF_ERROR(impl_->CheckVersions(batch, DatabaseReader(database)));
  rocksdb::WriteBatch writes(batch.bytes() + 32 * batch.writes().size());
  rocksdb::Status s;
  for (const StateWrite& write : batch.writes()) {
    if (s.ok()) s = Append(write, writes);
  }
  if (!s.ok()) return absl::InvalidArgumentError(Concat("a batch cannot be written: ", s.ToString()));
  if (writes.Count() == 0) return absl::OkStatus();
  rocksdb::WriteOptions options;
  options.sync = true;
  s = database->db->Write(options, &writes);
  if (s.ok()) {
    database->marker.Witness(database->db->GetLatestSequenceNumber());
    return absl::OkStatus();
  }
  absl::Status failure = internal::StatusFrom(s, database->dir);
  const std::lock_guard lock(impl_->mutex);
  impl_->ended.Update(failure);
  return failure;
}

absl::StatusOr<std::unique_ptr<StateReader>> RocksDbStore::Snapshot() {
  RTSTREAM_ASSIGN_OR_RETURN(std::shared_ptr<Database> database, impl_->Use());
  auto reader = std::make_unique<DatabaseReader>(std::move(database));
  reader->Freeze();
  return std::unique_ptr<StateReader>(std::move(reader));
}

absl::Status RocksDbStore::Close() {
  std::shared_ptr<Database> database;
  {
    const std::lock_guard lock(impl_->mutex);
    database = std::exchange(impl_->database, nullptr);
    impl_->ended.Update(absl::FailedPreconditionError("the state store is closed"));
  }
  // Every batch was synced when it was applied: there is nothing left to write that could fail.
  return absl::OkStatus();
}

}  // namespace rtstream
