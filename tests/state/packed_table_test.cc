#include "rtstream/state/packed_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "rtstream/testing/random.h"
#include "tests/base/rounds.h"
#include "tests/base/seed.h"

namespace rtstream {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;
using testing::Random;

// Keys of both widths, from a number; the first has the key that is all zero.
template <typename P>
P KeyOf(uint64_t n) {
  if constexpr (std::is_same_v<P, uint64_t>) {
    return n;
  } else {
    return {n % 3, n / 3};
  }
}

// A value as wide as a line has room for, so that moved bytes are seen.
struct Value {
  uint64_t number = 0;
  uint64_t copy = 0;
};

template <typename P>
class PackedTableTest : public ::testing::Test {
 protected:
  using Table = PackedTable<P, Value>;

  typename Table::Handle Put(uint64_t n, uint64_t value) {
    bool fresh = false;
    const auto entry = table.FindOrInsert(KeyOf<P>(n), fresh);
    entry->value = {value, value};
    return entry;
  }
  std::vector<P> TakeDirty() {
    std::vector<P> keys;
    table.TakeDirty([&](auto& entry, uint32_t) { keys.push_back(entry.key()); });
    return keys;
  }
  // The table's content the way commits read it: slice by slice.
  std::map<P, uint64_t> Content() {
    std::map<P, uint64_t> content;
    for (uint32_t slice = 0; slice < kSlices; ++slice) {
      table.ForEachInSlice(slice, [&](auto& entry) {
        EXPECT_EQ(Table::SliceOf(entry.key()), slice);
        EXPECT_EQ(entry.value.number, entry.value.copy);
        EXPECT_TRUE(content.emplace(entry.key(), entry.value.number).second);
      });
    }
    return content;
  }

  Table table;
};

using Widths = ::testing::Types<uint64_t, Word128>;
TYPED_TEST_SUITE(PackedTableTest, Widths);

TYPED_TEST(PackedTableTest, DoesWhatAMapDoesUnderRandomUse) {
  Random random(TestSeed());
  std::map<TypeParam, uint64_t> model;
  std::set<TypeParam> noted, changed;
  // It grows, shrinks and grows again.
  for (int i = 0; i < Rounds(200'000); ++i) {
    const uint64_t keys = i < Rounds(80'000) || i > Rounds(140'000) ? 20'000 : 200;
    const TypeParam key = KeyOf<TypeParam>(random.Below(keys));
    const auto found = this->table.Find(key);
    ASSERT_EQ(static_cast<bool>(found), model.contains(key));
    if (found) {
      ASSERT_EQ(found->value.number, model[key]);
    }
    if (found && random.Chance(0.4)) {
      this->table.Erase(found);
      model.erase(key);
      noted.erase(key);
      changed.erase(key);
      continue;
    }
    bool fresh = false;
    const auto entry = this->table.FindOrInsert(key, fresh);
    ASSERT_EQ(fresh, !model.contains(key));
    ASSERT_EQ(entry->value.number, fresh ? 0 : model[key]);
    entry->value = {static_cast<uint64_t>(i), static_cast<uint64_t>(i)};
    model[key] = static_cast<uint64_t>(i);
    if (random.Chance(0.2)) {
      this->table.MarkDirty(entry);
      changed.insert(key);
      noted.insert(key);
    } else {
      const bool is_first = changed.insert(key).second;
      ASSERT_EQ(this->table.IsFirstChange(entry), is_first);
      if (!is_first) noted.insert(key);
    }
    if (random.Chance(0.0005)) {
      ASSERT_THAT(this->TakeDirty(), UnorderedElementsAreArray(noted));
      noted.clear();
      changed.clear();
      ASSERT_EQ(this->Content(), model);
    }
    ASSERT_EQ(this->table.size(), model.size());
  }
  EXPECT_EQ(this->Content(), model);
}

TYPED_TEST(PackedTableTest, ExpectedEntriesComeWithoutGrowing) {
  this->table.Reserve(100'000);
  const uint64_t layout = this->table.layout();
  const size_t memory = this->table.memory();
  for (uint64_t n = 0; n < 100'000; ++n) this->Put(n, n);
  EXPECT_EQ(this->table.layout(), layout);
  EXPECT_EQ(this->table.memory(), memory);
}

TYPED_TEST(PackedTableTest, MoreEntriesThanExpectedComeAsWell) {
  this->table.Reserve(1'000);
  std::map<TypeParam, uint64_t> want;
  for (uint64_t n = 0; n < 100'000; ++n) {
    this->Put(n, n);
    want[KeyOf<TypeParam>(n)] = n;
  }
  EXPECT_EQ(this->Content(), want);
}

TYPED_TEST(PackedTableTest, KeyThatIsAllZeroIsOneLikeOthers) {
  EXPECT_FALSE(this->table.Find(TypeParam{}));
  const auto entry = this->Put(0, 7);
  EXPECT_TRUE(this->table.IsFirstChange(entry));
  EXPECT_THAT(this->TakeDirty(), IsEmpty());
  EXPECT_TRUE(this->table.IsFirstChange(entry));
  EXPECT_FALSE(this->table.IsFirstChange(entry));
  EXPECT_THAT(this->TakeDirty(), ElementsAre(TypeParam{}));
  EXPECT_EQ(this->Content(), (std::map<TypeParam, uint64_t>{{TypeParam{}, 7}}));
  this->table.MarkDirty(entry);
  this->table.Erase(this->table.Find(TypeParam{}));
  EXPECT_THAT(this->TakeDirty(), IsEmpty());
  EXPECT_EQ(this->table.size(), 0u);
  EXPECT_EQ(this->Put(0, 1)->value.number, 1u);
}

TYPED_TEST(PackedTableTest, MarkOfAnErasedEntryDoesNotPassToTheNextInItsPlace) {
  this->table.MarkDirty(this->Put(1, 1));
  this->table.Erase(this->table.Find(KeyOf<TypeParam>(1)));
  this->Put(1, 2);
  EXPECT_THAT(this->TakeDirty(), IsEmpty());
}

TYPED_TEST(PackedTableTest, MarksMoveWithTheirEntriesWhileTheTableGrows) {
  for (uint64_t n = 0; n < 100; ++n) this->table.MarkDirty(this->Put(n, n));
  for (uint64_t n = 100; n < 100'000; ++n) this->Put(n, n);
  std::vector<TypeParam> want;
  for (uint64_t n = 0; n < 100; ++n) want.push_back(KeyOf<TypeParam>(n));
  EXPECT_THAT(this->TakeDirty(), UnorderedElementsAreArray(want));
  EXPECT_THAT(this->TakeDirty(), IsEmpty());
}

TYPED_TEST(PackedTableTest, MemoryIsAtMostFourTimesThatOfTheEntries) {
  for (uint64_t n = 0; n < 1'000'000; ++n) this->Put(n, n);
  EXPECT_LT(this->table.memory(), 4e6 * sizeof(PackedEntry<TypeParam, Value>));
}

TYPED_TEST(PackedTableTest, SmallTableTakesLittleOfItsPage) {
  // A shard begins with a block of some hundred bytes: all of them together fit into one page.
  for (uint64_t n = 0; n < 200; ++n) this->Put(n, n);
  EXPECT_LE(this->table.memory(), Pages::kHugePage + sizeof(this->table));
}

// A block of a few slots may have more keys at its end than it can hold.
TYPED_TEST(PackedTableTest, ManySmallTablesFindAllTheirKeysAndMarks) {
  for (int i = 0; i < 500; ++i) {
    typename TestFixture::Table small;
    for (uint64_t n = 0; n < 400; ++n) {
      bool fresh = false;
      const auto entry = small.FindOrInsert(KeyOf<TypeParam>(n), fresh);
      ASSERT_TRUE(fresh);
      entry->value = {n, n};
      small.MarkDirty(entry);
    }
    for (uint64_t n = 0; n < 400; ++n) {
      const auto entry = small.Find(KeyOf<TypeParam>(n));
      ASSERT_TRUE(entry);
      ASSERT_EQ(entry->value.number, n);
    }
    size_t noted = 0;
    small.TakeDirty([&](auto&, uint32_t) { ++noted; });
    ASSERT_EQ(noted, 400u);
  }
}

TYPED_TEST(PackedTableTest, FindsEveryKeyAtEveryMomentOfItsGrowth) {
  for (uint64_t n = 1; n < 3'000; ++n) {
    this->Put(n, n);
    for (uint64_t k = n > 40 ? n - 40 : 1; k <= n; ++k) {
      ASSERT_TRUE(this->table.Find(KeyOf<TypeParam>(k))) << k << " after " << n;
    }
    if (n % 100 == 0) {
      ASSERT_EQ(this->Content().size(), n);
    }
  }
}

}  // namespace
}  // namespace rtstream
