#include "rtstream/op/dedup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtstream/op/flat_map.h"
#include "rtstream/op/tee.h"
#include "rtstream/op/validate.h"
#include "rtstream/testing/matchers.h"
#include "tests/op/sale_test_base.h"

namespace rtstream {
namespace {

using namespace std::chrono_literals;
using testing::DeadLetterIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::StatusIs;

constexpr Duration kWindow = 80s;  // ids are kept in buckets of 10 s

class DedupTest : public SaleTestBase {
 protected:
  void UseDedup(size_t batch_rows = 512) {
    Use(
        [this] {
          return Sales() |
                 Dedup("dedup", &Sale::id, {.window = kWindow}, Branch<Sale>() | To(copies_)) |
                 To(out_);
        },
        {.batch_rows = batch_rows});
  }
  MemorySink<Sale> copies_{"copies"};
};

TEST_F(DedupTest, ACopyInTheSameBatchLeavesByTheSideOutput) {
  UseDedup();
  Push("a", "first");
  Push("a", "second");
  Push("b");
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre(HasId("a"), HasId("b")));
  ASSERT_EQ(copies_.all().size(), 1u);
  EXPECT_EQ(copies_.all()[0].sku, "second");
}

TEST_F(DedupTest, ACopyInALaterBatchLeavesByTheSideOutput) {
  UseDedup(1);
  for (const char* id : {"a", "b", "a"}) Push(id);
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre(HasId("a"), HasId("b")));
  EXPECT_THAT(copies_.all(), ElementsAre(HasId("a")));
}

TEST_F(DedupTest, ACommittedIdIsKnownAfterACrash) {
  UseDedup();
  Push("a");
  ASSERT_THAT(DrainAndCommit(), IsOk());
  ASSERT_THAT(driver_->Crash(), IsOk());
  Push("a");
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre(HasId("a")));
  EXPECT_THAT(copies_.all(), ElementsAre(HasId("a")));
}

TEST_F(DedupTest, ARecordThatIsReplayedIsNoCopyOfItself) {
  UseDedup();
  Push("a");
  ASSERT_THAT(driver_->Drain(), IsOk());
  ASSERT_THAT(driver_->Crash(), IsOk());
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre(HasId("a")));
  EXPECT_THAT(copies_.all(), IsEmpty());
}

TEST_F(DedupTest, CountsCopiesAsSideAndTheIdsHeldAsKeys) {
  UseDedup();
  for (const char* id : {"a", "b", "a", "a"}) Push(id);
  ASSERT_THAT(DrainAndCommit(), IsOk());
  const OperatorStats stats = driver_->Stats("dedup");
  EXPECT_EQ(stats.in, 4u);
  EXPECT_EQ(stats.out, 2u);
  EXPECT_EQ(stats.side, 2u);
  EXPECT_EQ(stats.refused, 0u);
  EXPECT_EQ(stats.keys, 2u);
}

TEST_F(DedupTest, WithoutASideOutputCopiesAreOnlyCounted) {
  Use([this] { return Sales() | Dedup("dedup", &Sale::id, {.window = kWindow}) | To(out_); });
  for (const char* id : {"a", "a"}) Push(id);
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre(HasId("a")));
  EXPECT_EQ(driver_->Stats("dedup").side, 1u);
  EXPECT_THAT(driver_->dead_letters(), IsEmpty());
}

TEST_F(DedupTest, IdsAreEqualWhenTheirBytesAre) {
  UseDedup();
  Push("0d9a2f3c-5b1e-4c7d-8e6f-112233445566");
  Push("0D9A2F3C-5B1E-4C7D-8E6F-112233445566");
  Push("0d9a2f3c5b1e4c7d8e6f112233445566");
  Push("");
  Push(std::string(1, '\0'));
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_EQ(out_.all().size(), 5u);
}

TEST_F(DedupTest, TakesTuplesOfKeysAsIds) {
  Use([this] {
    return Sales() |
           Dedup(
               "dedup",
               [](const Sale& s) { return std::tuple<std::string_view, int64_t>(s.sku, s.units); },
               {.window = kWindow}) |
           To(out_);
  });
  Push("a", "x", 1);
  Push("b", "x", 2);
  Push("c", "x", 1);
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre(HasId("a"), HasId("b")));
}

TEST_F(DedupTest, AnIdIsRememberedForTheWholeWindow) {
  UseDedup(1);
  Push("a", "", 1, At(9));  // in the bucket that ends at 10
  Push("b", "", 1, At(89));
  Push("a", "", 1, At(9));  // the watermark is 89: exactly a window later
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(copies_.all(), ElementsAre(HasId("a")));
}

TEST_F(DedupTest, AnIdIsForgottenAnEighthAfterTheWindow) {
  UseDedup(1);
  Push("a", "", 1, At(0));
  Push("b", "", 1, At(89));
  Push("a", "", 1, At(89));  // the bucket of the first copy ends at 10: it lives until 90
  Push("c", "", 1, At(90));
  Push("a", "", 1, At(90));
  ASSERT_THAT(DrainAndCommit(), IsOk());
  EXPECT_THAT(copies_.all(), ElementsAre(HasId("a")));
  EXPECT_THAT(out_.all(), ElementsAre(HasId("a"), HasId("b"), HasId("c"), HasId("a")));
  EXPECT_EQ(driver_->Stats("dedup").keys, 3u);
}

TEST_F(DedupTest, ACopyBeforeTheRecordThatExpiresTheFirstIsACopyAndOneBehindItIsNone) {
  UseDedup(3);
  Push("a", "", 1, At(9));  // its bucket lives until 90
  for (int i = 0; i < 2; ++i) Push("fills the batch " + std::to_string(i), "", 1, At(9));
  // One batch.
  Push("a", "before", 1, At(30));
  Push("later", "", 1, At(95));
  Push("a", "behind", 1, At(30));
  ASSERT_THAT(driver_->Drain(), IsOk());
  ASSERT_EQ(copies_.all().size(), 1u);
  EXPECT_EQ(copies_.all()[0].sku, "before");
  EXPECT_EQ(out_.all().back().sku, "behind");
}

TEST_F(DedupTest, ARecordOlderThanTheWindowCannotBeJudged) {
  UseDedup();
  Push("a", "", 1, At(100));
  Push("edge", "", 1, At(20));
  Push("old", "", 1, At(20) - 1us);
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre(HasId("a"), HasId("edge")));
  EXPECT_THAT(
      driver_->dead_letters(),
      ElementsAre(DeadLetterIs("dedup", absl::StatusCode::kOutOfRange, "behind the watermark")));
  EXPECT_EQ(driver_->dead_letters()[0].position, 2);
  EXPECT_EQ(driver_->Stats("dedup").refused, 1u);
}

TEST_F(DedupTest, TheEarliestEventTimeIsTooOldAndNoAccident) {
  UseDedup();
  Push("a", "", 1, At(0));
  Push("b", "", 1, kMinTime);
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(driver_->dead_letters(),
              ElementsAre(DeadLetterIs("dedup", absl::StatusCode::kOutOfRange)));
}

TEST_F(DedupTest, RecordsOfTheEarliestEventTimeAreKeptInOneBucket) {
  Use([this] {
    return From(in_) | AssignEventTime([](const Sale&) { return kMinTime; })
         | Dedup("dedup", &Sale::id, {.window = kWindow}) | To(out_);
  });
  for (const char* id : {"a", "b", "a"}) Push(id);
  ASSERT_THAT(DrainAndCommit(), IsOk());
  ASSERT_THAT(driver_->Crash(), IsOk());
  Push("b");
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre(HasId("a"), HasId("b")));
}

TEST_F(DedupTest, AWindowThatIsTooShortIsRefusedBeforeAnythingIsRead) {
  Use([this] { return Sales() | Dedup("dedup", &Sale::id, {.window = 7us}) | To(out_); });
  EXPECT_THAT(driver_->Drain(), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("dedup")));
}

// Dedup, and behind it an operator that refuses sales of no units.
class ClaimTest : public SaleTestBase {
 protected:
  static absl::Status CheckUnits(const Sale& s) {
    return s.units > 0 ? absl::OkStatus() : absl::InvalidArgumentError("want units > 0");
  }
  auto Deduped() { return Sales() | Dedup("dedup", &Sale::id, {.window = kWindow}); }
  void UseCheck(size_t batch_rows = 512) {
    Use([this] { return Deduped() | Validate("check", CheckUnits) | To(out_); },
        {.batch_rows = batch_rows});
  }
};

TEST_F(ClaimTest, ARecordThatIsRefusedLaterGivesItsIdBack) {
  UseCheck();
  Push("a", "", 0);
  ASSERT_THAT(DrainAndCommit(), IsOk());
  Push("a", "", 7);
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre(HasId("a")));
  EXPECT_EQ(driver_->Stats("dedup").side, 0u);
}

TEST_F(ClaimTest, AnIdIsGivenBackInTheCommitOfTheRefusal) {
  UseCheck();
  Push("a", "", 0);
  ASSERT_THAT(DrainAndCommit(), IsOk());
  EXPECT_EQ(driver_->Stats("dedup").keys, 0u);
  ASSERT_THAT(driver_->Crash(), IsOk());
  Push("a", "", 7);
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre(HasId("a")));
}

TEST_F(ClaimTest, ACopyInTheSameBatchTakesTheIdThatWasGivenBack) {
  UseCheck();
  Push("a", "", 0);
  Push("a", "", 0);
  Push("a", "", 7);
  Push("a", "", 8);
  ASSERT_THAT(driver_->Drain(), IsOk());
  ASSERT_EQ(out_.all().size(), 1u);
  EXPECT_EQ(out_.all()[0].units, 7);
  EXPECT_EQ(driver_->dead_letters().size(), 2u);
  EXPECT_EQ(driver_->Stats("dedup").side, 1u);
}

TEST_F(ClaimTest, ARecordAcceptedAfterAnIdWasGivenBackKeepsItOverACrash) {
  UseCheck(1);
  Push("a", "", 0);
  Push("a", "", 7);
  ASSERT_THAT(DrainAndCommit(), IsOk());
  ASSERT_THAT(driver_->Crash(), IsOk());
  Push("a", "", 8);
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_EQ(out_.all().size(), 1u);
}

TEST_F(ClaimTest, RefusalOfAPartBehindAFlatMapKeepsTheId) {
  Use([this] {
    return Deduped() |
           FlatMap("twice",
                   [](const Sale& s) {
                     return std::vector<Sale>{s, {s.id, s.sku, 0, s.at}};
                   }) |
           Validate("check", CheckUnits) | To(out_);
  });
  Push("a");
  Push("a");
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_EQ(out_.all().size(), 1u);
  EXPECT_EQ(driver_->Stats("dedup").side, 1u);
}

// The main flow has acted on the record: a copy would act again.
TEST_F(ClaimTest, ARefusalInABranchOfATeeKeepsTheId) {
  Use([this] {
    return Deduped() | Tee("tee", Branch<Sale>() | Validate("check", CheckUnits) | Discard()) |
           To(out_);
  });
  Push("a", "", 0);
  Push("a", "", 0);
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_EQ(out_.all().size(), 1u);
  EXPECT_EQ(driver_->Stats("dedup").side, 1u);
  EXPECT_THAT(driver_->dead_letters(),
              ElementsAre(DeadLetterIs("check", absl::StatusCode::kInvalidArgument)));
}

TEST_F(ClaimTest, ARefusalInABranchBeforeDedupKeepsTheId) {
  Use(
      [this] {
        return Sales() | Tee("tee", Branch<Sale>() | Validate("check", CheckUnits) | Discard()) |
               Dedup("dedup", &Sale::id, {.window = kWindow}) | To(out_);
      },
      {.batch_rows = 1});
  Push("a", "", 0);
  Push("a", "", 0);
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_EQ(out_.all().size(), 1u);
}

}  // namespace
}  // namespace rtstream
