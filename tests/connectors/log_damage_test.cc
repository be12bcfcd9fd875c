// A LogStore's damaged files and failing disks: DataLoss or the right content, never another one.
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/random.h"
#include "tests/base/rounds.h"
#include "tests/connectors/log_state.h"
#include "tests/connectors/scratch_dir.h"

namespace rtstream {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::Random;
using testing::StatusIs;

constexpr auto kDamaged = absl::StatusCode::kDataLoss;
constexpr auto kRefused = absl::StatusCode::kFailedPrecondition;
constexpr size_t kSize = 9000;
constexpr uint64_t kCommits = 24;

// A state in some segments, whose index is older than its log: it was stored at the second opening, and the
// segment of the commits since is not full. (Closing leaves the log as it is.)
class DamagedLog : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(NumberedCommits::Apply(**LogStore::Open(dir, {.segment_bytes = kSmallSegment}), 1,
                                       kCommits - 4, kSize),
                IsOk());
    const auto store = LogStore::Open(dir, {.segment_bytes = kSmallSegment});
    ASSERT_THAT(store.status(), IsOk());
    ASSERT_THAT(NumberedCommits::Apply(**store, kCommits - 3, kCommits - 1, kSize), IsOk());
    marker_before_last = scratch.Read("state/RTSTREAM");
    ASSERT_THAT(NumberedCommits::Apply(**store, kCommits, kCommits, kSize), IsOk());
    marker = scratch.Read("state/RTSTREAM");
  }

  std::string Log() const {  // the last one that holds records
    std::string last;
    for (const std::string& name : FilesOf(dir, "log-")) {
      if (scratch.Read("state/" + name).find_first_not_of('\0', 4096) != std::string::npos) last = name;
    }
    return "state/" + last;
  }

  // Reads with and without opening. An opening may change files, so it works on a copy.
  void Expect(const ::testing::Matcher<absl::StatusOr<NumberedCommits::Content>>& matcher) {
    EXPECT_THAT(ReadLogReadOnly(dir), matcher);
    std::filesystem::copy(dir, scratch.Path("copy"));
    EXPECT_THAT(OpenAndReadLog(scratch.Path("copy")), matcher);
    std::filesystem::remove_all(scratch.Path("copy"));
  }
  static auto Holds(uint64_t commits) { return IsOkAndHolds(NumberedCommits::After(commits, kSize)); }
  static auto IsDamage() { return StatusIs(kDamaged, Not(HasSubstr("aaaa"))); }

  void ExpectNeverAnotherContent(std::string_view prefix, size_t flips) {
    const auto seed = static_cast<uint64_t>(::testing::UnitTest::GetInstance()->random_seed()) + 1;
    SCOPED_TRACE(seed);
    Random random(seed);
    const std::vector<std::string> files = FilesOf(dir, prefix);
    ASSERT_FALSE(files.empty());
    for (size_t i = 0; i < flips; ++i) {
      const std::string file = "state/" + files[random.Below(files.size())];
      const std::string whole = scratch.Read(file);
      std::string broken = whole;
      const size_t at = random.Below(broken.size());
      broken[at] = static_cast<char>(broken[at] ^ (1 << random.Below(8)));
      scratch.Write(file, broken);
      SCOPED_TRACE(file + " at " + std::to_string(at));
      Expect(AnyOf(Holds(kCommits), IsDamage()));
      scratch.Write(file, whole);
    }
  }

  // Where the last record begins, and its bytes up to the end of its values.
  void FindLastRecord() {
    bytes = scratch.Read(Log());
    end = bytes.find_last_not_of('\0') + 1;
    begin = bytes.rfind("1RTR", end) / 4096 * 4096;
    ASSERT_GT(end, begin);
    ASSERT_GE(begin, 4096u);
  }

  ScratchDir scratch;
  const std::string dir = scratch.Path("state");
  std::string marker_before_last, marker;
  std::string bytes;
  size_t begin = 0, end = 0;
};

TEST_F(DamagedLog, UndamagedCopyIsRight) { Expect(Holds(kCommits)); }

TEST_F(DamagedLog, FlippedBitInTheLogIsFound) { ExpectNeverAnotherContent("log-", 150); }
TEST_F(DamagedLog, FlippedBitInTheIndexIsFound) { ExpectNeverAnotherContent("index", 60); }

// What a kill leaves of a record, and a power loss of one that was not synced: any beginning of it.
TEST_F(DamagedLog, LastRecordCutAtAnyByteIsDroppedIfItWasNeverAcknowledged) {
  FindLastRecord();
  scratch.Write("state/RTSTREAM", marker_before_last);
  for (size_t at = begin; at < end; at += at < begin + Rounds(200u) || at + 20 > end ? 1 : Stride(61u)) {
    SCOPED_TRACE(at - begin);
    scratch.Write(Log(), bytes.substr(0, at));
    ASSERT_THAT(ReadLogReadOnly(dir), Holds(kCommits - 1));
    std::string torn = bytes;
    torn.replace(at, std::string::npos, bytes.size() - at, '\0');
    scratch.Write(Log(), torn);
    ASSERT_THAT(ReadLogReadOnly(dir), AnyOf(Holds(kCommits - 1), Holds(kCommits)));
    scratch.Write(Log(), bytes);
  }
  scratch.Write(Log(), bytes.substr(0, end - 1));
  Expect(Holds(kCommits - 1));
}

// Blocks of one record may reach the disk in any order.
TEST_F(DamagedLog, LastRecordThatLacksABlockIsDroppedIfItWasNeverAcknowledged) {
  FindLastRecord();
  scratch.Write("state/RTSTREAM", marker_before_last);
  for (size_t block = begin; block < end; block += 4096) {
    std::string torn = bytes;
    torn.replace(block, 4096, 4096, '\0');
    scratch.Write(Log(), torn);
    Expect(Holds(kCommits - 1));
  }
}

TEST_F(DamagedLog, LastRecordCutAtAnyByteIsDamageIfItWasAcknowledged) {
  FindLastRecord();
  for (size_t at = begin; at < end; at += at < begin + Rounds(200u) || at + 20 > end ? 1 : Stride(61u)) {
    scratch.Write(Log(), bytes.substr(0, at));
    ASSERT_THAT(ReadLogReadOnly(dir), StatusIs(kDamaged, HasSubstr("lost commits"))) << at - begin;
  }
  Expect(StatusIs(kDamaged, HasSubstr("lost commits")));
}

TEST_F(DamagedLog, LastRecordWithAnyBitFlippedIsDroppedOrDamageNeverAnother) {
  FindLastRecord();
  for (const bool is_acknowledged : {false, true}) {
    if (!is_acknowledged) scratch.Write("state/RTSTREAM", marker_before_last);
    for (size_t at = begin; at < end; at += at < begin + Rounds(200u) ? 1 : Stride(97u)) {
      std::string broken = bytes;
      broken[at] = static_cast<char>(broken[at] ^ (1 << at % 8));
      scratch.Write(Log(), broken);
      if (is_acknowledged) {
        ASSERT_THAT(ReadLogReadOnly(dir), IsDamage()) << at - begin;
      } else {
        ASSERT_THAT(ReadLogReadOnly(dir), Holds(kCommits - 1)) << at - begin;
      }
    }
    scratch.Write(Log(), bytes);
    scratch.Write("state/RTSTREAM", marker);
  }
}

// Only the last record can be torn: one that others follow was on the disk.
TEST_F(DamagedLog, HoleInFrontOfAWholeRecordIsDamageWhateverTheWitnessSays) {
  FindLastRecord();
  scratch.Write("state/RTSTREAM", marker_before_last);
  const size_t before = bytes.rfind("1RTR", begin - 1) / 4096 * 4096;
  ASSERT_GE(before, 4096u);
  std::string broken = bytes;
  broken.replace(before, 4096, 4096, '\0');
  scratch.Write(Log(), broken);
  Expect(StatusIs(kDamaged, HasSubstr("later ones are there")));
}

TEST(LogDirectory, LoneRecordOfASegmentThatLostItsHeadIsDamageWhateverTheWitnessSays) {
  ScratchDir scratch;
  const std::string dir = scratch.Path("state"), later = scratch.Path("later");
  const LogStoreOptions options{.segment_bytes = kSmallSegment};
  // Each commit is in a segment of its own.
  ASSERT_THAT(NumberedCommits::Apply(**LogStore::Open(dir, options), 1, 3, kSmallSegment), IsOk());
  std::filesystem::copy(dir, later);
  ASSERT_THAT(NumberedCommits::Apply(**LogStore::Open(later, options), 4, 4, kSmallSegment), IsOk());
  std::string last;
  for (const std::string& name : FilesOf(later, "log-")) {
    if (scratch.Read("later/" + name).find_first_not_of('\0', 4096) != std::string::npos) last = name;
  }
  std::string bytes = scratch.Read("later/" + last);
  ASSERT_NE(bytes, scratch.Read("state/" + last));
  bytes.replace(0, 4096, 4096, '\0');
  scratch.Write("state/" + last, bytes);
  EXPECT_THAT(ReadLogReadOnly(dir), StatusIs(kDamaged, HasSubstr("later ones are there")));
  EXPECT_THAT(OpenAndReadLog(dir), StatusIs(kDamaged, HasSubstr("later ones are there")));
}

TEST_F(DamagedLog, MissingSegmentIsFound) {
  const std::vector<std::string> logs = FilesOf(dir, "log-");
  for (const std::string& name : logs) {
    if ("state/" + name > Log()) continue;  // made ready, and empty
    scratch.Rename("state/" + name, "away");
    Expect(IsDamage());
    scratch.Rename("away", "state/" + name);
  }
}

TEST_F(DamagedLog, MissingIndexIsFound) {
  std::filesystem::remove(dir + "/index");
  Expect(IsDamage());
}

// A marker that ends early is what a making that was cut short leaves, before there is any commit.
TEST_F(DamagedLog, MarkerCutAtAnyByteIsDamageWhenThereAreCommits) {
  const std::vector<std::string> files = FilesOf(dir, "");
  for (size_t at = 0; at < marker.size(); ++at) {
    SCOPED_TRACE(at);
    scratch.Write("state/RTSTREAM", marker.substr(0, at));
    ASSERT_THAT(ReadLogReadOnly(dir), IsDamage());
    ASSERT_THAT(LogStore::Open(dir).status(), StatusIs(kDamaged));
    ASSERT_EQ(FilesOf(dir, ""), files);
  }
  scratch.Write("state/RTSTREAM", marker);
  Expect(Holds(kCommits));
}

TEST_F(DamagedLog, MarkerCutShortIsDamageWhenTheIndexIsMissingToo) {
  const std::vector<std::string> files = FilesOf(dir, "log-");
  scratch.Write("state/RTSTREAM", "");
  std::filesystem::remove(dir + "/index");
  EXPECT_THAT(LogStore::Open(dir).status(), StatusIs(kDamaged));
  EXPECT_EQ(FilesOf(dir, "log-"), files);
}

TEST_F(DamagedLog, RefusedOpeningChangesNothing) {
  FindLastRecord();
  scratch.Write(Log(), bytes.substr(0, end - 1));
  const std::string log = Log(), before = scratch.Read(log);
  const std::vector<std::string> files = FilesOf(dir, "");
  EXPECT_THAT(LogStore::Open(dir).status(), StatusIs(kDamaged));
  EXPECT_EQ(scratch.Read(log), before);
  EXPECT_EQ(FilesOf(dir, ""), files);
}

TEST_F(DamagedLog, CommitsGoOnBehindARecordThatWasCutOff) {
  FindLastRecord();
  scratch.Write("state/RTSTREAM", marker_before_last);
  scratch.Write(Log(), bytes.substr(0, end - 1));
  {
    const auto store = LogStore::Open(dir, {.segment_bytes = kSmallSegment});
    ASSERT_THAT(NumberedCommits::Apply(**store, kCommits, kCommits + 9, kSize), IsOk());
  }
  EXPECT_THAT(OpenAndReadLog(dir), Holds(kCommits + 9));
}

TEST(LogDirectory, StateOfARocksDbStoreIsRefusedByName) {
  ScratchDir scratch;
  std::filesystem::create_directory(scratch.Path("state"));
  scratch.Write("state/RTSTREAM", "rtstream state, format 1\nlast commit 0000000000000000 0\n");
  EXPECT_THAT(LogStore::Open(scratch.Path("state")).status(),
              StatusIs(kRefused, HasSubstr("holds the state of a RocksDbStore, want one of a LogStore")));
  EXPECT_THAT(LogStore::OpenReadOnly(scratch.Path("state")).status(), StatusIs(kRefused));
  EXPECT_FALSE(LogStore::Holds(scratch.Path("state")));
}

TEST(LogDirectory, EmptiedMarkerDoesNotMakeALogOfARocksDbStoresState) {
  ScratchDir scratch;
  std::filesystem::create_directory(scratch.Path("state"));
  scratch.Write("state/RTSTREAM", "");
  scratch.Write("state/CURRENT", "MANIFEST-000005\n");
  EXPECT_THAT(LogStore::Open(scratch.Path("state")).status(),
              StatusIs(kDamaged, HasSubstr("is of a RocksDbStore")));
}

TEST(LogDirectory, SecondOpeningIsToldThatItIsInUse) {
  ScratchDir scratch;
  const std::string dir = scratch.Path("state");
  const auto first = LogStore::Open(dir);
  EXPECT_THAT(LogStore::Open(dir).status(), StatusIs(kRefused, HasSubstr("is in use by another process")));
  EXPECT_THAT(NumberedCommits::Apply(**first, 1, 1), IsOk());
}

TEST(LogDirectory, MakingThatWasCutShortGoesOn) {
  ScratchDir scratch;
  const std::string dir = scratch.Path("state");
  std::filesystem::create_directory(dir);
  scratch.Write("state/RTSTREAM", "rtstream log sta");
  scratch.Write("state/log-0000000000000001", "half a head");
  scratch.Write("state/index.new", "half an index");
  EXPECT_THAT(LogStore::OpenReadOnly(dir).status(), StatusIs(kRefused, HasSubstr("no commit yet")));
  ASSERT_THAT(NumberedCommits::Apply(**LogStore::Open(dir), 1, 10), IsOk());
  EXPECT_THAT(OpenAndReadLog(dir), IsOkAndHolds(NumberedCommits::After(10)));
}

TEST(LogDirectory, MakingThatWasCutShortAtItsLastStepGoesOn) {
  ScratchDir scratch;
  const std::string dir = scratch.Path("state");
  ASSERT_THAT(LogStore::Open(dir).status(), IsOk());
  scratch.Write("state/RTSTREAM", "");
  EXPECT_THAT(LogStore::OpenReadOnly(dir).status(), StatusIs(kRefused, HasSubstr("no commit yet")));
  ASSERT_THAT(NumberedCommits::Apply(**LogStore::Open(dir), 1, 10), IsOk());
  EXPECT_THAT(OpenAndReadLog(dir), IsOkAndHolds(NumberedCommits::After(10)));
}

// Fails when it is told to, or cuts a write short and fails from there on, as a lost machine does.
class FailingIo final : public LogIo {
 public:
  int Write(int fd, const char* data, size_t size, uint64_t offset) override {
    const std::lock_guard lock(mutex_);
    if (on_write != 0) return on_write;
    if (left_ < size) {
      const uint64_t kept = left_ / 512 * 512;
      left_ = 0;
      if (kept > 0) LogIo::Write(fd, data, kept, offset);
      return EIO;
    }
    left_ -= size;
    return LogIo::Write(fd, data, size, offset);
  }
  int Sync(int fd) override {
    const std::lock_guard lock(mutex_);
    if (on_sync != 0) return on_sync;
    return left_ == 0 ? EIO : LogIo::Sync(fd);
  }
  void LoseAfter(uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    left_ = bytes;
  }

  std::atomic<int> on_write = 0, on_sync = 0;

 private:
  std::mutex mutex_;
  uint64_t left_ = UINT64_MAX;  // guarded by mutex_
};

class FailingLog : public ::testing::Test {
 protected:
  absl::Status Commit(uint64_t n) { return NumberedCommits::Apply(*store, n, n); }

  ScratchDir scratch;
  const std::string dir = scratch.Path("state");
  FailingIo io;
  std::unique_ptr<LogStore> store = *LogStore::Open(dir, {.io = &io});
};

TEST_F(FailingLog, FullDiskIsSaidSoAndFinal) {
  ASSERT_THAT(Commit(1), IsOk());
  io.on_write = ENOSPC;
  EXPECT_THAT(Commit(2), StatusIs(absl::StatusCode::kResourceExhausted,
                                  AllOf(HasSubstr(dir), HasSubstr("the disk is full"))));
  io.on_write = 0;
  EXPECT_THAT(Commit(3), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(store->Get("last").status(), StatusIs(absl::StatusCode::kResourceExhausted));
  store.reset();
  EXPECT_THAT(OpenAndReadLog(dir), IsOkAndHolds(NumberedCommits::After(1)));
}

TEST_F(FailingLog, FailedSyncIsDataLossAndFinal) {
  ASSERT_THAT(Commit(1), IsOk());
  io.on_sync = EIO;
  EXPECT_THAT(Commit(2), StatusIs(kDamaged, HasSubstr(dir)));
  io.on_sync = 0;
  EXPECT_THAT(Commit(2), StatusIs(kDamaged));
  EXPECT_THAT(store->Snapshot().status(), StatusIs(kDamaged));
  store.reset();
  EXPECT_THAT(OpenAndReadLog(dir), AnyOf(IsOkAndHolds(NumberedCommits::After(1)),
                                         IsOkAndHolds(NumberedCommits::After(2))));
}

// The machine is lost after each so many bytes: segments, indexes and moved values included.
TEST(TornLog, WritesCutAnywhereLeaveEveryAcknowledgedCommit) {
  const auto seed = static_cast<uint64_t>(::testing::UnitTest::GetInstance()->random_seed()) + 1;
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < Rounds(150); ++round) {
    ScratchDir scratch;
    const std::string dir = scratch.Path("state");
    FailingIo io;
    uint64_t acknowledged = 0;
    {
      auto store = LogStore::Open(dir, {.segment_bytes = kSmallSegment, .io = &io});
      ASSERT_THAT(store.status(), IsOk());
      io.LoseAfter(random.Below(1'500'000) + 1);
      while (NumberedCommits::Apply(**store, acknowledged + 1, acknowledged + 1, kSize).ok()) ++acknowledged;
    }
    SCOPED_TRACE(acknowledged);
    ASSERT_THAT(OpenAndReadLog(dir), AnyOf(IsOkAndHolds(NumberedCommits::After(acknowledged, kSize)),
                                           IsOkAndHolds(NumberedCommits::After(acknowledged + 1, kSize))));
  }
}

}  // namespace
}  // namespace rtstream
