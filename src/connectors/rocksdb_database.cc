#include "rocksdb_database.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "rocksdb/convenience.h"
#include "rocksdb/env.h"
#include "rocksdb/table.h"
#include "rocksdb_table_file.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"

namespace rtstream::internal {
namespace {

// Where a record of the log says which changes it holds: the first one's number, then how many.
constexpr size_t kSequenceSize = 8;
constexpr size_t kRecordHead = 12;

// RocksDB's log of its own doings goes nowhere: a reader must not write into somebody's directory.
class SilentLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

bool HasLz4() {
  const std::vector<rocksdb::CompressionType> types = rocksdb::GetSupportedCompressions();
  return std::find(types.begin(), types.end(), rocksdb::kLZ4Compression) != types.end();
}

bool IsLogFile(std::string_view name) {
  constexpr std::string_view kLog = ".log";
  return name.size() > kLog.size() && name.substr(name.size() - kLog.size()) == kLog;
}

// Differs whenever the set of live files does: the name and size of the manifest, and the logs.
absl::StatusOr<std::string> LiveFiles(rocksdb::Env* env, const std::string& dir) {
  std::string manifest;
  rocksdb::Status s = rocksdb::ReadFileToString(env, Concat(dir, "/CURRENT"), &manifest);
  uint64_t size = 0;
  if (s.ok()) {
    while (!manifest.empty() && manifest.back() == '\n') manifest.pop_back();
    s = env->GetFileSize(Concat(dir, "/", manifest), &size);
  }
  std::vector<std::string> names;
  if (s.ok()) s = env->GetChildren(dir, &names);
  if (!s.ok()) return StatusFrom(s, dir);
  std::sort(names.begin(), names.end());
  std::string files = Concat(manifest, " ", size);
  for (const std::string& name : names) {
    if (IsLogFile(name)) files = Concat(files, " ", name);
  }
  return files;
}

rocksdb::Status OpenFiles(const rocksdb::Options& options, bool is_read_only, Database& database) {
  rocksdb::DB* db = nullptr;
  rocksdb::Options with_filter = options;
  with_filter.wal_filter = &database.filter;
  rocksdb::Status s = is_read_only
                          ? rocksdb::DB::OpenForReadOnly(with_filter, database.dir, &db)
                          : rocksdb::DB::Open(with_filter, database.dir, &db);
  database.db.reset(db);
  return s;
}

// A manifest whose end cannot be read is taken by RocksDB for one that ends there, and then table files
// are missing whose part of the log is gone too. So the log must go on where the table files end.
absl::Status CheckLogGoesOn(const rocksdb::Options& options, const std::string& dir) {
  RTSTREAM_RETURN_IF_ERROR(CheckTableFiles(dir));
  Database tables;
  tables.dir = dir;
  tables.filter.stop_at_first = true;
  const rocksdb::Status s = OpenFiles(options, true, tables);
  if (!s.ok()) return StatusFrom(s, dir);
  const uint64_t last = tables.db->GetLatestSequenceNumber();
  if (!tables.filter.first || *tables.filter.first <= last + 1) return absl::OkStatus();
  return absl::DataLossError(Concat("state directory ", dir, " lost commits: its tables end at change ",
                                    last, ", its log begins at ", *tables.filter.first));
}

absl::Status CheckWitness(const Database& database) {
  const uint64_t have = database.db->GetLatestSequenceNumber();
  const uint64_t want = database.marker.last_commit();
  if (have >= want) return absl::OkStatus();
  return absl::DataLossError(Concat("state directory ", database.dir,
                                    " lost commits: its log ends at change ", have,
                                    ", change ", want, " was committed"));
}

rocksdb::Options OptionsForReading(rocksdb::Env* env) {
  rocksdb::Options options;
  options.env = env;
  options.max_open_files = -1;  // holds every file open from the start: a merge may unlink it
  options.info_log = std::make_shared<SilentLogger>();
  // Somebody may be writing the last record just now, or have lost power while he did: read up to the
  // first thing that does not fit. The witness says whether that is far enough.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  return options;
}

}  // namespace

rocksdb::WalFilter::WalProcessingOption NoHoles::LogRecordFound(unsigned long long,
                                                               const std::string&,
                                                               const rocksdb::WriteBatch& batch,
                                                               rocksdb::WriteBatch*, bool*) {
  const std::string& record = batch.Data();
  if (record.size() < kRecordHead) return WalProcessingOption::kCorruptedRecord;
  uint64_t sequence = 0;
  std::memcpy(&sequence, record.data(), kSequenceSize);
  if (next_ && sequence != *next_) return WalProcessingOption::kCorruptedRecord;
  if (!next_) first = sequence;
  if (stop_at_first) return WalProcessingOption::kStopReplay;
  next_ = sequence + batch.Count();
  return WalProcessingOption::kContinueProcessing;
}

absl::StatusOr<Versioned> DecodeValue(const rocksdb::Slice& stored, std::string_view dir) {
  Versioned value;
  if (stored.size() < kVersionSize) {
    return absl::DataLossError(Concat("state directory ", dir, " holds a value without a version"));
  }
  std::memcpy(&value.version, stored.data(), kVersionSize);
  value.value.assign(stored.data() + kVersionSize, stored.size() - kVersionSize);
  return value;
}

// RocksDB's own texts name files and offsets; with allow_data_in_errors off they hold no keys or values.
absl::Status StatusFrom(const rocksdb::Status& status, std::string_view dir) {
  const std::string text = status.ToString();
  if (status.IsNoSpace() || status.subcode() == rocksdb::Status::kSpaceLimit) {
    return absl::ResourceExhaustedError(
        Concat("state directory ", dir, ": the disk is full: ", text));
  }
  if (status.IsIOError() && text.find("/LOCK") != std::string::npos) {
    return absl::FailedPreconditionError(
        Concat("state directory ", dir, " is in use by another process, or by a store that this one has open"));
  }
  return absl::DataLossError(Concat("state directory ", dir, " is damaged or fails: ", text));
}

rocksdb::Options OptionsFor(const RocksDbOptions& options) {
  rocksdb::Options o;
  o.env = options.env == nullptr ? rocksdb::Env::Default() : options.env;
  o.write_buffer_size = options.write_buffer;
  o.max_write_buffer_number = 3;
  o.max_background_jobs = std::max(1, options.background_jobs);
  o.compression = options.compress && HasLz4() ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
  o.target_file_size_base = options.write_buffer;
  o.max_bytes_for_level_base = 4 * options.write_buffer;
  o.max_open_files = -1;
  o.max_bgerror_resume_count = 0;  // a write that failed is final
  o.stats_dump_period_sec = 0;
  o.stats_persist_period_sec = 0;
  o.max_log_file_size = size_t{1} << 20;
  o.keep_log_file_num = 2;
  // Reads are few and long: the operating system's cache serves them.
  rocksdb::BlockBasedTableOptions table;
  table.block_size = size_t{32} << 10;
  table.no_block_cache = true;
  table.format_version = kTableFormat;
  table.checksum = rocksdb::kXXH3;
  o.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return o;
}

absl::Status OpenForWriting(const RocksDbOptions& options, Database& database) {
  rocksdb::Options o = OptionsFor(options);
  const bool is_begun = database.marker.phase() == StateDirectory::Phase::kBegun;
  // Only a state that was never opened may lack its files.
  o.create_if_missing = is_begun;
  // A kill leaves the log's last record cut short, which this mode takes; anything else that does not
  // fit is an error, and nothing is changed.
  o.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  if (!is_begun) RTSTREAM_RETURN_IF_ERROR(CheckLogGoesOn(OptionsForReading(o.env), database.dir));
  rocksdb::Status s = OpenFiles(o, false, database);
  if (s.IsCorruption() && !is_begun) {
    // A power loss may leave a last record of the right length with wrong bytes. It was never synced, so
    // the witness does not name it: then it is dropped. What the witness names is never dropped.
    Database probe;
    probe.dir = database.dir;
    if (OpenFiles(OptionsForReading(o.env), true, probe).ok() &&
        probe.db->GetLatestSequenceNumber() >= database.marker.last_commit()) {
      probe.db.reset();
      o.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
      database.filter = NoHoles();
      s = OpenFiles(o, false, database);
    }
  }
  if (!s.ok()) return StatusFrom(s, database.dir);
  RTSTREAM_RETURN_IF_ERROR(CheckWitness(database));
  const uint64_t last = database.db->GetLatestSequenceNumber();
  if (is_begun) return database.marker.FinishMaking(last);
  database.marker.Witness(last);
  return absl::OkStatus();
}

absl::Status OpenForReading(rocksdb::Env* env, Database& database) {
  RTSTREAM_ASSIGN_OR_RETURN(const std::string before, LiveFiles(env, database.dir));
  absl::Status status = CheckLogGoesOn(OptionsForReading(env), database.dir);
  if (status.ok()) {
    const rocksdb::Status s = OpenFiles(OptionsForReading(env), true, database);
    status = s.ok() ? CheckWitness(database) : StatusFrom(s, database.dir);
  }
  // A file may have been merged away, or a log flushed and unlinked, between two of RocksDB's steps. Then
  // what was opened may even be a mixture.
  RTSTREAM_ASSIGN_OR_RETURN(const std::string after, LiveFiles(env, database.dir));
  if (before != after) {
    return absl::UnavailableError(
        Concat("the files of state directory ", database.dir, " change too fast to be read"));
  }
  return status;
}

DatabaseReader::~DatabaseReader() {
  if (snapshot_ != nullptr) database_->db->ReleaseSnapshot(snapshot_);
}

void DatabaseReader::Freeze() { snapshot_ = database_->db->GetSnapshot(); }

rocksdb::ReadOptions DatabaseReader::HowToRead() const {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot_;
  return options;
}

absl::StatusOr<std::optional<Versioned>> DatabaseReader::Get(std::string_view key) const {
  rocksdb::PinnableSlice stored;
  rocksdb::DB* const db = database_->db.get();
  const rocksdb::Status s = db->Get(HowToRead(), db->DefaultColumnFamily(), key, &stored);
  if (s.IsNotFound()) return std::optional<Versioned>();
  if (!s.ok()) return StatusFrom(s, database_->dir);
  return DecodeValue(stored, database_->dir);
}

absl::StatusOr<std::vector<std::optional<Versioned>>> DatabaseReader::MultiGet(
    absl::Span<const std::string> keys) const {
  const std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
  std::vector<std::string> stored;
  const std::vector<rocksdb::Status> statuses =
      database_->db->MultiGet(HowToRead(), slices, &stored);
  std::vector<std::optional<Versioned>> found(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].IsNotFound()) continue;
    if (!statuses[i].ok()) return StatusFrom(statuses[i], database_->dir);
    RTSTREAM_ASSIGN_OR_RETURN(found[i], DecodeValue(stored[i], database_->dir));
  }
  return found;
}

absl::Status DatabaseReader::Scan(std::string_view prefix, Visitor visit) const {
  rocksdb::ReadOptions options = HowToRead();
  options.readahead_size = size_t{1} << 20;
  const std::unique_ptr<rocksdb::Iterator> it(database_->db->NewIterator(options));
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    rocksdb::Slice value = it->value();
    if (value.size() < kVersionSize) return DecodeValue(value, database_->dir).status();
    value.remove_prefix(kVersionSize);
    RTSTREAM_RETURN_IF_ERROR(visit(it->key().ToStringView(), value.ToStringView()));
  }
  if (!it->status().ok()) return StatusFrom(it->status(), database_->dir);
  return absl::OkStatus();
}

}  // namespace rtstream::internal
