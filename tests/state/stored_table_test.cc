// Tables and their log: what a store holds after each commit is the table, and damage is found.
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtstream/state/item.h"
#include "rtstream/state/keyed_state.h"
#include "rtstream/state/memory_store.h"
#include "rtstream/state/stored_table.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/random.h"
#include "tests/base/seed.h"

namespace rtstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using testing::IsOk;
using testing::Random;
using testing::StatusIs;

using Model = std::map<std::string, std::string>;
using Table = StoredTable<KeyedTable<std::string>>;

// A table, the store of its commits, and what should be in them.
class StoredTableTest : public ::testing::Test {
 protected:
  void Put(const std::string& key, const std::string& value) {
    bool fresh = false;
    const auto entry = table->table().FindOrInsert(key, fresh);
    entry->value = value;
    table->Changed(entry);
    model[key] = value;
  }
  void Erase(const std::string& key) {
    if (auto* entry = table->table().Find(key); entry != nullptr) table->Erase(entry);
    model.erase(key);
  }
  void Commit() {
    StateBatch batch;
    CheckpointWriter out(++epoch, "s/op/", batch);
    table->Checkpoint(out);
    ASSERT_THAT(store.Apply(batch), IsOk());
  }
  static Model Content(Table& stored) {
    Model content;
    stored.table().ForEach([&](auto& entry) { content.emplace(entry.key(), entry.value); });
    return content;
  }
  absl::StatusOr<Model> Stored() {
    Table restored("t");
    RTSTREAM_RETURN_IF_ERROR(restored.Restore(CheckpointReader("s/op/", store)));
    return Content(restored);
  }
  void Restart() {
    table = std::make_unique<Table>("t");
    ASSERT_THAT(table->Restore(CheckpointReader("s/op/", store)), IsOk());
  }
  std::vector<std::string> Keys(std::string_view prefix) {
    std::vector<std::string> keys;
    EXPECT_THAT(store.Scan(prefix,
                           [&](std::string_view key, std::string_view) {
                             keys.emplace_back(key);
                             return absl::OkStatus();
                           }),
                IsOk());
    return keys;
  }

  MemoryStateStore store;
  std::unique_ptr<Table> table = std::make_unique<Table>("t");
  Model model;
  uint64_t epoch = 0;
};

TEST_F(StoredTableTest, HoldsTheTableAfterEveryCommitAndCrash) {
  Random random(TestSeed());
  Model committed;
  for (int i = 0; i < 300; ++i) {
    for (uint64_t n = random.Below(60); n > 0; --n) {
      const std::string key = std::to_string(random.Below(400));
      if (random.Chance(0.6)) {
        Put(key, std::to_string(i) + std::string(random.Below(50), 'v'));
      } else {
        Erase(key);
      }
    }
    if (random.Chance(0.2)) {
      // A crash: what was not committed is gone.
      Restart();
      model = committed;
      ASSERT_EQ(Content(*table), model);
    }
    Commit();
    committed = model;
    const absl::StatusOr<Model> stored = Stored();
    ASSERT_THAT(stored.status(), IsOk());
    ASSERT_EQ(*stored, committed) << "epoch " << epoch;
  }
}

TEST_F(StoredTableTest, KeyErasedAndPutAgainInOneEpochIsThere) {
  Put("a", "1");
  Commit();
  Erase("a");
  Put("a", "2");
  Commit();
  EXPECT_EQ(*Stored(), (Model{{"a", "2"}}));
}

TEST_F(StoredTableTest, KeyPutAndErasedInOneEpochIsNotThere) {
  Put("a", "1");
  Erase("a");
  Commit();
  EXPECT_EQ(*Stored(), Model());
}

TEST_F(StoredTableTest, LastOfManyChangesInOneEpochIsStored) {
  for (const char* value : {"1", "2", "3"}) Put("a", value);
  Commit();
  EXPECT_EQ(*Stored(), (Model{{"a", "3"}}));
}

TEST_F(StoredTableTest, KeyErasedAfterManyChangesInOneEpochIsNotThere) {
  for (const char* value : {"1", "2", "3"}) Put("a", value);
  Erase("a");
  Put("b", "in its place");
  Commit();
  EXPECT_EQ(*Stored(), (Model{{"b", "in its place"}}));
}

TEST_F(StoredTableTest, ChangeThroughAReferenceIsStoredAsItIsAtTheCommit) {
  Put("a", "1");
  Put("b", "1");
  Commit();
  for (const char* key : {"a", "b"}) {
    auto* const entry = table->table().Find(key);
    if (*key == 'b') table->Changed(entry);
    table->MayChange(entry);
    entry->value = "2";
  }
  Commit();
  EXPECT_EQ(*Stored(), (Model{{"a", "2"}, {"b", "2"}}));
}

TEST_F(StoredTableTest, EpochWithoutAChangeWritesNothing) {
  Put("a", "1");
  for (int i = 0; i < 70; ++i) Commit();
  StateBatch batch;
  CheckpointWriter out(++epoch, "s/op/", batch);
  table->Checkpoint(out);
  EXPECT_TRUE(batch.empty());
}

TEST_F(StoredTableTest, DeltaOlderThanItsSliceIsNotAppliedAgain) {
  Put("a", "old");
  Commit();
  const std::string delta = "s/op/t/d/" + OrderedHex(1) + "/00-3f";
  const std::string old = (*store.Get(delta))->value;
  Put("a", "new");
  // As many bytes as a whole rotation takes.
  for (uint64_t i = 0; i < 2 * TableLog::kDeltasPerBase; ++i) {
    Put("b", std::string(10'000, 'b'));
    Commit();
  }
  ASSERT_EQ(*store.Get(delta), std::nullopt);
  StateBatch batch;
  batch.Put(delta, old);
  ASSERT_THAT(store.Apply(batch), IsOk());
  EXPECT_EQ((*Stored())["a"], "new");
}

TEST_F(StoredTableTest, EveryDamagedBlockIsDataLoss) {
  for (int i = 0; i < 40; ++i) Put(std::to_string(i), "value");
  Commit();
  Put("1", "changed");
  Commit();
  for (const std::string& key : Keys("s/op/t/")) {
    const std::string whole = (*store.Get(key))->value;
    std::string broken = whole;
    broken[broken.size() / 2] = static_cast<char>(broken[broken.size() / 2] ^ 1);
    StateBatch batch;
    batch.Put(key, broken);
    ASSERT_THAT(store.Apply(batch), IsOk());
    EXPECT_THAT(Stored().status(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr(key)));
    batch.Clear();
    batch.Put(key, whole);
    ASSERT_THAT(store.Apply(batch), IsOk());
  }
  EXPECT_THAT(Stored().status(), IsOk());
}

TEST_F(StoredTableTest, KeyThatNamesNoBlockIsDataLoss) {
  Put("a", "1");
  Commit();
  for (const char* key : {"s/op/t/b/40", "s/op/t/b/xx", "s/op/t/d/", "s/op/t/d/1x",
                          "s/op/t/d/0000000000000001/00-40", "s/op/t/d/0000000000000001/05-04"}) {
    StateBatch batch;
    batch.Put(key, "");
    ASSERT_THAT(store.Apply(batch), IsOk());
    EXPECT_THAT(Stored().status(), StatusIs(absl::StatusCode::kDataLoss)) << key;
    batch.Clear();
    batch.Delete(key);
    ASSERT_THAT(store.Apply(batch), IsOk());
  }
}

TEST_F(StoredTableTest, BlockOfANewerFormatIsRefused) {
  std::string block("\x03", 1);
  SealBlock(block);
  StateBatch batch;
  batch.Put("s/op/t/b/00", block);
  ASSERT_THAT(store.Apply(batch), IsOk());
  EXPECT_THAT(Stored().status(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("format 3")));
}

TEST_F(StoredTableTest, TablesOfOneOperatorDoNotMix) {
  KeyedState<std::string, int64_t> first("t"), second("t2");
  first.Put("a", 1);
  second.Put("a", 2);
  StateBatch batch;
  CheckpointWriter out(1, "s/op/", batch);
  first.Checkpoint(out);
  second.Checkpoint(out);
  ASSERT_THAT(store.Apply(batch), IsOk());
  KeyedState<std::string, int64_t> restored("t");
  ASSERT_THAT(restored.Restore(CheckpointReader("s/op/", store)), IsOk());
  EXPECT_EQ(restored.size(), 1u);
  EXPECT_EQ(*restored.Get("a"), 1);
}

TEST(KeyedState, PutGetChangeAndErase) {
  KeyedState<std::pair<std::string, int32_t>, int64_t> state("sums");
  EXPECT_EQ(state.Get({"a", 1}), nullptr);
  state.Put({"a", 1}, 5);
  state.Mutable({"a", 1}) += 2;
  state.Mutable({"a", 2}) += 3;
  EXPECT_EQ(*state.Get({"a", 1}), 7);
  EXPECT_EQ(*state.Get({"a", 2}), 3);
  state.Erase({"a", 1});
  state.Erase({"a", 1});
  EXPECT_EQ(state.Get({"a", 1}), nullptr);
  EXPECT_EQ(state.size(), 1u);
}

// Commits these values under operator "op", table "t".
template <typename K>
void CommitState(StateStore& store, const std::vector<std::pair<K, int64_t>>& values) {
  KeyedState<K, int64_t> state("t");
  for (const auto& [key, value] : values) state.Put(key, value);
  StateBatch batch;
  CheckpointWriter out(1, OperatorScope("op"), batch);
  state.Checkpoint(out);
  ASSERT_THAT(store.Apply(batch), IsOk());
}

TEST(ReadState, VisitsInTheOrderOfTheKeys) {
  MemoryStateStore store;
  using K = std::tuple<std::string, int64_t>;
  CommitState<K>(store, {{{"b", -1}, 1}, {{"b", 2}, 2}, {{"a", 3}, 3}, {{"b", -2}, 4}, {{"", 9}, 5}});
  std::vector<int64_t> visited;
  ASSERT_THAT((ReadState<K, int64_t>(store, "op", "t",
                                     [&](const K&, const int64_t& v) { visited.push_back(v); })),
              IsOk());
  EXPECT_THAT(visited, ElementsAre(5, 3, 4, 1, 2));
}

TEST(ReadState, VisitsNumbersInTheirOrder) {
  MemoryStateStore store;
  using K = std::tuple<int32_t, uint16_t>;
  CommitState<K>(store, {{{0, 0}, 1}, {{-1, 2}, 2}, {{1, 3}, 3}, {{-1, 1}, 4}});
  std::vector<int64_t> visited;
  ASSERT_THAT((ReadState<K, int64_t>(store, "op", "t",
                                     [&](const K&, const int64_t& v) { visited.push_back(v); })),
              IsOk());
  EXPECT_THAT(visited, ElementsAre(4, 2, 1, 3));
}

TEST(ReadState, UnknownTableIsEmpty) {
  MemoryStateStore store;
  int visits = 0;
  ASSERT_THAT((ReadState<std::string, int64_t>(
                  store, "op", "t", [&](const std::string&, const int64_t&) { ++visits; })),
              IsOk());
  EXPECT_EQ(visits, 0);
}

TEST(ReadState, KeysOfAnotherTypeAreDataLoss) {
  MemoryStateStore store;
  CommitState<std::string>(store, {{"a", 1}});
  using Pair = std::pair<std::string, std::string>;
  EXPECT_THAT((ReadState<Pair, int64_t>(store, "op", "t", [](const Pair&, const int64_t&) {})),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("not of the type asked for")));
  // Numbers are stored in another form.
  EXPECT_THAT((ReadState<int64_t, int64_t>(store, "op", "t", [](const int64_t&, const int64_t&) {})),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("has format 5, want 6")));
}

TEST(ReadItems, GivesValueVersionAndTime) {
  MemoryStateStore store;
  StoredTable<KeyedTable<Item<int64_t>>> items{std::string(kItemsTable)};
  std::string key;
  KeyCodec<std::string>::Append("sku", key);
  ItemUpdate<int64_t> made(nullptr, Time(Duration(5)));
  made.Set(40);
  bool fresh = false;
  const auto entry = items.table().FindOrInsert(key, fresh);
  entry->value = std::move(made).Take();
  ItemUpdate<int64_t> changed(&entry->value, Time(Duration(6)));
  changed.Set(41);
  entry->value = std::move(changed).Take();
  items.Changed(entry);
  StateBatch batch;
  CheckpointWriter out(1, OperatorScope("op"), batch);
  items.Checkpoint(out);
  ASSERT_THAT(store.Apply(batch), IsOk());
  std::vector<std::tuple<std::string, int64_t, uint64_t, Time>> found;
  ASSERT_THAT((ReadItems<std::string, int64_t>(
                  store, "op",
                  [&](const std::string& k, const Item<int64_t>& item) {
                    found.emplace_back(k, item.value, item.version, item.last_updated);
                  })),
              IsOk());
  EXPECT_THAT(found, ElementsAre(std::tuple{"sku", 41, 2u, Time(Duration(6))}));
}

}  // namespace
}  // namespace rtstream
