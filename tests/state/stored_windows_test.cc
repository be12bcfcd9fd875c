// Windows and their log: what a store holds after each commit is what is open, for every number of lanes.
#include "rtstream/state/stored_windows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <vector>

#include "rtstream/state/keyed_state.h"
#include "rtstream/state/memory_store.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/random.h"
#include "tests/base/rounds.h"
#include "tests/base/seed.h"
#include "tests/state/count_stored.h"

namespace rtstream {
namespace {

using testing::IsOk;
using testing::Random;
using testing::StatusIs;

class StoredWindowsTest : public ::testing::TestWithParam<bool> {
 protected:
  using Windows = StoredWindows<uint32_t, int64_t>;
  using Model = std::map<std::pair<Time, uint32_t>, int64_t>;

  static Time At(int64_t window) { return Time(Duration(window)); }
  bool is_keyed() const { return GetParam(); }
  // The slice of a key as a KeyBy would have it.
  static uint32_t SliceOf(uint32_t key) { return key * 7 % kSlices; }

  void Open(uint32_t count) {
    shared = std::make_unique<SharedParts>();
    lanes.clear();
    for (uint32_t i = 0; i < count; ++i) {
      Windows& lane = *lanes.emplace_back(std::make_unique<Windows>("sums"));
      StateHost host;
      host.pages = &pages;
      host.lane = i;
      host.lanes = count;
      host.slices = SliceRange::OfLane(i, count);
      host.is_keyed = is_keyed();
      host.shared = shared.get();
      host.op = "op";
      lane.Attach(host);
      ASSERT_THAT(lane.Restore(CheckpointReader("s/op/", store)), IsOk());
    }
  }
  Windows& LaneOf(uint32_t key) {
    for (uint32_t i = 0; i < lanes.size(); ++i) {
      if (SliceRange::OfLane(i, static_cast<uint32_t>(lanes.size())).Holds(SliceOf(key))) return *lanes[i];
    }
    return *lanes[0];
  }
  void Add(int64_t window, uint32_t key, int64_t value) {
    const auto place = LaneOf(key).Open(At(window)).At(internal::WindowKeys<uint32_t>::Pack(key), static_cast<uint8_t>(SliceOf(key)));
    *place.value += value;
    *place.mark = Windows::Table::kBoth;
    model[{At(window), key}] += value;
  }
  // Closes the windows that begin before `end`.
  void CloseBefore(int64_t end) {
    Model closed, expected;
    for (const auto& lane : lanes) {
      while (lane->has_open() && lane->first_start() < At(end)) {
        const Time start = lane->first_start();
        auto& table = lane->Close();
        std::vector<std::pair<uint64_t, int64_t>> some(10);
        while (const size_t n = table.Take(10, [&](size_t i, uint64_t key, int64_t value, uint8_t) {
                 some[i] = {key, value};
               })) {
          for (size_t i = 0; i < n; ++i) closed[{start, internal::WindowKeys<uint32_t>::Unpack(some[i].first)}] = some[i].second;
        }
        lane->Closed();
      }
    }
    const auto last = model.lower_bound({At(end), 0});
    expected.insert(model.begin(), last);
    model.erase(model.begin(), last);
    ASSERT_EQ(closed, expected);
  }
  void Commit() {
    StateBatch batch;
    CheckpointWriter out(++epoch, "s/op/", batch);
    for (const auto& lane : lanes) lane->Checkpoint(out);
    ASSERT_THAT(store.Apply(batch), IsOk());
    committed = model;
  }
  // As everybody reads it.
  Model Stored() {
    Model content;
    EXPECT_THAT((ReadState<std::pair<Time, uint32_t>, int64_t>(
                    store, "op", "sums",
                    [&](const std::pair<Time, uint32_t>& key, int64_t value) { content[key] = value; })),
                IsOk());
    return content;
  }
  size_t Size() const {
    size_t n = 0;
    for (const auto& lane : lanes) n += lane->size();
    return n;
  }

  MemoryStateStore store;
  PagePool pages;
  std::unique_ptr<SharedParts> shared;
  std::vector<std::unique_ptr<Windows>> lanes;
  Model model, committed;
  uint64_t epoch = 0;
};

TEST_P(StoredWindowsTest, HoldsWhatIsOpenAfterEveryCommitAndCrash) {
  Random random(TestSeed());
  Open(1);
  int64_t first = 0;
  for (int i = 0; i < 400; ++i) {
    for (uint64_t n = random.Below(300); n > 0; --n) {
      Add(first + static_cast<int64_t>(random.Below(4)), static_cast<uint32_t>(random.Below(random.Chance(0.1) ? 3'000 : 40)),
          static_cast<int64_t>(random.Below(9)) - 4);
    }
    if (random.Chance(0.3)) {
      first += static_cast<int64_t>(random.Below(3));
      CloseBefore(first);
    }
    ASSERT_EQ(Size(), model.size());
    if (random.Chance(0.1)) {
      // A crash: what was not committed is gone. Another number of lanes goes on, if there is a KeyBy.
      Open(is_keyed() ? static_cast<uint32_t>(1 + random.Below(5)) : 1);
      model = committed;
      first = model.empty() ? first : model.begin()->first.first.time_since_epoch().count();
      ASSERT_EQ(Size(), model.size());
    }
    if (random.Chance(0.7)) {
      Commit();
      ASSERT_EQ(Stored(), committed) << "epoch " << epoch;
    }
  }
  CloseBefore(first + 10);
  Commit();
  EXPECT_EQ(Stored(), Model());
}

TEST_P(StoredWindowsTest, WhatComesAndGoesBetweenCommitsIsNotStored) {
  Open(1);
  Add(1, 7, 1);
  CloseBefore(2);
  Commit();
  EXPECT_EQ(CountStored(store, "s/op/"), 0u);
}

TEST_P(StoredWindowsTest, GoesOnFromWhatAStoredTableHasWritten) {
  StoredTable<PackedTable<Word128, int64_t>> table("sums");
  bool fresh = false;
  for (const uint32_t key : {3u, 0u, 9u}) {
    const Word128 packed = PackKey(std::pair(At(5), key));
    const auto entry = is_keyed() ? table.table().FindOrInsert(packed, SliceOf(key), fresh)
                                  : table.table().FindOrInsert(packed, fresh);
    entry->value = key + 1;
    table.Changed(entry);
    model[{At(5), key}] = key + 1;
  }
  StateBatch batch;
  CheckpointWriter out(++epoch, "s/op/", batch);
  table.Checkpoint(out);
  ASSERT_THAT(store.Apply(batch), IsOk());
  Open(1);
  EXPECT_EQ(lanes[0]->size(), 3u);
  Add(5, 3, 10);
  Commit();
  EXPECT_EQ(Stored(), model);
  CloseBefore(6);
  Commit();
  EXPECT_EQ(Stored(), Model());
}

// Tables go from window to window, and are not heaped up.
TEST_P(StoredWindowsTest, ManyWindowsTakeTheMemoryOfThoseThatAreOpen) {
  Open(1);
  size_t early = 0;
  for (int64_t window = 0; window < Rounds(1'000); ++window) {
    for (uint32_t key = 0; key < 1'000; ++key) Add(window, key + static_cast<uint32_t>(window) * 17, 1);
    CloseBefore(window);
    if (window == 10) early = lanes[0]->memory();
  }
  EXPECT_LE(lanes[0]->memory(), early + (4 << 20));
}

INSTANTIATE_TEST_SUITE_P(Keyed, StoredWindowsTest, ::testing::Bool());

TEST(StoredWindows, AKeyUnderTwoKeysOfKeyByIsNotLoaded) {
  StoredTable<PackedTable<Word128, int64_t>> table("sums");
  bool fresh = false;
  for (const uint32_t slice : {3u, 4u}) {
    table.Changed(table.table().FindOrInsert(PackKey(std::pair(Time(Duration(5)), uint32_t{1})), slice, fresh));
  }
  StateBatch batch;
  CheckpointWriter out(1, "s/op/", batch);
  table.Checkpoint(out);
  MemoryStateStore store;
  ASSERT_THAT(store.Apply(batch), IsOk());
  PagePool pages;
  StateHost host;
  host.pages = &pages;
  host.is_keyed = true;
  StoredWindows<uint32_t, int64_t> windows("sums");
  windows.Attach(host);
  EXPECT_THAT(windows.Restore(CheckpointReader("s/op/", store)),
              StatusIs(absl::StatusCode::kFailedPrecondition, ::testing::HasSubstr("two keys of KeyBy")));
}

}  // namespace
}  // namespace rtstream
