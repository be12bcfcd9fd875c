// Damaged files and failing disks: DataLoss or the right content, never another one.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"
#include "rtstream/connectors/rocksdb_store.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/random.h"
#include "tests/connectors/rocksdb_state.h"
#include "tests/connectors/scratch_dir.h"

namespace rtstream {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::Random;
using testing::StatusIs;

constexpr size_t kSize = 9000;
constexpr uint64_t kCommits = 50;

// A state in several table files and a log. (Closing leaves the log as it is.)
class DamagedState : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto store = RocksDbStore::Open(dir, {.write_buffer = size_t{64} << 10});
    ASSERT_THAT(store.status(), IsOk());
    ASSERT_THAT(NumberedCommits::Apply(**store, 1, kCommits, kSize), IsOk());
  }

  // The files whose names begin or end so.
  std::vector<std::string> Files(std::string_view part) const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(dir)) {
      const std::string name = entry.path().filename();
      if (name.substr(0, part.size()) == part ||
          (name.size() > part.size() && name.substr(name.size() - part.size()) == part)) {
        names.push_back("state/" + name);
      }
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  // Flips a byte of each of the files at `flips` places and reads, with and without opening.
  void ExpectNeverAnotherContent(std::string_view part, size_t flips) {
    Random random(Seed());
    const std::vector<std::string> files = Files(part);
    ASSERT_FALSE(files.empty());
    size_t found = 0;
    for (size_t i = 0; i < flips; ++i) {
      const std::string& file = files[random.Below(files.size())];
      const std::string whole = scratch.Read(file);
      std::string broken = whole;
      const size_t at = random.Below(broken.size());
      broken[at] = static_cast<char>(broken[at] ^ (1 << random.Below(8)));
      scratch.Write(file, broken);
      SCOPED_TRACE(file + " at " + std::to_string(at));
      const auto read = ReadAllReadOnly(dir);
      ExpectRightOrDataLoss(read);
      if (!read.ok()) ++found;
      // An opening may change files, so it works on a copy.
      std::filesystem::copy(dir, scratch.Path("copy"));
      ExpectRightOrDataLoss(OpenAndReadAll(scratch.Path("copy")));
      std::filesystem::remove_all(scratch.Path("copy"));
      scratch.Write(file, whole);
    }
    EXPECT_GT(found, 0u);
  }

  void ExpectRightOrDataLoss(const absl::StatusOr<NumberedCommits::Content>& content) {
    if (content.ok()) {
      EXPECT_TRUE(*content == NumberedCommits::After(kCommits, kSize));
      return;
    }
    EXPECT_THAT(content.status(),
                StatusIs(absl::StatusCode::kDataLoss,
                         AllOf(HasSubstr(scratch.Path("")), Not(HasSubstr("aaaa")))));
  }

  static uint64_t Seed() {
    const auto seed = static_cast<uint64_t>(::testing::UnitTest::GetInstance()->random_seed()) + 1;
    RecordProperty("seed", std::to_string(seed));
    return seed;
  }

  ScratchDir scratch;
  const std::string dir = scratch.Path("state");
};

TEST_F(DamagedState, UndamagedCopyIsRight) {
  EXPECT_THAT(ReadAllReadOnly(dir), IsOkAndHolds(NumberedCommits::After(kCommits, kSize)));
  EXPECT_THAT(OpenAndReadAll(dir), IsOkAndHolds(NumberedCommits::After(kCommits, kSize)));
}

TEST_F(DamagedState, FlippedBitInTheLogIsFound) { ExpectNeverAnotherContent(".log", 40); }
// A merge that meets the damage waits a second before it gives up, so there are fewer.
TEST_F(DamagedState, FlippedBitInATableFileIsFound) { ExpectNeverAnotherContent(".sst", 15); }
TEST_F(DamagedState, FlippedBitInTheManifestIsFound) { ExpectNeverAnotherContent("MANIFEST", 40); }
TEST_F(DamagedState, FlippedBitInCurrentIsFound) { ExpectNeverAnotherContent("CURRENT", 20); }

TEST_F(DamagedState, MissingTableFileIsFound) {
  std::filesystem::remove(scratch.Path(Files(".sst").front()));
  EXPECT_THAT(ReadAllReadOnly(dir).status(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr(dir)));
  EXPECT_THAT(OpenAndReadAll(dir).status(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr(dir)));
}

TEST_F(DamagedState, MissingLogIsFound) {
  for (const std::string& log : Files(".log")) std::filesystem::remove(scratch.Path(log));
  EXPECT_THAT(ReadAllReadOnly(dir).status(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr(dir)));
  EXPECT_THAT(OpenAndReadAll(dir).status(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr(dir)));
}

TEST_F(DamagedState, LogCutShortIsFound) {
  const std::string log = Files(".log").back();
  scratch.Write(log, scratch.Read(log).substr(0, kSize / 2));
  EXPECT_THAT(ReadAllReadOnly(dir).status(), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(OpenAndReadAll(dir).status(), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(DamagedState, RubbishAfterTheLastCommitIsDropped) {
  // What a power loss may leave of a commit that was never acknowledged.
  const std::string log = Files(".log").back();
  std::string record(1000, '\x5a');
  record[4] = static_cast<char>(0xdd);  // length 989: the record is whole, its checksum does not fit
  record[5] = 3;
  record[6] = 1;
  scratch.Append(log, record);
  EXPECT_THAT(ReadAllReadOnly(dir), IsOkAndHolds(NumberedCommits::After(kCommits, kSize)));
  EXPECT_THAT(OpenAndReadAll(dir), IsOkAndHolds(NumberedCommits::After(kCommits, kSize)));
}

TEST_F(DamagedState, LastCommitCutShortIsDroppedIfItWasNeverAcknowledged) {
  const std::string marker = scratch.Read("state/RTSTREAM");
  {
    const auto store = RocksDbStore::Open(dir);
    ASSERT_THAT(NumberedCommits::Apply(**store, kCommits + 1, kCommits + 1, kSize), IsOk());
  }
  const std::string log = Files(".log").back();
  const std::string bytes = scratch.Read(log);
  scratch.Write(log, bytes.substr(0, bytes.size() - 100));
  scratch.Write("state/RTSTREAM", marker);
  EXPECT_THAT(ReadAllReadOnly(dir), IsOkAndHolds(NumberedCommits::After(kCommits, kSize)));
  EXPECT_THAT(OpenAndReadAll(dir), IsOkAndHolds(NumberedCommits::After(kCommits, kSize)));
}

TEST_F(DamagedState, EveryByteThatDescribesATableFileIsChecked) {
  const std::string file = Files(".sst").front();
  const std::string whole = scratch.Read(file);
  // The highest bits: one of them makes a RocksDB with assertions end the process.
  for (size_t back = 1; back <= 160; ++back) {
    std::string broken = whole;
    broken[broken.size() - back] = static_cast<char>(broken[broken.size() - back] ^ 0x80);
    scratch.Write(file, broken);
    ExpectRightOrDataLoss(ReadAllReadOnly(dir));
  }
}

// The size of the record that begins at `at`: a checksum of four bytes, a length of two, a type of one,
// and the rest.
size_t RecordSize(const std::string& bytes, size_t at) {
  return size_t{7} + static_cast<uint8_t>(bytes[at + 4]) + 256 * static_cast<uint8_t>(bytes[at + 5]);
}

TEST_F(DamagedState, ManifestThatSeemsToEndEarlyIsFound) {
  const std::string file = Files("MANIFEST").front();
  const std::string whole = scratch.Read(file);
  for (size_t at = 0; at < whole.size(); at += RecordSize(whole, at)) {
    std::string broken = whole;
    broken[at + 5] = 0x40;  // the record reaches over the end of the file
    scratch.Write(file, broken);
    SCOPED_TRACE(at);
    ExpectRightOrDataLoss(ReadAllReadOnly(dir));
    std::filesystem::copy(dir, scratch.Path("copy"));
    ExpectRightOrDataLoss(OpenAndReadAll(scratch.Path("copy")));
    std::filesystem::remove_all(scratch.Path("copy"));
  }
}

TEST(DamagedLog, RecordThatIsMissingFromTheMiddleIsFound) {
  ScratchDir scratch;
  const std::string dir = scratch.Path("state");
  {
    const auto store = RocksDbStore::Open(dir);
    ASSERT_THAT(NumberedCommits::Apply(**store, 1, 20), IsOk());
  }
  std::string log;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    if (entry.path().extension() == ".log") log = "state/" + entry.path().filename().string();
  }
  std::string bytes = scratch.Read(log);
  const size_t second = RecordSize(bytes, 0);
  bytes.erase(second, RecordSize(bytes, second));
  scratch.Write(log, bytes);
  EXPECT_THAT(ReadAllReadOnly(dir).status(), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(OpenAndReadAll(dir).status(), StatusIs(absl::StatusCode::kDataLoss));
}

// A file system whose log files fail when they are told to.
class FailingFiles final : public rocksdb::FileSystemWrapper {
 public:
  struct Faults {
    rocksdb::IOStatus on_append, on_sync;
  };
  FailingFiles() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "failing files"; }

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus s = FileSystemWrapper::NewWritableFile(path, options, result, debug);
    if (s.ok() && path.find(".log") != std::string::npos) {
      *result = std::make_unique<File>(std::move(*result), faults);
    }
    return s;
  }

  Faults faults;

 private:
  class File final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    File(std::unique_ptr<rocksdb::FSWritableFile>&& file, const Faults& faults)
        : FSWritableFileOwnerWrapper(std::move(file)), faults_(faults) {}
    using FSWritableFileOwnerWrapper::Append;
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
      if (!faults_.on_append.ok()) return faults_.on_append;
      return FSWritableFileOwnerWrapper::Append(data, options, debug);
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
      if (!faults_.on_sync.ok()) return faults_.on_sync;
      return FSWritableFileOwnerWrapper::Sync(options, debug);
    }

   private:
    const Faults& faults_;
  };
};

class FailingDisk : public ::testing::Test {
 protected:
  absl::Status Commit(uint64_t n) { return NumberedCommits::Apply(*store, n, n); }

  ScratchDir scratch;
  const std::string dir = scratch.Path("state");
  const std::shared_ptr<FailingFiles> files = std::make_shared<FailingFiles>();
  const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(files);
  std::unique_ptr<RocksDbStore> store = *RocksDbStore::Open(dir, {.env = env.get()});
};

TEST_F(FailingDisk, FullDiskIsSaidSoAndFinal) {
  ASSERT_THAT(Commit(1), IsOk());
  files->faults.on_append = rocksdb::IOStatus::NoSpace("no space left on device");
  EXPECT_THAT(Commit(2), StatusIs(absl::StatusCode::kResourceExhausted,
                                  AllOf(HasSubstr(dir), HasSubstr("the disk is full"))));
  files->faults.on_append = rocksdb::IOStatus::OK();
  EXPECT_THAT(Commit(3), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(store->Get("last").status(), StatusIs(absl::StatusCode::kResourceExhausted));
  store.reset();
  EXPECT_THAT(OpenAndReadAll(dir), IsOkAndHolds(NumberedCommits::After(1)));
}

TEST_F(FailingDisk, FailedSyncIsDataLossAndFinal) {
  ASSERT_THAT(Commit(1), IsOk());
  files->faults.on_sync = rocksdb::IOStatus::IOError("input/output error");
  EXPECT_THAT(Commit(2), StatusIs(absl::StatusCode::kDataLoss, HasSubstr(dir)));
  files->faults.on_sync = rocksdb::IOStatus::OK();
  EXPECT_THAT(Commit(2), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(store->Snapshot().status(), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(FailingDisk, BatchWhoseSyncFailedIsThereWholeOrNotAtAll) {
  ASSERT_THAT(Commit(1), IsOk());
  files->faults.on_sync = rocksdb::IOStatus::IOError("input/output error");
  ASSERT_FALSE(Commit(2).ok());
  store.reset();
  EXPECT_THAT(OpenAndReadAll(dir), ::testing::AnyOf(IsOkAndHolds(NumberedCommits::After(1)),
                                                    IsOkAndHolds(NumberedCommits::After(2))));
}

}  // namespace
}  // namespace rtstream
