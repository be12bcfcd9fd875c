// Claims by slice, and as fingerprints.
#include <gtest/gtest.h>

#include <bit>
#include <string>
#include <vector>

#include "rtstream/state/claim_table.h"
#include "rtstream/state/memory_store.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/random.h"
#include "tests/base/seed.h"
#include "tests/state/count_stored.h"

namespace rtstream {
namespace {

using testing::IsOk;
using testing::Random;
using testing::StatusIs;
using Outcome = ClaimTable::Outcome;

constexpr Duration kWindow{800};  // buckets of 100
constexpr Time At(int64_t us) { return Time(Duration(us)); }

// The lanes of one operator over one store.
class ClaimSlicesTest : public ::testing::Test {
 protected:
  struct Id {
    std::string text;  // empty: the number
    Word128 number;
    uint32_t slice;
  };
  // Ids of both kinds, in random slices.
  void MakeIds(size_t n) {
    while (ids_.size() < n) {
      const auto slice = static_cast<uint32_t>(random_.Below(kSlices));
      const bool is_text = random_.Chance(0.3);
      ids_.push_back({is_text ? "id-" + std::to_string(ids_.size()) : "",
                      {random_.Next(), random_.Next()}, slice});
    }
  }
  void Restart(const std::vector<uint64_t>& masks, const ClaimOptions& options = {.window = kWindow}) {
    masks_ = masks;
    lanes_.clear();
    lanes_.resize(masks.size());
    for (size_t i = 0; i < masks.size(); ++i) {
      ASSERT_THAT(lanes_[i].Open(options), IsOk());
      ASSERT_THAT(lanes_[i].Restore(CheckpointReader("s/dedup/", store_), masks[i]), IsOk());
    }
  }
  Outcome Claim(const Id& id, int64_t now) {
    size_t lane = 0;
    while ((masks_[lane] >> id.slice & 1) == 0) ++lane;
    IdBatch batch;
    if (id.text.empty()) {
      batch.AddNumber(id.number);
    } else {
      batch.AddText(id.text);
    }
    EXPECT_THAT(lanes_[lane].Prepare(batch), IsOk());
    const Outcome outcome = lanes_[lane].Claim(batch, 0, id.slice, At(now), At(now));
    lanes_[lane].Settle([](size_t) { return false; });
    return outcome;
  }
  void Commit() {
    StateBatch batch;
    CheckpointWriter out(++epoch_, "s/dedup/", batch);
    for (ClaimTable& lane : lanes_) ASSERT_THAT(lane.Checkpoint(out), IsOk());
    ASSERT_THAT(store_.Apply(batch), IsOk());
  }
  size_t size() const {
    size_t n = 0;
    for (const ClaimTable& lane : lanes_) n += lane.size();
    return n;
  }
  size_t StoredBlocks() {
    return CountStored(store_, "s/dedup/");
  }

  Random random_{TestSeed()};
  MemoryStateStore store_;
  std::vector<Id> ids_;
  std::vector<uint64_t> masks_;
  std::vector<ClaimTable> lanes_;
  uint64_t epoch_ = 0;
};

TEST_F(ClaimSlicesTest, EachNumberOfLanesFindsWhatTheOthersStored) {
  size_t known = 0;
  for (const std::vector<uint64_t>& masks : std::vector<std::vector<uint64_t>>{
           {ClaimTable::kAllSlices},
           {0xffff'0000'ffff'0000, 0x0000'ffff'0000'ffff},
           {0x7, ~uint64_t{0xff07}, 0xff00},
           {ClaimTable::kAllSlices}}) {
    Restart(masks);
    ASSERT_EQ(size(), known);
    for (size_t i = 0; i < known; ++i) ASSERT_EQ(Claim(ids_[i], 150), Outcome::kDuplicate) << i;
    MakeIds(known + 1'000);
    for (; known < ids_.size(); ++known) {
      ASSERT_EQ(Claim(ids_[known], 100), Outcome::kNew);
      if (random_.Chance(0.01)) Commit();
    }
    Commit();
  }
}

TEST_F(ClaimSlicesTest, ALaneLoadsNothingOfTheOthersSlices) {
  Restart({ClaimTable::kAllSlices});
  MakeIds(500);
  size_t of_slice_5 = 0;
  for (const Id& id : ids_) {
    Claim(id, 100);
    of_slice_5 += id.slice == 5;
  }
  Commit();
  Restart({uint64_t{1} << 5, ~(uint64_t{1} << 5)});
  EXPECT_EQ(lanes_[0].size(), of_slice_5);
  EXPECT_EQ(lanes_[1].size(), ids_.size() - of_slice_5);
}

TEST_F(ClaimSlicesTest, BlocksOfLanesThatAreNoMoreGoWithTheirBucket) {
  Restart({0xff, ~uint64_t{0xff}});
  MakeIds(200);
  for (const Id& id : ids_) Claim(id, 100);
  Commit();
  Restart({0xf, 0xf0, ~uint64_t{0xff}});
  for (ClaimTable& lane : lanes_) lane.Expire(At(1'000));
  Commit();
  EXPECT_EQ(StoredBlocks(), 1u);  // the secret
  Restart({ClaimTable::kAllSlices});
  EXPECT_EQ(size(), 0u);
}

TEST_F(ClaimSlicesTest, FingerprintsOfNumbersAndTextsAreRememberedOverARestart) {
  const ClaimOptions options{.window = kWindow, .fingerprints = true};
  Restart({ClaimTable::kAllSlices}, options);
  MakeIds(2'000);
  for (const Id& id : ids_) ASSERT_EQ(Claim(id, 100), Outcome::kNew);
  Commit();
  Restart({0xffff, ~uint64_t{0xffff}}, options);
  EXPECT_EQ(size(), ids_.size());
  for (const Id& id : ids_) ASSERT_EQ(Claim(id, 150), Outcome::kDuplicate);
}

TEST_F(ClaimSlicesTest, AMillionFingerprintsTakeAtMost24BytesEach) {
  Restart({ClaimTable::kAllSlices}, {.window = kWindow, .fingerprints = true});
  lanes_[0].Attach({.keeps_changes = false});
  constexpr size_t kIds = 1'000'000;
  for (size_t i = 0; i < kIds; i += 500) {
    IdBatch batch;
    for (size_t k = 0; k < 500; ++k) batch.AddNumber({random_.Next(), random_.Next()});
    ASSERT_THAT(lanes_[0].Prepare(batch), IsOk());
    for (size_t k = 0; k < 500; ++k) {
      ASSERT_EQ(lanes_[0].Claim(batch, k, 0, At(0), At(0)), Outcome::kNew);
    }
    lanes_[0].Settle([](size_t) { return false; });
  }
  EXPECT_LE(lanes_[0].memory(), 24 * kIds);
}

TEST_F(ClaimSlicesTest, IdsStoredWholeAreNoFingerprints) {
  Restart({ClaimTable::kAllSlices});
  MakeIds(1);
  Claim(ids_[0], 100);
  Commit();
  ClaimTable other;
  ASSERT_THAT(other.Open({.window = kWindow, .fingerprints = true}), IsOk());
  EXPECT_THAT(other.Restore(CheckpointReader("s/dedup/", store_)),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(ClaimSlicesTest, ExpectedIdsAreAHint) {
  Restart({ClaimTable::kAllSlices}, {.window = kWindow, .expected_ids = 2'000});
  const size_t memory = lanes_[0].memory();
  MakeIds(10'000);
  for (size_t i = 0; i < ids_.size(); ++i) ASSERT_EQ(Claim(ids_[i], 100), Outcome::kNew);
  for (size_t i = 0; i < ids_.size(); ++i) ASSERT_EQ(Claim(ids_[i], 100), Outcome::kDuplicate);
  EXPECT_GT(lanes_[0].memory(), memory);
}

}  // namespace
}  // namespace rtstream
