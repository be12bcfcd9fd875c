// What the log of a table lets gather in the store, and how much one commit writes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>

#include "rtstream/state/memory_store.h"
#include "rtstream/state/stored_table.h"
#include "tests/base/rounds.h"

namespace rtstream {
namespace {

constexpr uint64_t kKeys = 20'000;

struct Stored {
  uint64_t base_bytes = 0;
  uint64_t delta_bytes = 0;
  size_t bases = 0;
  size_t deltas = 0;
};

void Count(std::string_view key, std::string_view value, Stored& stored) {
  const bool is_delta = key.find("/d/") != key.npos;
  (is_delta ? stored.delta_bytes : stored.base_bytes) += value.size();
  ++(is_delta ? stored.deltas : stored.bases);
}

// A table of kKeys counters whose commits go to a store in memory.
class TableLogChain : public ::testing::Test {
 protected:
  TableLogChain() {
    for (uint64_t k = 0; k < kKeys; ++k) Change(k);
    Commit();
    // The first commits write slices whose size they do not know yet; from here on it is spread.
    for (int i = 0; i < 200; ++i) {
      ChangeSome(500);
      Commit();
    }
  }

  void Change(uint64_t k) {
    const std::string key = Concat("key-", k);
    bool fresh = false;
    const auto entry = table_->table().FindOrInsert(key, fresh);
    ++entry->value;
    table_->Changed(entry);
  }

  void ChangeSome(int n) {
    for (int i = 0; i < n; ++i) Change(rng_() % kKeys);
  }

  // What the commit wrote.
  Stored Commit() {
    StateBatch batch;
    CheckpointWriter out(++epoch_, "s/op/", batch);
    table_->Checkpoint(out);
    Stored written;
    for (const StateWrite& w : batch.writes()) {
      if (w.kind == StateWrite::Kind::kPut) Count(w.key, w.value, written);
    }
    EXPECT_TRUE(store_.Apply(batch).ok());
    return written;
  }

  Stored InStore() {
    Stored stored;
    EXPECT_TRUE(store_
                    .Scan("s/op/",
                          [&](std::string_view key, std::string_view value) {
                            Count(key, value, stored);
                            return absl::OkStatus();
                          })
                    .ok());
    return stored;
  }

  void Restart() {
    table_ = std::make_unique<StoredTable<KeyedTable<uint64_t>>>("counts");
    ASSERT_TRUE(table_->Restore(CheckpointReader("s/op/", store_)).ok());
  }

  uint64_t Sum() {
    uint64_t sum = 0;
    table_->table().ForEach([&](auto& entry) { sum += entry.value; });
    return sum;
  }

  std::mt19937_64 rng_{20251128};
  MemoryStateStore store_;
  std::unique_ptr<StoredTable<KeyedTable<uint64_t>>> table_ = std::make_unique<StoredTable<KeyedTable<uint64_t>>>("counts");
  uint64_t epoch_ = 0;
};

TEST_F(TableLogChain, DeltasTakeNoMoreThanFourTimesTheTable) {
  double worst = 0;
  for (int i = 0; i < 400; ++i) {
    ChangeSome(500);
    Commit();
    const Stored stored = InStore();
    worst = std::max(worst, static_cast<double>(stored.delta_bytes) /
                                static_cast<double>(stored.base_bytes));
  }
  EXPECT_LT(worst, 4.4);
}

TEST_F(TableLogChain, BasesTakeAQuarterOfTheBytesOfDeltas) {
  Stored total;
  for (int i = 0; i < 400; ++i) {
    ChangeSome(500);
    const Stored written = Commit();
    total.delta_bytes += written.delta_bytes;
    total.base_bytes += written.base_bytes;
  }
  EXPECT_NEAR(static_cast<double>(total.base_bytes) / static_cast<double>(total.delta_bytes), 0.25,
              0.025);
}

TEST_F(TableLogChain, FirstCommitAfterARestartIsNoLarger) {
  for (int i = 0; i < 200; ++i) {
    ChangeSome(500);
    Commit();
  }
  Restart();
  ChangeSome(500);
  const Stored written = Commit();
  // As before: the delta, and a slice for what the budget had left.
  EXPECT_LE(written.bases, 2u);
}

TEST_F(TableLogChain, RestartsAtEveryCommitWriteNoMoreBases) {
  Stored total;
  for (int i = 0; i < Rounds(300); ++i) {
    ChangeSome(500);
    const Stored written = Commit();
    total.delta_bytes += written.delta_bytes;
    total.base_bytes += written.base_bytes;
    Restart();
  }
  EXPECT_NEAR(static_cast<double>(total.base_bytes) / static_cast<double>(total.delta_bytes), 0.25,
              0.025);
}

TEST_F(TableLogChain, NoChangeIsLostOverManyRestarts) {
  const uint64_t before = Sum();
  for (int i = 0; i < 200; ++i) {
    ChangeSome(300);
    Commit();
    if (i % 3 == 0) Restart();
  }
  Restart();
  EXPECT_EQ(Sum(), before + 200 * 300);
}

TEST_F(TableLogChain, ALongChainOfSmallDeltasIsCutSliceBySlice) {
  size_t most_bases = 0;
  size_t longest = 0;
  for (size_t i = 0; i < TableLog::kMaxDeltas + 3 * kSlices; ++i) {
    Change(7);
    most_bases = std::max(most_bases, Commit().bases);
    if (i % 32 == 0) longest = std::max(longest, InStore().deltas);
  }
  EXPECT_EQ(most_bases, 1u);
  EXPECT_LE(longest, TableLog::kMaxDeltas + kSlices + 1);
}

}  // namespace
}  // namespace rtstream
