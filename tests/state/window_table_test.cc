// The table of a window, against a map: over windows, growth and keys that go out of use.
#include "rtstream/state/window_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "rtstream/testing/random.h"
#include "tests/base/seed.h"

namespace rtstream::internal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using rtstream::testing::Random;

// A sum that does not begin at 0.
struct Least {
  int64_t value = 1'000;
  friend bool operator==(const Least&, const Least&) = default;
};

class WindowTableTest : public ::testing::Test {
 protected:
  using Table = WindowTable<int64_t>;

  template <typename V>
  static void Add(WindowTable<V>& table, uint64_t key, const V& value, uint8_t slice = 0) {
    const auto place = table.At(key, slice);
    *place.mark = Table::kBoth;
    *place.value = value;
  }
  // Closes the window, and takes so many at a time.
  template <typename V>
  std::vector<std::pair<uint64_t, V>> TakeAll(WindowTable<V>& table, size_t most = 7) {
    std::vector<std::pair<uint64_t, V>> all, some(most);
    table.BeginTaking(sorter);
    while (const size_t n = table.Take(most, [&](size_t i, uint64_t key, const V& value, uint8_t) {
             some[i] = {key, value};
           })) {
      all.insert(all.end(), some.begin(), some.begin() + static_cast<ptrdiff_t>(n));
    }
    return all;
  }
  static std::set<uint64_t> Changed(Table& table) {
    std::set<uint64_t> keys;
    table.TakeChanged([&](uint32_t slot) { keys.insert(table.At(slot).packed); });
    return keys;
  }

  BlockArena arena;
  KeySorter sorter;
};

TEST_F(WindowTableTest, GivesItsKeysInOrderAndIsEmptyThen) {
  Table table(arena, false);
  for (const uint64_t key : {30u, 10u, 0u, 20u}) Add<int64_t>(table, key, static_cast<int64_t>(key) + 1);
  EXPECT_THAT(TakeAll(table, 3), ElementsAre(Pair(0, 1), Pair(10, 11), Pair(20, 21), Pair(30, 31)));
  EXPECT_THAT(TakeAll(table), IsEmpty());
  EXPECT_EQ(table.CountKeys(), 0u);
}

TEST_F(WindowTableTest, AKeyOfTheLastWindowBeginsAnew) {
  WindowTable<Least> table(arena, false);
  for (const uint64_t key : {0u, 1u, 2u}) Add(table, key, Least{5});
  TakeAll(table);
  for (const uint64_t key : {0u, 2u, 3u}) {
    EXPECT_EQ(*table.At(key, 0).value, Least{}) << key;
    *table.At(key, 0).mark = Table::kBoth;
  }
  EXPECT_THAT(TakeAll(table), ElementsAre(Pair(0, Least{}), Pair(2, Least{}), Pair(3, Least{})));
}

TEST_F(WindowTableTest, TellsWhatHasChangedOnce) {
  Table table(arena, false);
  Add<int64_t>(table, 0, 1);
  Add<int64_t>(table, 5, 1);
  EXPECT_EQ(Changed(table), (std::set<uint64_t>{0, 5}));
  EXPECT_EQ(Changed(table), std::set<uint64_t>{});
  Add<int64_t>(table, 5, 2);
  EXPECT_EQ(Changed(table), std::set<uint64_t>{5});
  EXPECT_EQ(table.CountKeys(), 2u);
}

TEST_F(WindowTableTest, KeysKeepTheirSlicesWhereThereAreSome) {
  Table table(arena, true);
  for (uint64_t key = 0; key < 500; ++key) Add<int64_t>(table, key, 1, static_cast<uint8_t>(key % 64));
  table.ForEach([&](uint32_t slot) { EXPECT_EQ(table.SliceAt(slot), table.At(slot).packed % 64); });
  table.BeginTaking(sorter);
  const size_t n = table.Take(1'000, [](size_t, uint64_t key, int64_t, uint8_t slice) { EXPECT_EQ(slice, key % 64); });
  EXPECT_EQ(n, 500u);
}

// What was used once and never again is forgotten.
TEST_F(WindowTableTest, KeysThatDoNotComeAgainTakeNoMemoryForEver) {
  Table table(arena, false);
  for (uint64_t key = 0; key < 100'000; ++key) Add<int64_t>(table, key, 1);
  EXPECT_EQ(TakeAll(table, 1'000).size(), 100'000u);
  EXPECT_GT(table.capacity(), 100'000u);
  Add<int64_t>(table, 7, 1);
  EXPECT_THAT(TakeAll(table), ElementsAre(Pair(7, 1)));
  EXPECT_LT(table.capacity(), 1'000u);
  Add<int64_t>(table, 8, 1);
  EXPECT_THAT(TakeAll(table), ElementsAre(Pair(8, 1)));
}

TEST_F(WindowTableTest, IsAMapOverManyWindows) {
  Random random(TestSeed());
  Table table(arena, false);
  for (int window = 0; window < 300; ++window) {
    // Keys near each other, keys far from each other, few and many.
    const uint64_t keys = uint64_t{1} << random.Below(13), step = random.Chance(0.5) ? 1 : 0x9e3779b97f4a7c15;
    std::map<uint64_t, int64_t> model;
    std::set<uint64_t> changed;
    for (uint64_t n = random.Below(3 * keys); n > 0; --n) {
      const uint64_t key = random.Below(keys) * step;
      const auto place = table.At(key, 0);
      *place.value += static_cast<int64_t>(n);
      *place.mark = Table::kBoth;
      model[key] += static_cast<int64_t>(n);
      changed.insert(key);
      if (random.Chance(0.001)) {
        ASSERT_EQ(Changed(table), changed);
        changed.clear();
      }
      if (random.Chance(0.001)) {
        table.Erase(table.At(key, 0));
        model.erase(key);
        changed.erase(key);
      }
    }
    ASSERT_EQ(table.CountKeys(), model.size());
    const auto all = TakeAll(table, 1 + random.Below(500));
    ASSERT_EQ(all, (std::vector<std::pair<uint64_t, int64_t>>(model.begin(), model.end()))) << window;
  }
}

TEST(KeySorter, SortsWhateverTheDistancesAre) {
  Random random(TestSeed());
  KeySorter sorter;
  for (int i = 0; i < 300; ++i) {
    std::set<uint64_t> wanted;
    std::vector<SlottedKey> keys;
    size_t sorted = 0;
    for (int part = 0; part < 3; ++part) {
      const int shift = static_cast<int>(random.Below(64));
      const auto n = random.Below(400);
      for (uint64_t k = 0; k < n; ++k) {
        // Most of one size, some that are far larger.
        const uint64_t key = random.Next() >> (random.Chance(0.01) ? 0 : shift);
        if (wanted.insert(key).second) keys.push_back({key, static_cast<uint32_t>(key * 3)});
      }
      sorter.SortAndMerge(keys, sorted);
      sorted = keys.size();
      ASSERT_EQ(keys.size(), wanted.size());
      ASSERT_TRUE(std::equal(keys.begin(), keys.end(), wanted.begin(), [](const SlottedKey& a, uint64_t key) {
        return a.key == key && a.slot == static_cast<uint32_t>(key * 3);
      }));
    }
  }
}

}  // namespace
}  // namespace rtstream::internal
