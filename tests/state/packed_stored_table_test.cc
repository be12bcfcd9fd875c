// Packed tables and their log: what a store holds after each commit is the table.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>

#include "rtstream/state/memory_store.h"
#include "rtstream/state/stored_table.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/random.h"
#include "tests/base/rounds.h"
#include "tests/base/seed.h"

namespace rtstream {
namespace {

using testing::IsOk;
using testing::Random;

template <typename P>
P KeyOf(uint64_t n) {
  if constexpr (std::is_same_v<P, uint64_t>) {
    return n;
  } else {
    return {n % 3, n / 3};
  }
}

template <typename P>
class PackedStoredTableTest : public ::testing::Test {
 protected:
  using Table = StoredTable<PackedTable<P, int64_t>>;
  using Model = std::map<P, int64_t>;

  static Model Content(Table& stored) {
    Model content;
    stored.table().ForEach([&](auto& entry) { content.emplace(entry.key(), entry.value); });
    return content;
  }
  void Restart() {
    table = std::make_unique<Table>("t");
    ASSERT_THAT(table->Restore(CheckpointReader("s/op/", store)), IsOk());
  }
  void Commit() {
    StateBatch batch;
    CheckpointWriter out(++epoch, "s/op/", batch);
    table->Checkpoint(out);
    ASSERT_THAT(store.Apply(batch), IsOk());
  }
  void Change(Random& random, Model& model) {
    const P key = KeyOf<P>(random.Below(3'000));
    if (random.Chance(0.3)) {
      if (const auto entry = table->table().Find(key); entry) table->Erase(entry);
      model.erase(key);
      return;
    }
    bool fresh = false;
    const auto entry = table->table().FindOrInsert(key, fresh);
    const auto value = static_cast<int64_t>(random.Next());
    if (random.Chance(0.2)) {
      table->MayChange(entry);
      entry->value = value;
    } else {
      entry->value = value;
      table->Changed(entry);
    }
    model[key] = value;
  }

  MemoryStateStore store;
  std::unique_ptr<Table> table = std::make_unique<Table>("t");
  uint64_t epoch = 0;
};

using Widths = ::testing::Types<uint64_t, Word128>;
TYPED_TEST_SUITE(PackedStoredTableTest, Widths);

TYPED_TEST(PackedStoredTableTest, HoldsTheTableAfterEveryCommitAndCrash) {
  Random random(TestSeed());
  typename TestFixture::Model model, committed;
  for (int i = 0; i < Rounds(300); ++i) {
    for (uint64_t n = random.Below(200); n > 0; --n) this->Change(random, model);
    if (random.Chance(0.2)) {
      // A crash: what was not committed is gone.
      this->Restart();
      model = committed;
      ASSERT_EQ(this->Content(*this->table), model);
    }
    this->Commit();
    committed = model;
    typename TestFixture::Table stored("t");
    ASSERT_THAT(stored.Restore(CheckpointReader("s/op/", this->store)), IsOk());
    ASSERT_EQ(this->Content(stored), committed) << "epoch " << this->epoch;
  }
}

}  // namespace
}  // namespace rtstream
