// ClaimNew() against Claim(): the same ids, one table each.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "rtstream/state/claim_table.h"
#include "rtstream/state/memory_store.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/random.h"
#include "tests/base/seed.h"

namespace rtstream {
namespace {

using testing::IsOk;
using testing::Random;
using Outcome = ClaimTable::Outcome;

constexpr Duration kWindow{800};  // buckets of 100
Time At(int64_t us) { return Time(Duration(us)); }

struct Row {
  Word128 id;
  int64_t event_time;
  bool is_refused;
};

// A table, what it stores, and how it is asked.
class Side {
 public:
  explicit Side(bool uses_claim_new) : uses_claim_new_(uses_claim_new) {
    EXPECT_THAT(claims.Open({.window = kWindow}), IsOk());
  }

  std::vector<Outcome> Claim(const std::vector<Row>& rows, const std::vector<uint8_t>& slices, int64_t watermark) {
    ids_.ResetToNumbers(rows.size());
    Time earliest = kMaxTime, latest = kMinTime;
    for (size_t i = 0; i < rows.size(); ++i) {
      ids_.SetNumber(i, rows[i].id);
      earliest = std::min(earliest, At(rows[i].event_time));
      latest = std::max(latest, At(rows[i].event_time));
    }
    EXPECT_THAT(claims.Prepare(ids_, slices), IsOk());
    std::vector<Outcome> outcomes;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (uses_claim_new_) {
        const size_t known = claims.ClaimNew(ids_, i, slices, earliest, latest);
        at_once += known - i;
        outcomes.insert(outcomes.end(), known - i, Outcome::kNew);
        i = known;
        if (i == rows.size()) break;
      }
      outcomes.push_back(claims.Claim(ids_, i, slices.empty() ? 0 : slices[i], At(rows[i].event_time), At(watermark)));
    }
    claims.Settle([&](size_t i) { return rows[i].is_refused; });
    return outcomes;
  }
  std::string Commit(uint64_t epoch) {
    StateBatch batch;
    CheckpointWriter out(epoch, "s/dedup/", batch);
    EXPECT_THAT(claims.Checkpoint(out), IsOk());
    EXPECT_THAT(store.Apply(batch), IsOk());
    std::string writes;
    for (const StateWrite& write : batch.writes()) writes += std::to_string(write.value.size()) + " ";
    return writes;
  }

  ClaimTable claims;
  MemoryStateStore store;
  size_t at_once = 0;

 private:
  bool uses_claim_new_;
  IdBatch ids_;
};

TEST(ClaimNew, AgreesWithClaimOverRandomBatches) {
  Random random(TestSeed());
  Side one(false), other(true);
  std::vector<Word128> known;
  size_t fresh = 0;
  int64_t watermark = 0;
  for (uint64_t batch = 1; batch <= 3'000; ++batch) {
    std::vector<Row> rows(1 + random.Below(60));
    for (Row& row : rows) {
      row.event_time = std::max<int64_t>(0, watermark - 20) + static_cast<int64_t>(random.Below(30));
      row.is_refused = random.Below(50) == 0;
      if (!known.empty() && random.Below(10) == 0) {
        row.id = known[known.size() - 1 - random.Below(std::min<size_t>(known.size(), 5'000))];
      } else {
        // Few bits, so that some are the same by chance.
        row.id = {random.Below(1 << 10), random.Below(1 << 10)};
      }
      known.push_back(row.id);
    }
    std::vector<uint8_t> slices;  // of an id always the same
    for (size_t i = 0; batch > 1'500 && i < rows.size(); ++i) slices.push_back(rows[i].id.low % 16 < 12 ? 0 : 5);
    const std::vector<Outcome> outcomes = one.Claim(rows, slices, watermark);
    ASSERT_EQ(outcomes, other.Claim(rows, slices, watermark)) << "batch " << batch;
    fresh += static_cast<size_t>(std::count(outcomes.begin(), outcomes.end(), Outcome::kNew));
    watermark += static_cast<int64_t>(random.Below(12));
    one.claims.Expire(At(watermark));
    other.claims.Expire(At(watermark));
    ASSERT_EQ(one.claims.size(), other.claims.size());
    if (batch % 7 == 0) {
      ASSERT_EQ(one.Commit(batch), other.Commit(batch));
    }
  }
  // Most of what is new takes the short way.
  EXPECT_GT(other.at_once, fresh / 2);
}

TEST(ClaimNew, LeavesIdsOfTwoBucketsToClaim) {
  Side side(true);
  side.Claim({{{0, 1}, 50, false}, {{0, 2}, 150, false}, {{0, 3}, 50, false}}, {}, 0);
  side.Claim({{{0, 4}, 50, false}, {{0, 5}, 150, false}, {{0, 6}, 50, false}}, {}, 0);
  EXPECT_EQ(side.at_once, 0u);
  side.Claim({{{0, 7}, 50, false}, {{0, 8}, 51, false}}, {}, 0);
  EXPECT_EQ(side.at_once, 2u);
}

TEST(ClaimNew, FindsTheCopyInTheSameBatch) {
  Side side(true);
  side.Claim({{{0, 1}, 50, false}}, {}, 0);
  EXPECT_EQ(side.Claim({{{0, 2}, 50, false}, {{0, 2}, 50, false}}, {}, 0),
            (std::vector<Outcome>{Outcome::kNew, Outcome::kPending}));
}

// Of a batch whose ids Claim() took before, without a word of what comes.
TEST(ClaimNew, TakesTheIdsBehindManyCopies) {
  Side side(true);
  std::vector<Row> rows;
  for (uint64_t i = 0; i < 100; ++i) rows.push_back({{i, 1}, 50, false});
  side.Claim(rows, {}, 0);
  for (uint64_t i = 0; i < 100; ++i) rows.push_back({{i, 2}, 50, false});
  const std::vector<Outcome> outcomes = side.Claim(rows, {}, 0);
  EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), Outcome::kDuplicate), 100);
  EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), Outcome::kNew), 100);
}

}  // namespace
}  // namespace rtstream
