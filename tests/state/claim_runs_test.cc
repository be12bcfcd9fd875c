// Ids beyond the memory budget: sorted runs in a blob store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "rtstream/state/claim_table.h"
#include "rtstream/state/memory_blob_store.h"
#include "rtstream/state/memory_store.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/random.h"
#include "tests/base/seed.h"
#include "tests/state/count_stored.h"

namespace rtstream {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::Random;
using testing::StatusIs;
using Outcome = ClaimTable::Outcome;

constexpr Duration kWindow{800};  // buckets of 100
constexpr Time At(int64_t us) { return Time(Duration(us)); }

// Lets nobody write while it is shut.
class GatedBlobStore final : public BlobStore {
 public:
  explicit GatedBlobStore(BlobStore& blobs) : blobs_(&blobs) {}
  void set_open(bool is_open) {
    const std::lock_guard lock(mutex_);
    is_open_ = is_open;
    changed_.notify_all();
  }
  absl::StatusOr<std::unique_ptr<BlobWriter>> Create(const std::string& name) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_open_; });
    return blobs_->Create(name);
  }
  absl::StatusOr<std::unique_ptr<BlobReader>> Open(const std::string& name) override {
    return blobs_->Open(name);
  }
  absl::Status Remove(const std::string& name) override { return blobs_->Remove(name); }
  absl::StatusOr<std::vector<std::string>> List() override { return blobs_->List(); }

 private:
  BlobStore* blobs_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = true;  // guarded by mutex_
};

class ClaimRunsTest : public ::testing::Test {
 protected:
  ClaimRunsTest() { Restart(); }

  absl::Status TryRestart(uint64_t slices = ClaimTable::kAllSlices) {
    claims_ = std::make_unique<ClaimTable>();
    ClaimOptions options{.window = kWindow, .fingerprints = fingerprints_};
    options.memory_budget = budget_;
    options.blobs = budget_ > 0 ? &gate_ : nullptr;
    EXPECT_THAT(claims_->Open(options), IsOk());
    return claims_->Restore(CheckpointReader("s/dedup/", store_), slices);
  }
  void Restart(uint64_t slices = ClaimTable::kAllSlices) { ASSERT_THAT(TryRestart(slices), IsOk()); }

  static Word128 IdOf(uint64_t n) { return {n * 0x9e3779b97f4a7c15, n}; }
  static uint32_t SliceOf(uint64_t n) { return static_cast<uint32_t>(n * 5 % kSlices); }
  absl::StatusOr<Outcome> TryClaim(uint64_t n, int64_t event_time, int64_t watermark,
                                   bool is_refused = false) {
    ids_.Clear();
    ids_.AddNumber(IdOf(n));
    const uint8_t slice[] = {static_cast<uint8_t>(SliceOf(n))};
    if (absl::Status s = claims_->Prepare(ids_, slice); !s.ok()) return s;
    const Outcome outcome = claims_->Claim(ids_, 0, slice[0], At(event_time), At(watermark));
    claims_->Settle([&](size_t) { return is_refused; });
    return outcome;
  }
  Outcome Claim(uint64_t n, int64_t event_time, int64_t watermark, bool is_refused = false) {
    absl::StatusOr<Outcome> outcome = TryClaim(n, event_time, watermark, is_refused);
    EXPECT_THAT(outcome.status(), IsOk());
    return outcome.value_or(Outcome::kPending);
  }
  absl::Status TryCommit(bool is_applied = true) {
    StateBatch batch;
    CheckpointWriter out(++epoch_, "s/dedup/", batch);
    absl::Status made = claims_->Checkpoint(out);
    if (!made.ok()) return made;
    return is_applied ? store_.Apply(batch) : absl::OkStatus();
  }
  void Commit() { ASSERT_THAT(TryCommit(), IsOk()); }
  // Waits for what is being built.
  void Finish() {
    ASSERT_TRUE(claims_->runs()->is_building());
    ASSERT_TRUE(const_cast<ClaimRuns*>(claims_->runs())->Wait(std::chrono::seconds(60)));
  }
  // Commits until nothing is being built any more.
  void CommitAll() {
    for (int i = 0; i < 100; ++i) {
      Commit();
      if (!claims_->runs()->is_building()) return;
      Finish();
    }
    FAIL() << "there is always something to build";
  }
  size_t Stored(const std::string& kind) {
    return CountStored(store_, "s/dedup/" + kind + "/");
  }

  MemoryStateStore store_;
  MemoryBlobStore blobs_;
  GatedBlobStore gate_{blobs_};
  uint64_t budget_ = 1;  // everything goes to disk
  bool fingerprints_ = false;
  std::unique_ptr<ClaimTable> claims_;
  IdBatch ids_;
  uint64_t epoch_ = 0;
};

TEST_F(ClaimRunsTest, IdsOnDiskAreKnownAndTheirBlocksAreDeleted) {
  for (uint64_t n = 0; n < 3'000; ++n) Claim(n, 100, 0);
  CommitAll();
  EXPECT_EQ(claims_->runs()->ids(), 3'000u);
  EXPECT_EQ(claims_->size(), 3'000u);
  EXPECT_EQ(Stored("c"), 0u);
  EXPECT_EQ(Stored("r"), 1u);
  for (uint64_t n = 0; n < 3'000; ++n) ASSERT_EQ(Claim(n, 150, 0), Outcome::kDuplicate);
  for (uint64_t n = 3'000; n < 9'000; ++n) ASSERT_EQ(Claim(n, 150, 0), Outcome::kNew);
}

TEST_F(ClaimRunsTest, NewIdReadsNothingButForAFewThatTheFilterTakesForKnown) {
  for (uint64_t n = 0; n < 20'000; ++n) Claim(n, 100, 0);
  CommitAll();
  for (uint64_t n = 20'000; n < 40'000; ++n) Claim(n, 150, 0);
  EXPECT_LE(claims_->runs()->vain_reads(), 20'000u / 300);
  const uint64_t reads = claims_->runs()->reads();
  for (uint64_t n = 0; n < 100; ++n) Claim(n, 150, 0);
  EXPECT_EQ(claims_->runs()->reads(), reads + 100);
}

TEST_F(ClaimRunsTest, RunCountsOnlyFromTheCommitThatNamesIt) {
  for (uint64_t n = 0; n < 100; ++n) Claim(n, 100, 0);
  Commit();
  Finish();
  ASSERT_EQ(blobs_.List()->size(), 1u);
  // The end before that commit: the blocks still have the ids, and nobody names the blob.
  Restart();
  EXPECT_EQ(claims_->size(), 100u);
  EXPECT_THAT(*blobs_.List(), IsEmpty());
  // The end while that commit is made.
  Commit();
  Finish();
  ASSERT_THAT(TryCommit(/*is_applied=*/false), IsOk());
  Restart();
  EXPECT_EQ(claims_->size(), 100u);
  EXPECT_THAT(*blobs_.List(), IsEmpty());
  for (uint64_t n = 0; n < 100; ++n) ASSERT_EQ(Claim(n, 150, 0), Outcome::kDuplicate);
}

TEST_F(ClaimRunsTest, ExpiryDeletesWholeRunsWhenTheCommitIsDurable) {
  for (uint64_t n = 0; n < 100; ++n) Claim(n, 100, 0);
  CommitAll();
  claims_->Expire(At(1'000));
  EXPECT_EQ(claims_->runs()->ids(), 0u);
  ASSERT_THAT(TryCommit(/*is_applied=*/false), IsOk());
  EXPECT_EQ(blobs_.List()->size(), 1u) << "that commit is not durable yet";
  Restart();
  EXPECT_EQ(claims_->runs()->ids(), 100u);
  claims_->Expire(At(1'000));
  CommitAll();
  EXPECT_EQ(Stored("r"), 0u);
  Commit();
  Commit();
  Restart();  // waits for what is being removed, or removes it
  EXPECT_THAT(*blobs_.List(), IsEmpty());
}

TEST_F(ClaimRunsTest, BlocksThatWereStoredWhileTheRunWasBuiltStay) {
  gate_.set_open(false);
  for (uint64_t n = 0; n < 100; ++n) Claim(n, 100, 0);
  Commit();
  for (uint64_t n = 100; n < 150; ++n) Claim(n, 100, 0);
  Commit();
  EXPECT_EQ(Stored("c"), 2u);
  gate_.set_open(true);
  Finish();
  Commit();
  EXPECT_EQ(Stored("c"), 1u);
  Restart();
  EXPECT_EQ(claims_->runs()->ids(), 100u);
  EXPECT_EQ(claims_->size(), 150u);
  for (uint64_t n = 0; n < 150; ++n) ASSERT_EQ(Claim(n, 150, 0), Outcome::kDuplicate);
}

TEST_F(ClaimRunsTest, IdsThatBecomeARunAreKnownMeanwhileAndAreNotGivenUpByItsBucketsEnd) {
  gate_.set_open(false);
  for (uint64_t n = 0; n < 100; ++n) Claim(n, 100, 0);
  Commit();
  for (uint64_t n = 0; n < 100; ++n) ASSERT_EQ(Claim(n, 150, 0), Outcome::kDuplicate);
  claims_->Expire(At(1'000));
  for (uint64_t n = 0; n < 100; ++n) ASSERT_EQ(Claim(n, 1'000, 1'000), Outcome::kNew);
  Commit();
  gate_.set_open(true);
  Finish();
  CommitAll();
  for (uint64_t n = 0; n < 100; ++n) ASSERT_EQ(Claim(n, 1'000, 1'000), Outcome::kDuplicate);
  EXPECT_EQ(claims_->runs()->ids(), 100u);
}

TEST_F(ClaimRunsTest, IdWhoseBucketOnDiskHasGoneIsNew) {
  Claim(1, 100, 0);
  CommitAll();
  EXPECT_EQ(Claim(1, 999, 999), Outcome::kDuplicate);
  EXPECT_EQ(Claim(1, 1'000, 1'000), Outcome::kNew);  // before Expire() was called
  EXPECT_EQ(Claim(1, 1'000, 1'000), Outcome::kDuplicate);
}

TEST_F(ClaimRunsTest, RunOfABucketThatGoesWhileItIsBuiltIsForgotten) {
  for (uint64_t n = 0; n < 100; ++n) Claim(n, 100, 0);
  Commit();
  Finish();
  claims_->Expire(At(1'000));
  CommitAll();
  claims_->Expire(At(1'000));
  EXPECT_EQ(claims_->size(), 0u);
  EXPECT_EQ(Stored("r"), 0u);
  EXPECT_EQ(Stored("c"), 0u);
  for (uint64_t n = 0; n < 100; ++n) ASSERT_EQ(Claim(n, 1'000, 1'000), Outcome::kNew);
}

TEST_F(ClaimRunsTest, RunsOfABucketBecomeOne) {
  for (uint64_t part = 0; part < 9; ++part) {
    for (uint64_t n = 0; n < 50; ++n) Claim(part * 50 + n, 100, 0);
    CommitAll();
  }
  EXPECT_LE(Stored("r"), 4u);
  Claim(1'000, 500, 0);
  CommitAll();
  EXPECT_EQ(Stored("r"), 2u);
  for (uint64_t n = 0; n < 450; ++n) ASSERT_EQ(Claim(n, 150, 0), Outcome::kDuplicate);
  Commit();
  Commit();
  Restart();
  EXPECT_EQ(blobs_.List()->size(), 2u);
  EXPECT_EQ(claims_->size(), 451u);
}

TEST_F(ClaimRunsTest, LanesLoadTheSlicesThatTheyOwnOfARun) {
  for (uint64_t n = 0; n < 2'000; ++n) Claim(n, 100, 0);
  CommitAll();
  for (uint64_t n = 2'000; n < 3'000; ++n) Claim(n, 100, 0);
  Commit();  // and what is in blocks
  uint64_t loaded = 0;
  for (const uint64_t slices : {uint64_t{0xffff}, ~uint64_t{0xffff}}) {
    Restart(slices);
    loaded += claims_->size();
    for (uint64_t n = 0; n < 3'000; ++n) {
      if ((slices >> SliceOf(n) & 1) != 0) {
        ASSERT_EQ(Claim(n, 150, 0), Outcome::kDuplicate);
      }
    }
  }
  EXPECT_EQ(loaded, 3'000u);
}

TEST_F(ClaimRunsTest, BlocksThatLanesShareStayAndAreNotLoadedTwice) {
  budget_ = 0;
  Restart();
  for (uint64_t n = 0; n < 2'000; ++n) Claim(n, 100, 0);
  Commit();
  budget_ = 1;
  Restart(0xffff);  // a lane of two
  const size_t size = claims_->size();
  CommitAll();
  EXPECT_EQ(Stored("c"), 1u) << "the other lane's ids are in there too";
  Restart(0xffff);
  EXPECT_EQ(claims_->size(), size);
  EXPECT_EQ(claims_->runs()->ids(), size);
  Restart(~uint64_t{0xffff});
  EXPECT_EQ(claims_->size(), 2'000 - size);
}

TEST_F(ClaimRunsTest, FullDiskIsAnErrorThatLosesNothing) {
  blobs_.set_capacity(5'000);
  for (uint64_t n = 0; n < 1'000; ++n) Claim(n, 100, 0);
  Commit();
  Finish();
  EXPECT_THAT(TryCommit(), StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("cannot move ids to disk")));
  blobs_.set_capacity(~uint64_t{0});
  Restart();
  EXPECT_EQ(claims_->size(), 1'000u);
  CommitAll();
  for (uint64_t n = 0; n < 1'000; ++n) ASSERT_EQ(Claim(n, 150, 0), Outcome::kDuplicate);
}

TEST_F(ClaimRunsTest, DamageAnywhereInARunIsDataLoss) {
  for (uint64_t n = 0; n < 1'000; ++n) Claim(n, 100, 0);
  CommitAll();
  const std::string name = blobs_.List()->at(0);
  const uint64_t size = blobs_.bytes();
  for (uint64_t at = 0; at < size; at += 997) {
    SCOPED_TRACE(at);
    blobs_.Damage(name, at);
    absl::Status found = TryRestart();
    for (uint64_t n = 0; n < 1'000 && found.ok(); ++n) {
      const absl::StatusOr<Outcome> outcome = TryClaim(n, 150, 0);
      found = outcome.status();
      if (outcome.ok()) {
        ASSERT_EQ(*outcome, Outcome::kDuplicate);
      }
    }
    EXPECT_THAT(found, StatusIs(absl::StatusCode::kDataLoss));
    blobs_.Damage(name, at);
  }
}

TEST_F(ClaimRunsTest, MissingRunIsDataLoss) {
  Claim(1, 100, 0);
  CommitAll();
  ASSERT_THAT(blobs_.Remove(blobs_.List()->at(0)), IsOk());
  EXPECT_THAT(TryRestart(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("missing")));
}

TEST_F(ClaimRunsTest, StateWithIdsOnDiskNeedsItsBlobs) {
  Claim(1, 100, 0);
  CommitAll();
  budget_ = 0;
  EXPECT_THAT(TryRestart(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("memory budget")));
}

TEST_F(ClaimRunsTest, ABudgetWithoutAPlaceIsRefused) {
  ClaimTable table;
  EXPECT_THAT(table.Open({.window = kWindow, .memory_budget = 1}),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

// Against a map from each id to the end of its bucket, over crashes, refusals and every state of building.
class ClaimRunsRandomTest : public ClaimRunsTest, public ::testing::WithParamInterface<bool> {};

TEST_P(ClaimRunsRandomTest, DoesWhatAMapDoes) {
  fingerprints_ = GetParam();
  Restart();
  Random random(TestSeed());
  std::map<uint64_t, int64_t> model, committed;
  int64_t watermark = 0, committed_watermark = 0;
  for (int step = 0; step < 30'000; ++step) {
    const uint64_t n = random.Below(600);
    const int64_t event_time = watermark + static_cast<int64_t>(random.Below(400));
    auto it = model.find(n);
    const bool is_known = it != model.end() && it->second + kWindow.count() > watermark;
    const bool is_refused = random.Chance(0.1);
    ASSERT_EQ(Claim(n, event_time, watermark, is_refused) == Outcome::kDuplicate, is_known)
        << n << " in step " << step;
    if (!is_known && !is_refused) model[n] = (event_time / 100 + 1) * 100;
    if (random.Chance(0.05)) {
      watermark += static_cast<int64_t>(random.Below(60));
      claims_->Expire(At(watermark));
    }
    if (random.Chance(0.02)) {
      Commit();
      committed = model;
      committed_watermark = watermark;
      if (random.Chance(0.7) && claims_->runs()->is_building()) Finish();
    }
    if (random.Chance(0.003)) {
      if (random.Chance(0.5)) {
        ASSERT_THAT(TryCommit(/*is_applied=*/false), IsOk());
      }
      Restart();
      model = committed;
      watermark = committed_watermark;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Ids, ClaimRunsRandomTest, ::testing::Bool());

TEST(ClaimBudgetTest, TheWaitForTheDiskDoublesWithEach64thAboveTheBudget) {
  using std::chrono::milliseconds;
  constexpr uint64_t kGiB = uint64_t{1} << 30;
  EXPECT_EQ(ClaimTable::WaitAbove(64 * kGiB, 64 * kGiB + 1), milliseconds(1));
  EXPECT_EQ(ClaimTable::WaitAbove(64 * kGiB, 65 * kGiB), milliseconds(2));
  EXPECT_EQ(ClaimTable::WaitAbove(64 * kGiB, 72 * kGiB), milliseconds(256));
}

TEST(ClaimBudgetTest, TheWaitForTheDiskHasAnEnd) {
  EXPECT_EQ(ClaimTable::WaitAbove(1, ~uint64_t{0}), std::chrono::milliseconds(1024));
}

}  // namespace
}  // namespace rtstream
