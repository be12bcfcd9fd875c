#include "rtstream/state/key_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "rtstream/testing/random.h"
#include "tests/base/rounds.h"
#include "tests/base/seed.h"

namespace rtstream {
namespace {

using testing::Random;

// Beside a model that says where each key's entry is.
class KeyIndexTest : public ::testing::Test {
 protected:
  EntryHead* Find(const std::string& key) {
    const uint64_t hash = index_.Hash(key);
    index_.PrefetchSlot(hash);
    index_.PrefetchEntry(hash);
    return index_.Find(hash, key);
  }
  void Insert(const std::string& key) {
    model_[key] = &index_.Insert(index_.Hash(key), key, static_cast<uint32_t>(key.back()) % kSlices);
  }
  void Erase(const std::string& key) {
    index_.Erase(*model_.at(key), key);
    model_.erase(key);
  }
  void InsertNumbers(uint64_t n) {
    for (uint64_t k = 0; k < n; ++k) Insert(std::to_string(k));
  }
  void ExpectAllFound() {
    ASSERT_EQ(index_.size(), model_.size());
    for (const auto& [key, entry] : model_) ASSERT_EQ(Find(key), entry) << key;
  }
  void ExpectAllVisitedOnce() {
    size_t visited = 0;
    index_.ForEach([&](EntryHead& head) {
      const std::string key(reinterpret_cast<const char*>(&head + 1), head.key_size);
      const auto found = model_.find(key);
      ASSERT_NE(found, model_.end()) << key;
      ASSERT_EQ(found->second, &head) << key;
      ASSERT_EQ(head.slice, static_cast<uint32_t>(key.back()) % kSlices);
      ++visited;
    });
    ASSERT_EQ(visited, model_.size());
  }

  KeyIndex index_{sizeof(EntryHead)};
  std::unordered_map<std::string, EntryHead*> model_;
};

TEST_F(KeyIndexTest, FindsEverythingAtEveryMomentOfItsGrowth) {
  for (uint64_t k = 0; k < 3000; ++k) {
    Insert(std::to_string(k));
    ExpectAllFound();
    ASSERT_EQ(Find("x" + std::to_string(k)), nullptr);
  }
}

TEST_F(KeyIndexTest, DoesWhatAMapDoesWhileItGrowsAndShrinks) {
  Random random(TestSeed());
  // So many that moved slots stand in memory that others left.
  const uint64_t keys = Rounds(600'000u);
  for (const double inserts : {0.95, 0.3, 0.9}) {
    for (int i = 0; i < Rounds(500'000); ++i) {
      const std::string key = std::to_string(random.Below(keys));
      EntryHead* const found = Find(key);
      const auto known = model_.find(key);
      ASSERT_EQ(found, known == model_.end() ? nullptr : known->second) << key;
      if (random.Chance(inserts)) {
        if (found == nullptr) Insert(key);
      } else if (found != nullptr) {
        Erase(key);
      }
    }
    ExpectAllFound();
    ExpectAllVisitedOnce();
  }
}

TEST_F(KeyIndexTest, NoInsertMovesMoreThanTwelveHundredSlots) {
  // 512 and the rest of a cluster; a small one that has a crowd at its end moves as a whole.
  constexpr size_t kMost = 1200;
  size_t most = 0, before = 0;
  for (uint64_t k = 0; k < 1'000'000; ++k) {
    const std::string key = std::to_string(k);
    index_.Insert(index_.Hash(key), key, 0);
    most = std::max(most, index_.slots_moved() - before);
    before = index_.slots_moved();
  }
  EXPECT_LE(most, kMost);
  // All doublings up to a million homes.
  EXPECT_GE(before, size_t{1} << 20);
}

TEST_F(KeyIndexTest, CrowdThatItsTailCannotHoldMakesItGrow) {
  // All in the last sixteenth of the range: of the smallest index, four homes and a tail of eight.
  constexpr size_t kKeys = 200;
  for (uint64_t k = 0; model_.size() < kKeys; ++k) {
    const std::string key = std::to_string(k);
    if (index_.Hash(key) >> 60 != 15) continue;
    Insert(key);
    ExpectAllFound();
    // Long before it is as full as it may be.
    if (model_.size() == 30) {
      EXPECT_GT(index_.slots_moved(), 0u);
    }
  }
  while (!model_.empty()) {
    Erase(std::string(model_.begin()->first));
    ExpectAllFound();
  }
}

TEST_F(KeyIndexTest, SlotsTakeTwelveToTwentySixBytesAnEntryEvenWhileItGrows) {
  for (uint64_t k = 0; k < 1'000'000; ++k) {
    const std::string key = std::to_string(k);
    index_.Insert(index_.Hash(key), key, 0);
    if (k < 10'000 || k % 1'000 != 0) continue;
    // Entries of 32 bytes, a reference to each, and a few huge pages that are in use in part.
    const double rest = static_cast<double>(index_.memory()) - static_cast<double>(index_.size()) * 36;
    ASSERT_GE(rest, static_cast<double>(k) * 11);
    ASSERT_LE(rest, static_cast<double>(k) * 26 + 4.0 * Pages::kHugePage);
  }
}

TEST_F(KeyIndexTest, SlotsComeFromThePool) {
  PagePool pool;
  index_.UsePages(pool);
  (void)pool.Take();
  pool.Fill();
  const size_t ready = pool.ready();
  index_.Reserve(internal::KeySlots::kPiece / 2);
  EXPECT_EQ(ready - pool.ready(), 1u);
}

TEST_F(KeyIndexTest, ReservedIndexDoesNotGrow) {
  index_.Reserve(100'000);
  InsertNumbers(100'000);
  EXPECT_EQ(index_.slots_moved(), 0u);
  ExpectAllFound();
}

TEST_F(KeyIndexTest, IsReservedAfterEntriesThatCameAndWentInTheMiddleOfItsGrowth) {
  InsertNumbers(1 << 10);
  for (uint64_t k = 0; k < 1 << 10; ++k) Erase(std::to_string(k));
  index_.Reserve(100'000);
  InsertNumbers(100'000);
  ExpectAllFound();
}

}  // namespace
}  // namespace rtstream
