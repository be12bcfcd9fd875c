#include "rtstream/state/claim_table.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtstream/state/memory_store.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/random.h"
#include "tests/base/seed.h"
#include "tests/state/count_stored.h"

namespace rtstream {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::Random;
using testing::StatusIs;

using Outcome = ClaimTable::Outcome;

constexpr Duration kWindow{800};  // buckets of 100
Time At(int64_t us) { return Time(Duration(us)); }

std::string RandomUuid(Random& random) {
  std::string id(36, '-');
  for (size_t i = 0; i < id.size(); ++i) {
    if (i != 8 && i != 13 && i != 18 && i != 23) id[i] = "0123456789abcdef"[random.Below(16)];
  }
  return id;
}

class ClaimTableTest : public ::testing::Test {
 protected:
  ClaimTableTest() { Restart(kWindow); }

  void Restart(Duration window) {
    claims = std::make_unique<ClaimTable>();
    ASSERT_THAT(claims->Open({.window = window}), IsOk());
  }
  // Claims one id, in a batch of its own.
  Outcome Claim(const std::string& id, int64_t event_time, int64_t watermark, bool is_refused = false) {
    ids.Clear();
    ids.AddText(id);
    EXPECT_THAT(claims->Prepare(ids), IsOk());
    const Outcome outcome = claims->Claim(ids, 0, 0, At(event_time), At(watermark));
    claims->Settle([&](size_t) { return is_refused; });
    return outcome;
  }
  void Commit() {
    StateBatch batch;
    CheckpointWriter out(++epoch, "s/dedup/", batch);
    ASSERT_THAT(claims->Checkpoint(out), IsOk());
    ASSERT_THAT(store.Apply(batch), IsOk());
  }
  absl::Status Restore() { return claims->Restore(CheckpointReader("s/dedup/", store)); }
  size_t StoredBlocks() {
    return CountStored(store, "s/dedup/");
  }

  MemoryStateStore store;
  std::unique_ptr<ClaimTable> claims;
  IdBatch ids;
  uint64_t epoch = 0;
};

TEST_F(ClaimTableTest, SecondCopyIsADuplicate) {
  EXPECT_EQ(Claim("a", 10, 0), Outcome::kNew);
  EXPECT_EQ(Claim("a", 20, 0), Outcome::kDuplicate);
  EXPECT_EQ(Claim("b", 20, 0), Outcome::kNew);
}

TEST_F(ClaimTableTest, CopyInTheSameBatchIsPendingUntilItIsSettled) {
  ids.AddText("a");
  ids.AddText("a");
  EXPECT_THAT(claims->Prepare(ids), IsOk());
  EXPECT_EQ(claims->Claim(ids, 0, 0, At(1), At(0)), Outcome::kNew);
  EXPECT_EQ(claims->Claim(ids, 1, 0, At(1), At(0)), Outcome::kPending);
  claims->Settle([](size_t) { return false; });
  EXPECT_EQ(claims->Claim(ids, 1, 0, At(1), At(0)), Outcome::kDuplicate);
}

TEST_F(ClaimTableTest, NumbersAreIdsLikeTexts) {
  const auto claim = [&](const Word128& id) {
    ids.Clear();
    ids.AddNumber(id);
    EXPECT_THAT(claims->Prepare(ids), IsOk());
    const Outcome outcome = claims->Claim(ids, 0, 0, At(10), At(0));
    claims->Settle([](size_t) { return false; });
    return outcome;
  };
  EXPECT_EQ(claim({1, 2}), Outcome::kNew);
  EXPECT_EQ(claim({2, 1}), Outcome::kNew);
  EXPECT_EQ(claim({0, 0}), Outcome::kNew);
  EXPECT_EQ(claim({1, 2}), Outcome::kDuplicate);
  Commit();
  Restart(kWindow);
  ASSERT_THAT(Restore(), IsOk());
  EXPECT_EQ(claims->size(), 3u);
  EXPECT_EQ(claim({0, 0}), Outcome::kDuplicate);
}

TEST_F(ClaimTableTest, ClaimOfARefusedRecordIsGivenBack) {
  EXPECT_EQ(Claim("a", 10, 0, /*is_refused=*/true), Outcome::kNew);
  EXPECT_EQ(claims->size(), 0u);
  EXPECT_EQ(Claim("a", 10, 0), Outcome::kNew);
  EXPECT_EQ(Claim("a", 10, 0), Outcome::kDuplicate);
}

TEST_F(ClaimTableTest, RefusedDuplicateKeepsTheFirstClaim) {
  Claim("a", 10, 0);
  Claim("a", 10, 0, /*is_refused=*/true);
  EXPECT_EQ(Claim("a", 10, 0), Outcome::kDuplicate);
}

TEST_F(ClaimTableTest, IdIsRememberedForTheWindowAtTheEndOfItsBucket) {
  Claim("a", 199, 0);  // the bucket [100, 200)
  EXPECT_EQ(Claim("a", 199, 199 + 800), Outcome::kDuplicate);
  EXPECT_EQ(Claim("a", 1000, 1000), Outcome::kNew);
}

TEST_F(ClaimTableTest, IdIsForgottenAnEighthAfterTheWindowAtTheLatest) {
  Claim("a", 100, 0);
  EXPECT_EQ(Claim("a", 500, 999), Outcome::kDuplicate);
  EXPECT_EQ(Claim("a", 1000, 1000), Outcome::kNew);
}

TEST_F(ClaimTableTest, ExpiryFreesTheBucketInMemoryAndInTheStore) {
  Claim("a", 100, 0);
  Claim("b", 250, 0);
  Commit();
  ASSERT_EQ(StoredBlocks(), 3u);  // and the secret
  claims->Expire(At(999));
  EXPECT_EQ(claims->size(), 2u);
  claims->Expire(At(1000));
  Commit();
  EXPECT_EQ(claims->size(), 1u);
  EXPECT_EQ(StoredBlocks(), 2u);
}

TEST_F(ClaimTableTest, IdClaimedAnewBelongsToTheLaterBucket) {
  Claim("a", 100, 0);
  Commit();
  EXPECT_EQ(Claim("a", 1000, 1000), Outcome::kNew);  // before Expire() was called
  claims->Expire(At(1000));
  Commit();
  EXPECT_EQ(Claim("a", 1000, 1000), Outcome::kDuplicate);
  Restart(kWindow);
  ASSERT_THAT(Restore(), IsOk());
  EXPECT_EQ(Claim("a", 1000, 1000), Outcome::kDuplicate);
}

TEST_F(ClaimTableTest, IdClaimedAnewAndRefusedLeavesNoTraceInItsOldBucket) {
  Claim("a", 100, 0);
  EXPECT_EQ(Claim("a", 1000, 1000, /*is_refused=*/true), Outcome::kNew);
  EXPECT_EQ(Claim("b", 1000, 1000), Outcome::kNew);  // in the memory that "a" had
  claims->Expire(At(1000));
  Commit();
  EXPECT_EQ(claims->size(), 1u);
  EXPECT_EQ(Claim("b", 1000, 1000), Outcome::kDuplicate);
  EXPECT_EQ(Claim("a", 1000, 1000), Outcome::kNew);
}

TEST_F(ClaimTableTest, BucketIsForgottenAtOnceAndItsPlacesAreTakenBackByAndBy) {
  constexpr size_t kIds = 100'000;
  for (size_t i = 0; i < kIds; ++i) Claim(std::to_string(i), 100, 0);
  Commit();
  const size_t memory = claims->memory();
  claims->Expire(At(1000));
  EXPECT_EQ(claims->size(), 0u);
  EXPECT_EQ(Claim("0", 1000, 1000), Outcome::kNew);
  Commit();
  EXPECT_EQ(StoredBlocks(), 2u);
  // As many again, over and over: in the same memory.
  for (int64_t round = 1; round < 6; ++round) {
    const int64_t now = round * 1000;
    for (size_t i = 1; i < kIds; ++i) {
      ASSERT_EQ(Claim(std::to_string(i), now, now), Outcome::kNew);
      if (i % 100 == 0) claims->Expire(At(now));
    }
    EXPECT_LE(claims->memory(), memory + 2 * Pages::kHugePage);
  }
}

TEST_F(ClaimTableTest, BucketsBefore1970WorkLikeTheOthers) {
  Claim("a", -1, -1000);  // the bucket [-100, 0)
  Claim("b", 0, -1000);
  Commit();
  EXPECT_EQ(Claim("a", -1, 799), Outcome::kDuplicate);
  claims->Expire(At(800));
  EXPECT_EQ(claims->size(), 1u);
  Commit();
  Restart(kWindow);
  ASSERT_THAT(Restore(), IsOk());
  EXPECT_EQ(Claim("b", 0, 800), Outcome::kDuplicate);
}

TEST_F(ClaimTableTest, FirstAndLastTimesWork) {
  ids.AddText("a");
  ids.AddText("b");
  EXPECT_THAT(claims->Prepare(ids), IsOk());
  EXPECT_EQ(claims->Claim(ids, 0, 0, kMinTime, kMinTime), Outcome::kNew);
  EXPECT_EQ(claims->Claim(ids, 1, 0, kMaxTime, kMinTime), Outcome::kNew);
  claims->Settle([](size_t) { return false; });
  EXPECT_EQ(claims->Claim(ids, 0, 0, kMinTime, kMinTime), Outcome::kDuplicate);
  EXPECT_EQ(claims->Claim(ids, 1, 0, kMaxTime, SaturatingSubtract(kMaxTime, Duration(1))),
            Outcome::kDuplicate);
}

TEST_F(ClaimTableTest, AnotherWindowIsRefused) {
  Claim("a", 100, 0);
  Commit();
  Restart(kWindow * 2);
  EXPECT_THAT(Restore(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                  AllOf(HasSubstr("800 us"), HasSubstr("1600 us"))));
}

TEST_F(ClaimTableTest, DamagedBlockIsDataLoss) {
  Claim("a", 100, 0);
  Commit();
  StateBatch batch;
  ASSERT_THAT(store.Scan("",
                         [&](std::string_view key, std::string_view value) {
                           std::string broken(value);
                           broken[3] = static_cast<char>(broken[3] ^ 1);
                           batch.Put(std::string(key), broken);
                           return absl::OkStatus();
                         }),
              IsOk());
  ASSERT_THAT(store.Apply(batch), IsOk());
  Restart(kWindow);
  EXPECT_THAT(Restore(), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(ClaimTableTest, PlaceGivenBackInAnExpiredChunkIsForgottenWithIt) {
  EXPECT_EQ(Claim("a", 100, 0, /*is_refused=*/true), Outcome::kNew);
  claims->Expire(At(1000));
  EXPECT_EQ(Claim("b", 1000, 1000), Outcome::kNew);  // where "a" was
  Commit();
  Restart(kWindow);
  ASSERT_THAT(Restore(), IsOk());
  EXPECT_EQ(Claim("b", 1000, 1000), Outcome::kDuplicate);
}

TEST_F(ClaimTableTest, IdLargerThanAChunkIsAnIdLikeOthers) {
  const std::string large(300'000, 'x');
  EXPECT_EQ(Claim(large, 100, 0), Outcome::kNew);
  EXPECT_EQ(Claim(large + "y", 100, 0), Outcome::kNew);
  Commit();
  Restart(kWindow);
  ASSERT_THAT(Restore(), IsOk());
  EXPECT_EQ(Claim(large, 100, 0), Outcome::kDuplicate);
  EXPECT_EQ(Claim(large + "z", 100, 0), Outcome::kNew);
  claims->Expire(At(1000));
  EXPECT_EQ(claims->size(), 0u);
}

TEST_F(ClaimTableTest, AMillionUuidsTakeAtMost33BytesEach) {
  Random random(TestSeed());
  constexpr size_t kIds = 1'000'000;
  for (size_t i = 0; i < kIds; i += 1'000) {
    ids.Clear();
    for (size_t k = 0; k < 1'000; ++k) ids.AddText(RandomUuid(random));
    EXPECT_THAT(claims->Prepare(ids), IsOk());
    for (size_t k = 0; k < 1'000; ++k) {
      ASSERT_EQ(claims->Claim(ids, k, 0, At(50), At(0)), Outcome::kNew);
    }
    claims->Settle([](size_t) { return false; });
    if (i % 50'000 == 0) Commit();
  }
  Commit();
  EXPECT_LT(claims->memory(), 33 * kIds);
  claims->Expire(At(900));
  EXPECT_EQ(claims->size(), 0u);
}

TEST_F(ClaimTableTest, BucketsOfOneIdTakeLittleEach) {
  constexpr int64_t kBuckets = 10'000;
  for (int64_t i = 0; i < kBuckets; ++i) Claim("id-" + std::to_string(i), i * 100, 0);
  EXPECT_LT(claims->memory(), size_t{850} * kBuckets);
  // And their memory serves the next ones.
  const size_t memory = claims->memory();
  for (int64_t i = kBuckets; i < 3 * kBuckets; ++i) {
    Claim("id-" + std::to_string(i), i * 100, (i - kBuckets) * 100 + 1'000);
    claims->Expire(At((i - kBuckets) * 100 + 1'000));
  }
  EXPECT_LE(claims->memory(), memory + Pages::kHugePage);
}

TEST_F(ClaimTableTest, ABucketMoreThanThereIsRoomForIsRefusedUntilOthersHaveGone) {
  const auto claim = [&](int64_t bucket, int64_t watermark) {
    ids.Clear();
    ids.AddNumber({static_cast<uint64_t>(bucket), 1});
    EXPECT_THAT(claims->Prepare(ids), IsOk());
    const Outcome outcome = claims->Claim(ids, 0, 0, At(bucket * 100), At(watermark));
    claims->SettleAll();
    return outcome;
  };
  constexpr int64_t kMost = ClaimTable::kMostChunks;
  for (int64_t i = 0; i < kMost; ++i) ASSERT_EQ(claim(i, 0), Outcome::kNew) << i;
  EXPECT_EQ(claim(kMost, 0), Outcome::kNoRoom);
  EXPECT_EQ(claim(kMost, 0), Outcome::kNoRoom);
  EXPECT_EQ(claim(0, 0), Outcome::kDuplicate);
  const int64_t later = kMost / 2 * 100;
  // Their places are taken back by and by.
  for (int rounds = 0; claims->size() > size_t{kMost} / 2 + 10 || claim(kMost, later) == Outcome::kNoRoom; ++rounds) {
    ASSERT_LT(rounds, 100'000);
    claims->Expire(At(later));
  }
  EXPECT_EQ(claim(kMost, later), Outcome::kDuplicate);
}

TEST_F(ClaimTableTest, IdsTakeTheirMemoryFromThePool) {
  PagePool pool;
  claims->Attach({.pages = &pool});
  (void)pool.Take();
  pool.Fill();
  Claim("a", 100, 0);
  EXPECT_EQ(pool.ready(), 1u);
}

// Ids remembered by a plain map from id to the end of its bucket.
class Oracle {
 public:
  bool IsDuplicate(const std::string& id, int64_t watermark) const {
    auto it = ends_.find(id);
    return it != ends_.end() && it->second + kWindow.count() > watermark;
  }
  void Claim(const std::string& id, int64_t event_time) {
    ends_[id] = (event_time / 100 + 1) * 100;
  }

 private:
  std::map<std::string, int64_t> ends_;
};

TEST_F(ClaimTableTest, DoesWhatAMapDoesOverCrashesAndRefusals) {
  Random random(TestSeed());
  Oracle oracle, committed;
  int64_t watermark = 0, committed_watermark = 0;
  for (int batch = 0; batch < 4'000; ++batch) {
    ids.Clear();
    std::vector<std::string> names;
    for (uint64_t n = random.Below(8); n > 0; --n) {
      std::string name = std::to_string(random.Below(300));
      // Half of them as UUIDs, a few long.
      if (name.size() == 3 && name[2] % 2 == 0) name = "00000000-0000-0000-0000-000000000" + name;
      if (name.size() == 1) name.resize(20'000, 'x');
      if (std::find(names.begin(), names.end(), name) != names.end()) continue;
      names.push_back(name);
      ids.AddText(name);
    }
    EXPECT_THAT(claims->Prepare(ids), IsOk());
    std::set<size_t> refused;
    for (size_t i = 0; i < names.size(); ++i) {
      const int64_t event_time = watermark + static_cast<int64_t>(random.Below(400));
      const bool is_new = claims->Claim(ids, i, 0, At(event_time), At(watermark)) == Outcome::kNew;
      ASSERT_EQ(is_new, !oracle.IsDuplicate(names[i], watermark));
      if (!is_new) continue;
      if (random.Chance(0.2)) {
        refused.insert(i);
      } else {
        oracle.Claim(names[i], event_time);
      }
    }
    claims->Settle([&](size_t i) { return refused.contains(i); });
    if (random.Chance(0.3)) {
      watermark += static_cast<int64_t>(random.Below(60));
      claims->Expire(At(watermark));
    }
    if (random.Chance(0.3)) {
      Commit();
      committed = oracle;
      committed_watermark = watermark;
    }
    if (random.Chance(0.05)) {
      Restart(kWindow);
      ASSERT_THAT(Restore(), IsOk());
      oracle = committed;
      watermark = committed_watermark;
    }
  }
}

}  // namespace
}  // namespace rtstream
