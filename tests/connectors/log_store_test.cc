// LogStore as a store: the contract, and what a closed, killed or running one shows.
#include "rtstream/connectors/log_store.h"

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtstream/testing/contract_test.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/random.h"
#include "rtstream/testing/store_contract.h"
#include "tests/connectors/killed_store.h"
#include "tests/connectors/log_state.h"
#include "tests/connectors/scratch_dir.h"

namespace rtstream::testing {

const bool log_store = TestContract(
    "LogStoreContract",
    StoreContract({.open = [](const std::string& place) -> absl::StatusOr<std::unique_ptr<StateStore>> {
                     return LogStore::Open(place, {.segment_bytes = kSmallSegment});
                   },
                   .is_in_files = true}));

}  // namespace rtstream::testing

namespace rtstream {
namespace {

using ::testing::KilledBySignal;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::Random;

TEST(LogStore, ClosedStateIsThereAgain) {
  ScratchDir scratch;
  const std::string dir = scratch.Path("state");
  {
    const auto store = LogStore::Open(dir);
    ASSERT_THAT(store.status(), IsOk());
    ASSERT_THAT(NumberedCommits::Apply(**store, 1, 20), IsOk());
  }
  EXPECT_THAT(OpenAndReadLog(dir), IsOkAndHolds(NumberedCommits::After(20)));
}

TEST(LogStore, VersionsAreThereAgain) {
  ScratchDir scratch;
  StateBatch batch;
  batch.Put("a", "1", 41);
  ASSERT_THAT((*LogStore::Open(scratch.Path("state")))->Apply(batch), IsOk());
  const auto store = LogStore::Open(scratch.Path("state"));
  batch.Clear();
  batch.PutIf("a", "2", 41);
  EXPECT_THAT((*store)->Apply(batch), IsOk());
}

TEST(LogStore, SnapshotOutlivesClosingAndTheSegmentsItReads) {
  ScratchDir scratch;
  auto store = LogStore::Open(scratch.Path("state"), {.segment_bytes = kSmallSegment});
  ASSERT_THAT(NumberedCommits::Apply(**store, 1, 3), IsOk());
  const auto snapshot = (*store)->Snapshot();
  ASSERT_THAT(NumberedCommits::Apply(**store, 4, 200, 9000), IsOk());
  ASSERT_THAT((*store)->Close(), IsOk());
  EXPECT_THAT(ReadAll(**snapshot), IsOkAndHolds(NumberedCommits::After(3)));
}

TEST(LogStore, ClosingFreesTheDirectory) {
  ScratchDir scratch;
  const auto first = LogStore::Open(scratch.Path("state"));
  ASSERT_THAT((*first)->Close(), IsOk());
  EXPECT_THAT(LogStore::Open(scratch.Path("state")).status(), IsOk());
}

TEST(LogStore, BatchLargerThanASegmentIsOneRecord) {
  ScratchDir scratch;
  const std::string dir = scratch.Path("state");
  const size_t size = 5 * kSmallSegment + 17;
  {
    const auto store = LogStore::Open(dir, {.segment_bytes = kSmallSegment});
    ASSERT_THAT(NumberedCommits::Apply(**store, 1, 3), IsOk());
    ASSERT_THAT(NumberedCommits::Apply(**store, 4, 20, size), IsOk());
  }
  EXPECT_THAT(OpenAndReadLog(dir), IsOkAndHolds(NumberedCommits::After(20, size)));
}

TEST(LogStore, LongRecordThatIsDeadDoesNotKeepTheNextWaiting) {
  ScratchDir scratch;
  const auto store = LogStore::Open(scratch.Path("state"), {.segment_bytes = kSmallSegment});
  ASSERT_THAT(store.status(), IsOk());
  StateBatch batch;
  // Its segment has room for more, as its key counts twice.
  batch.Put(std::string(20'000, 'k'), std::string(40 * kSmallSegment, 'v'));
  ASSERT_THAT((*store)->Apply(batch), IsOk());
  batch.Clear();
  batch.DeleteRange("k", "l");
  ASSERT_THAT((*store)->Apply(batch), IsOk());
  ASSERT_THAT(NumberedCommits::Apply(**store, 1, 20), IsOk());
  EXPECT_THAT(ReadAll(**store), IsOkAndHolds(NumberedCommits::After(20)));
}

// Each commit of many random puts, deletes and ranges; the store is opened anew now and then.
TEST(LogStore, RandomHistoryEqualsAMap) {
  const auto seed = static_cast<uint64_t>(::testing::UnitTest::GetInstance()->random_seed()) + 1;
  SCOPED_TRACE(seed);
  Random random(seed);
  ScratchDir scratch;
  const std::string dir = scratch.Path("state");
  const LogStoreOptions options{.segment_bytes = kSmallSegment};
  auto store = LogStore::Open(dir, options);
  NumberedCommits::Content model;
  for (int n = 0; n < 1500; ++n) {
    StateBatch batch;
    for (uint64_t i = random.Below(6); i > 0; --i) {
      const std::string key = OrderedHex(random.Below(60)), other = OrderedHex(random.Below(60));
      if (const uint64_t kind = random.Below(10); kind < 7) {
        std::string value(random.Below(6000), static_cast<char>('a' + n % 26));
        model[key] = value;
        batch.Put(key, std::move(value));
      } else if (kind < 9) {
        model.erase(key);
        batch.Delete(key);
      } else if (key < other) {
        model.erase(model.lower_bound(key), model.lower_bound(other));
        batch.DeleteRange(key, other);
      }
    }
    ASSERT_THAT((*store)->Apply(batch), IsOk());
    if (random.Below(100) != 0) continue;
    EXPECT_TRUE(*ReadLogReadOnly(dir) == model);
    ASSERT_THAT((*store)->Close(), IsOk());
    store = LogStore::Open(dir, options);
    ASSERT_THAT(store.status(), IsOk());
    ASSERT_TRUE(*ReadAll(**store) == model);
  }
}

TEST(LogStore, LogIsBoundedThoughOneKeyOfEachSegmentLives) {
  ScratchDir scratch;
  const std::string dir = scratch.Path("state");
  NumberedCommits::Content model;
  {
    const auto store = LogStore::Open(dir, {.segment_bytes = kSmallSegment});
    for (int n = 0; n < 2000; ++n) {
      StateBatch batch;
      // One of seven stays for long; the others are replaced by the next commit.
      const std::string key = n % 7 == 0 ? OrderedHex(static_cast<uint64_t>(n % 280)) : "short";
      model[key] = std::string(5000, static_cast<char>('a' + n % 26));
      batch.Put(key, model[key]);
      ASSERT_THAT((*store)->Apply(batch), IsOk());
      const LogStoreStats stats = (*store)->Stats();
      // The bound, and the record that it let through.
      EXPECT_LE(stats.disk_bytes, 3 * stats.live_bytes + 9 * kSmallSegment);
    }
    EXPECT_GT((*store)->Stats().moved_bytes, 0u);
    EXPECT_TRUE(*ReadAll(**store) == model);
  }
  EXPECT_TRUE(*OpenAndReadLog(dir) == model);
  EXPECT_LE(FilesOf(dir, "log-").size() + FilesOf(dir, "moved-").size(), 64u);
}

// Holds the store's thread up while it makes a file of moved values.
class SlowMoves final : public LogIo {
 public:
  int Write(int fd, const char* data, size_t size, uint64_t offset) override {
    std::error_code ignored;
    const auto path = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), ignored);
    if (path.filename().string().substr(0, 6) == "moved-" && offset > 0) {
      is_moving.store(true);
      while (is_moving.load()) std::this_thread::yield();
    }
    return LogIo::Write(fd, data, size, offset);
  }

  std::atomic<bool> is_moving = false;
};

TEST(LogStore, KeyThatIsWrittenWhileItsOldValueIsMovedKeepsTheNew) {
  ScratchDir scratch;
  const std::string dir = scratch.Path("state");
  SlowMoves io;
  NumberedCommits::Content model;
  {
    const auto store = LogStore::Open(dir, {.segment_bytes = kSmallSegment, .io = &io});
    const auto put = [&](const std::string& key, std::string value) {
      StateBatch batch;
      batch.Put(key, value);
      model[key] = std::move(value);
      ASSERT_THAT((*store)->Apply(batch), IsOk());
    };
    // A value that lives long in each segment, until one of those is emptied.
    uint64_t keys = 0;
    for (; keys < 100 && !io.is_moving.load(); ++keys) {
      put(OrderedHex(keys), std::string(3000, 'a'));
      for (int n = 0; n < 3; ++n) put("short", std::string(20'000, 'b'));
    }
    ASSERT_TRUE(io.is_moving.load());
    for (uint64_t key = 0; key < keys; ++key) put(OrderedHex(key), std::string(3000, 'c'));
    io.is_moving.store(false);
    while ((*store)->Stats().moved_bytes == 0) std::this_thread::yield();
    // Behind the record that says where the values are now.
    for (int n = 0; n < 20; ++n) put("short", std::string(20'000, 'd'));
    EXPECT_TRUE(*ReadAll(**store) == model);
  }
  EXPECT_TRUE(*OpenAndReadLog(dir) == model);
}

TEST(LogStore, SegmentsThatTheStoredIndexNeedsStayThoughTheyAreDead) {
  ScratchDir scratch;
  const std::string dir = scratch.Path("state");
  NumberedCommits::Content model;
  {
    const auto store = LogStore::Open(dir, {.segment_bytes = kSmallSegment});
    StateBatch batch;
    for (uint64_t key = 0; key < 5000; ++key) {  // so many that the index is stored seldom
      batch.Put(OrderedHex(key), "x");
      model[OrderedHex(key)] = "x";
    }
    ASSERT_THAT((*store)->Apply(batch), IsOk());
  }
  for (int round = 0; round < 6; ++round) {
    const auto store = LogStore::Open(dir, {.segment_bytes = kSmallSegment});
    ASSERT_THAT(store.status(), IsOk());
    ASSERT_TRUE(*ReadAll(**store) == model);
    for (int n = 0; n < 20; ++n) {
      model["short"] = std::string(20'000, static_cast<char>('a' + n));
      StateBatch batch;
      batch.Put("short", model["short"]);
      ASSERT_THAT((*store)->Apply(batch), IsOk());
    }
  }
  EXPECT_TRUE(*OpenAndReadLog(dir) == model);
}

TEST(LogStore, WhatIsReplacedByTurnsIsNeverCopied) {
  ScratchDir scratch;
  const auto store = LogStore::Open(scratch.Path("state"), {.segment_bytes = kSmallSegment});
  ASSERT_THAT(NumberedCommits::Apply(**store, 1, 500, 9000), IsOk());
  EXPECT_EQ((*store)->Stats().moved_bytes, 0u);
  EXPECT_LT((*store)->Stats().log_bytes, (*store)->Stats().payload_bytes * 3 / 2);
}

class KilledLog : public ::testing::TestWithParam<uint64_t> {};
INSTANTIATE_TEST_SUITE_P(After, KilledLog, ::testing::Values(1, 2, 23, 60, 111));

TEST_P(KilledLog, HasEveryAcknowledgedCommitAndNoPartOfAnother) {
  constexpr size_t kSize = 5000;
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  const SharedDir shared;
  ASSERT_EXIT(CommitUntilKilled(**LogStore::Open(shared.Path("state"), {.segment_bytes = kSmallSegment}),
                                shared, GetParam(), kSize),
              KilledBySignal(SIGKILL), "");
  const uint64_t acknowledged = std::stoull(shared.Read("acknowledged"));
  const auto read_only = ReadLogReadOnly(shared.Path("state"));
  EXPECT_THAT(read_only, ::testing::AnyOf(
                             IsOkAndHolds(NumberedCommits::After(acknowledged, kSize)),
                             IsOkAndHolds(NumberedCommits::After(acknowledged + 1, kSize))));
  const auto opened = OpenAndReadLog(shared.Path("state"));
  ASSERT_THAT(opened.status(), IsOk());
  EXPECT_EQ(*opened, *read_only);
}

TEST(LogStore, ReaderSeesAWholeCommitWhileTheWriterGoesOn) {
  constexpr size_t kSize = 3000;
  constexpr uint64_t kReads = 40, kCommitsARead = 50;
  ScratchDir scratch;
  const std::string dir = scratch.Path("state");
  const auto store = LogStore::Open(dir, {.segment_bytes = kSmallSegment});
  std::atomic<uint64_t> allowed = 0, done = 0;
  std::thread writer([&] {
    for (uint64_t n = 1; n <= kReads * kCommitsARead; ++n) {
      while (n > allowed.load()) std::this_thread::yield();
      EXPECT_THAT(NumberedCommits::Apply(**store, n, n, kSize), IsOk());
      done.store(n);
    }
  });
  for (uint64_t i = 1; i <= kReads; ++i) {
    const uint64_t before = done.load();
    allowed.store(i * kCommitsARead);
    const auto content = ReadLogReadOnly(dir);
    const uint64_t after = done.load() + 1;
    EXPECT_THAT(content.status(), IsOk());
    if (!content.ok()) continue;
    const uint64_t seen = content->empty() ? 0 : std::stoull(content->at("last"), nullptr, 16);
    EXPECT_GE(seen, before);
    EXPECT_LE(seen, after);
    EXPECT_EQ(*content, NumberedCommits::After(seen, kSize));
  }
  writer.join();
}

TEST(LogStore, ManyThreadsReadWhileOneApplies) {
  ScratchDir scratch;
  const auto store = LogStore::Open(scratch.Path("state"), {.segment_bytes = kSmallSegment});
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  for (int t = 0; t < 2; ++t) {
    readers.emplace_back([&] {
      while (!stop.load()) {
        const auto snapshot = (*store)->Snapshot();
        const auto content = ReadAll(**snapshot);
        EXPECT_THAT(content.status(), IsOk());
        if (!content.ok()) return;
        const uint64_t seen = content->empty() ? 0 : std::stoull(content->at("last"), nullptr, 16);
        EXPECT_EQ(*content, NumberedCommits::After(seen));
      }
    });
  }
  EXPECT_THAT(NumberedCommits::Apply(**store, 1, 300), IsOk());
  stop.store(true);
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace rtstream
