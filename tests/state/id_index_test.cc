#include "rtstream/state/id_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <new>
#include <vector>

#include "rtstream/testing/random.h"
#include "tests/base/seed.h"

namespace rtstream {
namespace {

using testing::Random;

// A model: each reference with its hash.
class IdIndexTest : public ::testing::Test {
 protected:
  uint32_t* Find(uint32_t ref) {
    return index_.Find(hashes_.at(ref), [&](uint32_t found) { return found == ref; });
  }
  void Insert(uint64_t hash, uint32_t ref) {
    index_.Insert(hash, ref);
    hashes_[ref] = hash;
  }
  void Erase(uint32_t ref) {
    ASSERT_TRUE(index_.Erase(hashes_.at(ref), ref)) << ref;
    ASSERT_EQ(Find(ref), nullptr);
    hashes_.erase(ref);
  }
  void ExpectAllFound() {
    ASSERT_EQ(index_.size(), hashes_.size());
    for (const auto& [ref, hash] : hashes_) ASSERT_NE(Find(ref), nullptr) << ref;
  }

  IdIndex index_;
  std::map<uint32_t, uint64_t> hashes_;
};

TEST_F(IdIndexTest, FindsWhatTheCallerSaysIsThere) {
  Insert(7, 1);
  Insert(7, 2);
  EXPECT_EQ(*index_.Find(7, [](uint32_t ref) { return ref == 2; }), 2u);
  EXPECT_EQ(index_.Find(7, [](uint32_t) { return false; }), nullptr);
  EXPECT_EQ(index_.Find(uint64_t{8} << 32, [](uint32_t) { return true; }), nullptr);
}

TEST_F(IdIndexTest, WhatIsNotThereIsNotErased) {
  Insert(7, 1);
  EXPECT_FALSE(index_.Erase(7, 2));
  EXPECT_EQ(index_.size(), 1u);
}

TEST_F(IdIndexTest, HashesOfOneLineOverflowIntoTheNextAndComeBack) {
  // All of the last line: the tail behind it takes them.
  for (uint32_t ref = 1; ref <= 40; ++ref) Insert(~uint64_t{0} - (uint64_t{ref} << 33), ref);
  ExpectAllFound();
  for (uint32_t ref = 1; ref <= 40; ref += 2) {
    Erase(ref);
    ExpectAllFound();
  }
}

TEST_F(IdIndexTest, CrowdThatItsTailCannotHoldMakesItGrow) {
  // 2,000 hashes of the last 1/16 of the range: more than the tail of the smallest index has slots.
  for (uint32_t ref = 1; ref <= 2000; ++ref) Insert(~uint64_t{0} - (uint64_t{ref} << 49), ref);
  ExpectAllFound();
}

TEST_F(IdIndexTest, MoreReferencesOfOneHashThanItCanHoldAreRefused) {
  uint32_t ref = 1;
  EXPECT_THROW(
      for (; ref <= 5000; ++ref) index_.Insert(~uint64_t{0}, ref), std::bad_alloc);
  for (uint32_t known = 1; known < ref; ++known) {
    ASSERT_NE(index_.Find(~uint64_t{0}, [&](uint32_t found) { return found == known; }), nullptr);
  }
}

TEST_F(IdIndexTest, FindsEverythingAtEveryMomentOfItsGrowth) {
  Random random(TestSeed());
  for (uint32_t ref = 1; ref <= 3000; ++ref) {
    Insert(random.Next(), ref);
    ExpectAllFound();
  }
}

TEST_F(IdIndexTest, AReferenceTakesFourteenToSixteenBytesAtAnySize) {
  Random random(TestSeed());
  size_t least = 100, most = 0;
  for (uint32_t ref = 1; ref <= 1'500'000; ++ref) {
    index_.Insert(random.Next(), ref);
    // Pieces of a huge page are small against it from here on. While it grows it has both.
    if (ref < 1'000'000) continue;
    least = std::min(least, index_.memory() / ref);
    most = std::max(most, index_.memory() / ref);
  }
  EXPECT_GE(least, 13u);
  EXPECT_LE(most, 18u);
}

TEST_F(IdIndexTest, PiecesComeFromThePool) {
  PagePool pool;
  index_.UsePages(pool);
  (void)pool.Take();
  pool.Fill();
  const size_t ready = pool.ready();
  Random random(TestSeed());
  // Until a piece is not enough.
  for (uint32_t ref = 1; ref <= 400'000; ++ref) index_.Insert(random.Next(), ref);
  EXPECT_LT(pool.ready(), ready);
}

TEST_F(IdIndexTest, ErasedGroupIsNotFoundAndFreedByARoundOfSweeping) {
  constexpr uint32_t kGroup = uint32_t{1} << IdIndex::kGroupBits;
  for (uint32_t k = 1; k <= 100; ++k) {
    Insert(uint64_t{k} << 56, k);
    Insert(uint64_t{k} << 56, kGroup + k);
  }
  index_.EraseGroup(1, 100);
  EXPECT_EQ(index_.size(), 100u);
  EXPECT_EQ(Find(kGroup + 7), nullptr);
  EXPECT_NE(Find(7), nullptr);
  index_.Sweep(10);
  EXPECT_TRUE(index_.TakeFreeGroups().empty());
  index_.Sweep(10'000);
  EXPECT_EQ(index_.TakeFreeGroups(), std::vector<uint32_t>{1});
  EXPECT_TRUE(index_.TakeFreeGroups().empty());
}

// Groups erased and used again over growth, sweeping and single erasures: what is left of an erased
// reference in a slot would be found again under its group's next life.
TEST_F(IdIndexTest, GroupThatIsFreeHasNoSlotLeft) {
  Random random(TestSeed());
  std::map<uint32_t, std::vector<uint32_t>> groups;
  std::vector<uint32_t> free = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  for (int i = 0; i < 100'000; ++i) {
    if (!free.empty() && (groups.empty() || random.Chance(0.02))) {
      groups[free.back()];
      free.pop_back();
    }
    if (groups.empty()) {
      index_.Sweep(1'000);
    } else {
      auto at = groups.begin();
      std::advance(at, random.Below(groups.size()));
      auto& [group, refs] = *at;
      if (random.Chance(0.004)) {
        for (const uint32_t ref : refs) hashes_.erase(ref);
        index_.EraseGroup(group, refs.size());
        groups.erase(at);
      } else if (!refs.empty() && random.Chance(0.1)) {
        Erase(refs.back());
        refs.pop_back();
      } else if (refs.size() < 2'000) {
        const uint32_t ref = group << IdIndex::kGroupBits | static_cast<uint32_t>(refs.size() + 1);
        const uint64_t hash = random.Below(30) << 59 | random.Below(500) << 32;
        // Nothing of an earlier life.
        ASSERT_EQ(index_.Find(hash, [&](uint32_t found) { return found == ref; }), nullptr);
        Insert(hash, ref);
        refs.push_back(ref);
      }
    }
    index_.Sweep(random.Below(6));
    for (const uint32_t group : index_.TakeFreeGroups()) free.push_back(group);
    if (i % 5'000 == 0) ExpectAllFound();
  }
  ExpectAllFound();
}

TEST_F(IdIndexTest, DoesWhatAMapDoesUnderRandomUse) {
  Random random(TestSeed());
  uint32_t next = 0;
  for (int i = 0; i < 60'000; ++i) {
    if (hashes_.empty() || random.Chance(i < 30'000 ? 0.7 : 0.4)) {
      // Hashes that crowd a few lines, and some that are the same.
      const uint64_t hash = random.Below(50) << 58 | random.Below(300) << 32;
      Insert(hash, ++next);
    } else {
      auto it = hashes_.lower_bound(static_cast<uint32_t>(random.Below(next)) + 1);
      if (it == hashes_.end()) it = hashes_.begin();
      Erase(it->first);
    }
    if (i % 5'000 == 0) ExpectAllFound();
  }
  ExpectAllFound();
}

}  // namespace
}  // namespace rtstream
