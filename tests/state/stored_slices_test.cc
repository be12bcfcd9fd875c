// Tables of several lanes over one store: each has its own slices, also after their number has changed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "rtstream/state/keyed_state.h"
#include "rtstream/state/memory_store.h"
#include "rtstream/state/stored_table.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/random.h"
#include "tests/base/seed.h"
#include "tests/state/count_stored.h"

namespace rtstream {
namespace {

using testing::IsOk;
using testing::Random;

template <typename K>
struct Keys;
template <>
struct Keys<std::string> {
  static std::string Of(uint64_t n) { return "key-" + std::to_string(n); }
};
template <>
struct Keys<uint64_t> {
  static uint64_t Of(uint64_t n) { return n; }
};

template <typename K>
class StoredSlicesTest : public ::testing::Test {
 protected:
  using Table = TableOf<K, int64_t>;
  using Stored = StoredTable<Table>;

  // The slice of a key as a KeyBy would have it, not the key's own.
  static uint32_t SliceOf(uint64_t n) { return static_cast<uint32_t>(n * 7 % kSlices); }

  void Open(uint32_t count) {
    shared = std::make_unique<SharedParts>();
    lanes.clear();
    for (uint32_t i = 0; i < count; ++i) {
      Stored& lane = *lanes.emplace_back(std::make_unique<Stored>("t"));
      StateHost host;
      host.pages = &pages;
      host.lane = i;
      host.lanes = count;
      host.slices = SliceRange::OfLane(i, count);
      host.shared = shared.get();
      host.op = "op";
      lane.Attach(host);
      ASSERT_THAT(lane.Restore(CheckpointReader("s/op/", store)), IsOk());
    }
  }
  Stored& LaneOf(uint32_t slice) {
    for (uint32_t i = 0;; ++i) {
      if (SliceRange::OfLane(i, static_cast<uint32_t>(lanes.size())).Holds(slice)) return *lanes[i];
    }
  }
  void Put(uint64_t n, int64_t value) {
    Stored& lane = LaneOf(SliceOf(n));
    bool fresh = false;
    const auto key = Keys<K>::Of(n);
    const auto entry = lane.table().FindOrInsert(key, SliceOf(n), fresh);
    entry->value = value;
    lane.Changed(entry);
    model[n] = value;
  }
  void Erase(uint64_t n) {
    Stored& lane = LaneOf(SliceOf(n));
    const auto key = Keys<K>::Of(n);
    if (const auto entry = lane.table().Find(key, SliceOf(n)); entry) lane.Erase(entry);
    model.erase(n);
  }
  void Commit() {
    StateBatch batch;
    CheckpointWriter out(++epoch, "s/op/", batch);
    for (const auto& lane : lanes) lane->Checkpoint(out);
    ASSERT_THAT(store.Apply(batch), IsOk());
  }
  // Every lane has the keys of its slices, in their slices, and no others.
  void ExpectModel() {
    size_t size = 0;
    for (const auto& lane : lanes) size += lane->size();
    ASSERT_EQ(size, model.size());
    for (const auto& [n, value] : model) {
      const auto key = Keys<K>::Of(n);
      Table& table = LaneOf(SliceOf(n)).table();
      const auto entry = table.Find(key, SliceOf(n));
      ASSERT_TRUE(static_cast<bool>(entry)) << n;
      ASSERT_EQ(entry->value, value) << n;
      ASSERT_EQ(table.SliceAt(entry), SliceOf(n));
    }
  }
  size_t Deltas() {
    return CountStored(store, "s/op/t/d/");
  }

  MemoryStateStore store;
  PagePool pages;
  std::unique_ptr<SharedParts> shared;
  std::vector<std::unique_ptr<Stored>> lanes;
  std::map<uint64_t, int64_t> model;
  uint64_t epoch = 0;
};
using KeyTypes = ::testing::Types<std::string, uint64_t>;
TYPED_TEST_SUITE(StoredSlicesTest, KeyTypes);

TYPED_TEST(StoredSlicesTest, AnyNumberOfLanesGoesOnWhereAnotherStopped) {
  Random random(TestSeed());
  for (const uint32_t count : {1u, 2u, 7u, 3u, 64u, 1u, 5u}) {
    this->Open(count);
    this->ExpectModel();
    for (int commits = 0; commits < 30; ++commits) {
      for (int i = 0; i < 40; ++i) {
        const uint64_t n = random.Below(400);
        if (random.Chance(0.2)) {
          this->Erase(n);
        } else {
          this->Put(n, static_cast<int64_t>(random.Below(1'000'000)));
        }
      }
      this->Commit();
    }
  }
  this->Open(4);
  this->ExpectModel();
}

// Deltas of one lane for all slices go when the bases of several lanes hold what they say.
TYPED_TEST(StoredSlicesTest, DeltasOfWiderRangesAreDeletedInTheEnd) {
  this->Open(1);
  for (uint64_t n = 0; n < 300; ++n) this->Put(n, 1);
  this->Commit();
  this->Open(7);
  for (int commits = 0; commits < 200; ++commits) {
    for (uint64_t n = 0; n < 300; ++n) this->Put(n, commits);
    this->Commit();
  }
  const std::string first = "s/op/t/d/" + OrderedHex(1) + "/00-3f";
  EXPECT_EQ(*this->store.Get(first), std::nullopt);
  // Four tables of deltas for one of bases, in each lane.
  EXPECT_LT(this->Deltas(), 7u * 8);
  this->Open(2);
  this->ExpectModel();
}

TYPED_TEST(StoredSlicesTest, AKeyUnderTwoSlicesIsFoundOut) {
  this->Open(1);
  const auto key = Keys<TypeParam>::Of(1);
  bool fresh = false;
  StateBatch batch;
  CheckpointWriter out(1, "s/op/", batch);
  for (const uint32_t slice : {3u, 4u}) {
    typename TestFixture::Stored one("t");
    one.Changed(one.table().FindOrInsert(key, slice, fresh));
    CheckpointWriter of_slice(slice, "s/op/", batch);
    one.Checkpoint(of_slice);
  }
  ASSERT_THAT(this->store.Apply(batch), IsOk());
  EXPECT_THAT((ReadState<TypeParam, int64_t>(this->store, "op", "t", [](const auto&, int64_t) {})),
              testing::StatusIs(absl::StatusCode::kFailedPrecondition, ::testing::HasSubstr("two keys of KeyBy")));
}

}  // namespace
}  // namespace rtstream
