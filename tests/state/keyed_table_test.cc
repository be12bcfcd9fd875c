#include "rtstream/state/keyed_table.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtstream/testing/random.h"
#include "tests/base/seed.h"

namespace rtstream {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::Random;

using Table = KeyedTable<std::string>;

Table::Handle Put(Table& table, std::string_view key, std::string value) {
  bool fresh = false;
  const Table::Handle entry = table.FindOrInsert(key, fresh);
  entry->value = std::move(value);
  table.MarkDirty(entry);
  return entry;
}

template <typename AnyTable>
typename AnyTable::Handle Insert(AnyTable& table, std::string_view key) {
  bool fresh = false;
  const typename AnyTable::Handle entry = table.FindOrInsert(key, fresh);
  EXPECT_TRUE(fresh);
  return entry;
}

std::vector<std::string> TakeDirty(Table& table) {
  std::vector<std::string> keys;
  table.TakeDirty([&](Table::Entry& entry, uint32_t) { keys.emplace_back(entry.key()); });
  return keys;
}

// The table's content the way commits read it: slice by slice.
std::map<std::string, std::string> Content(Table& table) {
  std::map<std::string, std::string> content;
  for (uint32_t slice = 0; slice < kSlices; ++slice) {
    table.ForEachInSlice(slice, [&](Table::Entry& entry) {
      EXPECT_EQ(KeyGroupOf(entry.key()) / kGroupsPerSlice, slice);
      EXPECT_TRUE(content.emplace(entry.key(), entry.value).second);
    });
  }
  return content;
}

// Mostly short keys; some so long that an entry is larger than the lists of exact sizes know, and a few
// larger than the blocks that memory comes in.
std::string RandomKey(Random& random) {
  const uint64_t n = random.Below(600);
  std::string key = std::to_string(n);
  if (n % 50 == 0) key.resize(900 + n * 7, 'x');
  if (n == 599) key.resize(size_t{3} << 20, 'y');
  return key;
}

TEST(KeyedTable, DoesWhatAMapDoesUnderRandomUse) {
  Random random(TestSeed());
  Table table;
  std::map<std::string, std::string> model;
  std::set<std::string> dirty;
  for (int i = 0; i < 60'000; ++i) {
    const std::string key = RandomKey(random);
    Table::Entry* const found = table.Find(key);
    ASSERT_EQ(found != nullptr, model.contains(key));
    if (found != nullptr) {
      ASSERT_EQ(found->value, model[key]);
      ASSERT_EQ(table.At(Table::RefOf(*found, 0)), found);
    }
    if (random.Chance(0.45)) {
      const std::string value = std::to_string(i) + std::string(random.Below(40), '-');
      Put(table, key, value);
      model[key] = value;
      dirty.insert(key);
    } else if (found != nullptr) {
      table.Erase(found);
      model.erase(key);
      dirty.erase(key);
    }
    ASSERT_EQ(table.size(), model.size());
    if (i % 5'000 != 0) continue;
    ASSERT_EQ(Content(table), model);
    std::vector<std::string> taken = TakeDirty(table);
    std::sort(taken.begin(), taken.end());
    ASSERT_EQ(taken, std::vector<std::string>(dirty.begin(), dirty.end()));
    dirty.clear();
  }
}

TEST(KeyedTable, GrowingKeepsEveryEntryWhereItIs) {
  KeyedTable<uint64_t> table;
  std::vector<KeyedTable<uint64_t>::Entry*> entries;
  constexpr uint64_t kKeys = 200'000;
  for (uint64_t k = 0; k < kKeys; ++k) {
    const std::string key = std::to_string(k);
    entries.push_back(Insert(table, key));
    entries.back()->value = k;
  }
  uint64_t moved = 0;
  for (uint64_t k = 0; k < kKeys; ++k) {
    const auto* found = table.Find(std::to_string(k));
    if (found != entries[k] || found->value != k) ++moved;
  }
  EXPECT_EQ(moved, 0u);
}

TEST(KeyedTable, ExpectedEntriesComeWithoutGrowingTheIndex) {
  KeyedTable<char> table;
  table.Reserve(50'000);
  const size_t slots = table.memory();
  for (int i = 0; i < 50'000; ++i) Insert(table, std::to_string(i));
  // Entries of 32 bytes in chunks of 2 MiB, and 4 bytes each to find them by slice.
  EXPECT_LE(table.memory() - slots, 2 * Pages::kHugePage + 50'000 * sizeof(uint32_t));
  for (int i = 0; i < 50'000; ++i) ASSERT_TRUE(table.Find(std::to_string(i)));
  EXPECT_FALSE(table.Find("50000"));
}

TEST(KeyedTable, ChangedEntryIsTakenOnce) {
  Table table;
  Put(table, "a", "1");
  Put(table, "a", "2");
  EXPECT_THAT(TakeDirty(table), ElementsAre("a"));
  EXPECT_THAT(TakeDirty(table), IsEmpty());
}

TEST(KeyedTable, MarkOfAnErasedEntryDoesNotPassToTheNextInItsPlace) {
  Table table;
  table.Erase(Put(table, "a", "1"));
  Insert(table, "b");
  EXPECT_THAT(TakeDirty(table), IsEmpty());
}

TEST(KeyedTable, EntryInTheMemoryOfAnErasedOneIsTakenOnce) {
  Table table;
  table.Erase(Put(table, "a", "1"));
  Put(table, "b", "2");
  EXPECT_THAT(TakeDirty(table), ElementsAre("b"));
}

TEST(KeyedTable, FirstChangeIsTheCallersAndLaterOnesAreNoted) {
  Table table;
  const Table::Handle a = Insert(table, "a");
  for (int round = 0; round < 3; ++round) {
    EXPECT_TRUE(table.IsFirstChange(a));
    EXPECT_THAT(TakeDirty(table), IsEmpty());
    EXPECT_TRUE(table.IsFirstChange(a));
    EXPECT_FALSE(table.IsFirstChange(a));
    EXPECT_FALSE(table.IsFirstChange(a));
    EXPECT_THAT(TakeDirty(table), ElementsAre("a"));
  }
}

TEST(KeyedTable, ChangeIsStoredOneWayOrTheOtherHoweverLongTheEntryLay) {
  Table table;
  const Table::Handle a = Insert(table, "a");
  ASSERT_TRUE(table.IsFirstChange(a));
  // Rounds have 16-bit marks; at some of these distances the old one comes up again.
  for (int rounds = 65'530; rounds < 65'540; ++rounds) {
    for (int i = 0; i < rounds; ++i) TakeDirty(table);
    const bool is_first = table.IsFirstChange(a);
    EXPECT_NE(is_first, !TakeDirty(table).empty()) << rounds;
  }
}

TEST(KeyedTable, MemoryOfErasedEntriesIsUsedAgainWhateverTheirSize) {
  for (const size_t size : {size_t{10}, size_t{5'000}, size_t{3} << 20}) {
    Table table;
    const std::string key(size, 'x');
    Put(table, key, "");
    const size_t memory = table.memory();
    for (int i = 0; i < 20; ++i) {
      table.Erase(table.Find(key));
      Put(table, key, "");
    }
    EXPECT_EQ(table.memory(), memory) << size;
  }
}

TEST(KeyedTable, PrefetchIsHarmlessInAnEmptyTable) {
  Table table;
  table.PrefetchSlot(~uint64_t{0});
  table.PrefetchEntry(~uint64_t{0});
  EXPECT_EQ(table.size(), 0u);
}

TEST(KeyedTable, EntriesTakeTheirMemoryFromThePool) {
  PagePool pool;
  Table table;
  table.UsePages(pool);
  (void)pool.Take();
  pool.Fill();
  const auto ready = pool.ready();
  // More than the block that a table begins with holds.
  for (int i = 0; i < 5'000; ++i) Put(table, std::to_string(i) + std::string(500, 'x'), "");
  EXPECT_EQ(ready, 2u);
  EXPECT_EQ(pool.ready(), 1u);
}

TEST(KeyedTable, ValuesAreDestroyedWithTheTable) {
  const auto value = std::make_shared<int>(1);
  {
    KeyedTable<std::shared_ptr<int>> table;
    Insert(table, "a")->value = value;
    Insert(table, "b")->value = value;
    table.Erase(table.Find("a"));
    EXPECT_EQ(value.use_count(), 2);
  }
  EXPECT_EQ(value.use_count(), 1);
}

// Part of the stored format: the numbers must never change.
TEST(KeyGroups, AreWhatTheyAlwaysWere) {
  std::vector<uint32_t> groups;
  for (std::string_view key : {"", "a", "SKU-00042", "NYC-042"}) groups.push_back(KeyGroupOf(key));
  EXPECT_THAT(groups, ElementsAre(180, 923, 237, 299));
}

TEST(KeyGroups, AreAllUsedAboutEqually) {
  std::vector<int> counts(kKeyGroups);
  for (int i = 0; i < 100 * static_cast<int>(kKeyGroups); ++i) {
    ++counts.at(KeyGroupOf("key-" + std::to_string(i)));
  }
  EXPECT_GT(*std::min_element(counts.begin(), counts.end()), 50);
  EXPECT_LT(*std::max_element(counts.begin(), counts.end()), 150);
}

}  // namespace
}  // namespace rtstream
