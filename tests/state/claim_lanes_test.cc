// Lanes of a new state, which nothing was restored from.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "rtstream/state/claim_table.h"
#include "rtstream/state/memory_blob_store.h"
#include "rtstream/state/memory_store.h"
#include "rtstream/state/slice.h"
#include "rtstream/testing/matchers.h"

namespace rtstream {
namespace {

using testing::IsOk;
using Outcome = ClaimTable::Outcome;

constexpr Time At(int64_t us) { return Time(Duration(us)); }

class ClaimLanesTest : public ::testing::Test {
 protected:
  static constexpr uint32_t kLanes = 2;
  static constexpr uint64_t kIds = 3'000;

  // As a runner does: a state that is new is not restored.
  void Begin(bool is_new) {
    for (uint32_t i = 0; i < kLanes; ++i) {
      lanes_[i] = std::make_unique<ClaimTable>();
      StateHost host;
      host.lane = i;
      host.lanes = kLanes;
      host.slices = SliceRange::OfLane(i, kLanes);
      lanes_[i]->Attach(host);
      // Everything goes to disk.
      ASSERT_THAT(lanes_[i]->Open({.window = Duration(800), .memory_budget = 1, .blobs = &blobs_}), IsOk());
      if (is_new) continue;
      ASSERT_THAT(lanes_[i]->Restore(CheckpointReader("s/dedup/", store_), host.slices.mask()), IsOk());
    }
  }
  Outcome Claim(uint64_t n) {
    IdBatch ids;
    ids.AddNumber({n * 0x9e3779b97f4a7c15, n});
    const auto slice = static_cast<uint8_t>(n % kSlices);
    ClaimTable& lane = *lanes_[slice * kLanes / kSlices];
    EXPECT_THAT(lane.Prepare(ids, {&slice, 1}), IsOk());
    const Outcome outcome = lane.Claim(ids, 0, slice, At(100), At(0));
    lane.Settle([](size_t) { return false; });
    return outcome;
  }
  // Until all ids are on disk.
  void CommitAll() {
    for (bool is_building = true; is_building;) {
      StateBatch batch;
      CheckpointWriter out(++epoch_, "s/dedup/", batch);
      for (const auto& lane : lanes_) ASSERT_THAT(lane->Checkpoint(out), IsOk());
      ASSERT_THAT(store_.Apply(batch), IsOk());
      is_building = false;
      for (const auto& lane : lanes_) {
        if (!lane->runs()->is_building()) continue;
        is_building = true;
        ASSERT_TRUE(lane->runs()->Wait(std::chrono::seconds(60)));
      }
    }
  }
  uint64_t IdsOnDisk() const { return lanes_[0]->runs()->ids() + lanes_[1]->runs()->ids(); }

  MemoryStateStore store_;
  MemoryBlobStore blobs_;
  std::array<std::unique_ptr<ClaimTable>, kLanes> lanes_;
  uint64_t epoch_ = 0;
};

TEST_F(ClaimLanesTest, RunsOfLanesHaveNamesOfTheirOwn) {
  Begin(true);
  for (uint64_t n = 0; n < kIds; ++n) ASSERT_EQ(Claim(n), Outcome::kNew);
  CommitAll();
  EXPECT_EQ(IdsOnDisk(), kIds);
  const absl::StatusOr<std::vector<std::string>> blobs = blobs_.List();
  ASSERT_THAT(blobs.status(), IsOk());
  EXPECT_EQ(blobs->size(), 2u);
  Begin(false);
  EXPECT_EQ(IdsOnDisk(), kIds);
  for (uint64_t n = 0; n < kIds; ++n) ASSERT_EQ(Claim(n), Outcome::kDuplicate) << n;
}

TEST_F(ClaimLanesTest, ARunThatNoCommitNamedIsRemoved) {
  Begin(true);
  for (uint64_t n = 0; n < kIds; ++n) Claim(n);
  StateBatch batch;
  CheckpointWriter out(1, "s/dedup/", batch);
  for (const auto& lane : lanes_) {
    ASSERT_THAT(lane->Checkpoint(out), IsOk());
    ASSERT_TRUE(lane->runs()->Wait(std::chrono::seconds(60)));
  }
  ASSERT_THAT(store_.Apply(batch), IsOk());
  Begin(false);
  const absl::StatusOr<std::vector<std::string>> blobs = blobs_.List();
  ASSERT_THAT(blobs.status(), IsOk());
  EXPECT_EQ(*blobs, std::vector<std::string>());
  for (uint64_t n = 0; n < kIds; ++n) ASSERT_EQ(Claim(n), Outcome::kDuplicate) << n;
}

}  // namespace
}  // namespace rtstream
