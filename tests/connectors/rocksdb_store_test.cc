// RocksDbStore as a store: the contract, and what a closed, killed or running one shows.
#include "rtstream/connectors/rocksdb_store.h"

#include <atomic>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtstream/testing/contract_test.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/store_contract.h"
#include "tests/connectors/killed_store.h"
#include "tests/connectors/rocksdb_state.h"
#include "tests/connectors/scratch_dir.h"

// ThreadSanitizer does not see the locks of a RocksDB that was not built with it, and must not judge
// what they guard. The sanitizer calls this from its library.
extern "C" __attribute__((visibility("default"))) const char* __tsan_default_options() {
  return "ignore_noninstrumented_modules=1";
}

namespace rtstream::testing {

const bool rocksdb_store = TestContract(
    "RocksDbStoreContract",
    StoreContract({.open = [](const std::string& place) -> absl::StatusOr<std::unique_ptr<StateStore>> {
                     return RocksDbStore::Open(place, {.write_buffer = size_t{64} << 10});
                   },
                   .is_in_files = true}));

}  // namespace rtstream::testing

namespace rtstream {
namespace {

using ::testing::KilledBySignal;
using testing::IsOk;
using testing::IsOkAndHolds;

TEST(RocksDbStore, ClosedStateIsThereAgain) {
  ScratchDir scratch;
  const std::string dir = scratch.Path("state");
  {
    const auto store = RocksDbStore::Open(dir);
    ASSERT_THAT(store.status(), IsOk());
    ASSERT_THAT(NumberedCommits::Apply(**store, 1, 20), IsOk());
  }
  EXPECT_THAT(OpenAndReadAll(dir), IsOkAndHolds(NumberedCommits::After(20)));
}

TEST(RocksDbStore, VersionsAreThereAgain) {
  ScratchDir scratch;
  StateBatch batch;
  batch.Put("a", "1", 41);
  ASSERT_THAT((*RocksDbStore::Open(scratch.Path("state")))->Apply(batch), IsOk());
  const auto store = RocksDbStore::Open(scratch.Path("state"));
  batch.Clear();
  batch.PutIf("a", "2", 41);
  EXPECT_THAT((*store)->Apply(batch), IsOk());
}

TEST(RocksDbStore, SnapshotAndReadUnderWayOutliveClosing) {
  ScratchDir scratch;
  auto store = RocksDbStore::Open(scratch.Path("state"));
  ASSERT_THAT(NumberedCommits::Apply(**store, 1, 3), IsOk());
  const auto snapshot = (*store)->Snapshot();
  ASSERT_THAT((*store)->Close(), IsOk());
  EXPECT_THAT(ReadAll(**snapshot), IsOkAndHolds(NumberedCommits::After(3)));
}

TEST(RocksDbStore, ClosingFreesTheDirectory) {
  ScratchDir scratch;
  const auto first = RocksDbStore::Open(scratch.Path("state"));
  ASSERT_THAT((*first)->Close(), IsOk());
  EXPECT_THAT(RocksDbStore::Open(scratch.Path("state")).status(), IsOk());
}

class KilledStore : public ::testing::TestWithParam<uint64_t> {};
INSTANTIATE_TEST_SUITE_P(After, KilledStore, ::testing::Values(1, 2, 23, 60, 111));

TEST_P(KilledStore, HasEveryAcknowledgedCommitAndNoPartOfAnother) {
  constexpr size_t kSize = 5000;
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  const SharedDir shared;
  ASSERT_EXIT(CommitUntilKilled(**RocksDbStore::Open(shared.Path("state"), {.write_buffer = size_t{64} << 10}),
                                shared, GetParam(), kSize), KilledBySignal(SIGKILL), "");
  const uint64_t acknowledged = std::stoull(shared.Read("acknowledged"));
  const auto read_only = ReadAllReadOnly(shared.Path("state"));
  EXPECT_THAT(read_only, ::testing::AnyOf(
                             IsOkAndHolds(NumberedCommits::After(acknowledged, kSize)),
                             IsOkAndHolds(NumberedCommits::After(acknowledged + 1, kSize))));
  const auto opened = OpenAndReadAll(shared.Path("state"));
  ASSERT_THAT(opened.status(), IsOk());
  EXPECT_EQ(*opened, *read_only);
}

TEST(RocksDbStore, ReaderSeesAWholeCommitWhileTheWriterGoesOn) {
  constexpr size_t kSize = 3000;
  constexpr uint64_t kReads = 40, kCommitsARead = 50;
  ScratchDir scratch;
  const std::string dir = scratch.Path("state");
  // Small buffers: table files and logs come and go twice in each read.
  const auto store = RocksDbStore::Open(dir, {.write_buffer = size_t{64} << 10});
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
    const auto content = ReadAllReadOnly(dir);
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

TEST(RocksDbStore, ManyThreadsReadWhileOneApplies) {
  ScratchDir scratch;
  const auto store = RocksDbStore::Open(scratch.Path("state"));
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
  EXPECT_THAT(NumberedCommits::Apply(**store, 1, 200), IsOk());
  stop.store(true);
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace rtstream
