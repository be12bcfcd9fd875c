#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtstream/op/aggregate.h"
#include "rtstream/op/map.h"
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

using Sum = Aggregated<std::string, int64_t>;

void AddUnits(int64_t& sum, const Sale& sale) { sum += sale.units; }

// The window's start in seconds from At(0), the key, and the sum.
std::string Text(const Sum& a) {
  return std::to_string((a.window.start - At(0)).count() / 1'000'000) + " " + a.key + "=" +
         std::to_string(a.value);
}

// Windows of ten seconds.
class TumblingTest : public SaleTestBase {
 protected:
  void UseSums(Duration allowed_lateness = 0s, size_t batch_rows = 512) {
    Use(
        [this, allowed_lateness] {
          return Sales() |
                 Aggregate("sums", &Sale::sku, AddUnits,
                           Tumbling{.size = 10s, .allowed_lateness = allowed_lateness}) |
                 Map("text", Text) | To(texts_);
        },
        {.batch_rows = batch_rows});
  }
  MemorySink<std::string> texts_{"texts"};
};

TEST_F(TumblingTest, AWindowComesWhenTheWatermarkPassesItsEnd) {
  UseSums();
  Push("", "hat", 1, At(1));
  Push("", "hat", 2, At(9));
  Push("", "hat", 4, At(10) - 1us);
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(texts_.all(), IsEmpty());
  Push("", "hat", 8, At(10));
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(texts_.all(), ElementsAre("0 hat=7"));
}

TEST_F(TumblingTest, ResultsComeByWindowAndThenByKey) {
  UseSums();
  Push("", "shirt", 1, At(15));
  Push("", "hat", 2, At(15));
  Push("", "shirt", 3, At(25));
  Push("", "hat", 4, At(35));
  Push("", "x", 0, At(100));
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(texts_.all(), ElementsAre("10 hat=2", "10 shirt=1", "20 shirt=3", "30 hat=4"));
}

TEST_F(TumblingTest, AWindowStaysOpenForTheAllowedLateness) {
  UseSums(5s);
  Push("", "hat", 1, At(1));
  Push("", "hat", 2, At(15) - 1us);
  Push("", "hat", 4, At(2));  // late, and allowed
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(texts_.all(), IsEmpty());
  Push("", "hat", 8, At(15));
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(texts_.all(), ElementsAre("0 hat=5"));
}

TEST_F(TumblingTest, ARecordOfAClosedWindowIsRefusedAsLate) {
  UseSums();
  Push("", "hat", 1, At(10));
  Push("", "hat", 2, At(9));
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(
      driver_->dead_letters(),
      ElementsAre(DeadLetterIs("sums", absl::StatusCode::kOutOfRange,
                               "late record: its window is closed, event time is 1000 ms")));
  EXPECT_EQ(driver_->dead_letters()[0].position, 1);
  EXPECT_EQ(driver_->Stats("sums").refused, 1u);
}

TEST_F(TumblingTest, TheEarliestEventTimeIsLateAndNoAccident) {
  UseSums();
  Push("", "hat", 1, At(10));
  Push("", "hat", 2, kMinTime);
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(driver_->dead_letters(),
              ElementsAre(DeadLetterIs("sums", absl::StatusCode::kOutOfRange)));
}

TEST_F(TumblingTest, WithALateExitLateRecordsLeaveThere) {
  Use([this] {
    return Sales() |
           Aggregate("sums", &Sale::sku, AddUnits, Tumbling{.size = 10s},
                     Branch<Sale>() | To(out_)) |
           Map("text", Text) | To(texts_);
  });
  Push("early", "hat", 1, At(10));
  Push("late", "hat", 2, At(9));
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(out_.all(), ElementsAre(HasId("late")));
  EXPECT_THAT(driver_->dead_letters(), IsEmpty());
  EXPECT_EQ(driver_->Stats("sums").side, 1u);
}

TEST_F(TumblingTest, OpenWindowsSurviveACrashExactly) {
  UseSums();
  Push("", "hat", 1, At(1));
  Push("", "shirt", 1, At(12));
  ASSERT_THAT(DrainAndCommit(), IsOk());
  ASSERT_THAT(driver_->Crash(), IsOk());
  Push("", "shirt", 2, At(13));
  Push("", "x", 0, At(20));
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(texts_.all(), ElementsAre("0 hat=1", "10 shirt=3"));
}

TEST_F(TumblingTest, AClosedWindowComesOnceOverACrash) {
  UseSums();
  Push("", "hat", 1, At(1));
  Push("", "x", 0, At(10));
  ASSERT_THAT(driver_->Drain(), IsOk());
  ASSERT_THAT(driver_->Crash(), IsOk());
  ASSERT_THAT(DrainAndCommit(), IsOk());
  ASSERT_THAT(driver_->Crash(), IsOk());
  Push("", "x", 0, At(20));
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_THAT(texts_.all(), ElementsAre("0 hat=1", "10 x=0"));
}

TEST_F(TumblingTest, AClosedWindowIsErased) {
  UseSums();
  Push("", "hat", 1, At(1));
  Push("", "shirt", 1, At(1));
  Push("", "x", 0, At(10));
  ASSERT_THAT(DrainAndCommit(), IsOk());
  EXPECT_EQ(driver_->Stats("sums").keys, 1u);
  EXPECT_EQ(driver_->Stats("sums").in, 3u);
  EXPECT_EQ(driver_->Stats("sums").out, 2u);
}

TEST_F(TumblingTest, WindowsBefore1970AreAlignedToo) {
  UseSums();
  Push("", "hat", 1, Time(-1us));
  Push("", "hat", 2, Time(-10s));
  Push("", "x", 0, Time(0s));
  ASSERT_THAT(driver_->Drain(), IsOk());
  ASSERT_EQ(texts_.all().size(), 1u);
  EXPECT_THAT(texts_.all()[0], HasSubstr("hat=3"));
}

TEST_F(TumblingTest, AWindowOfNoSizeIsRefusedBeforeAnythingIsRead) {
  Use([this] {
    return Sales() | Aggregate("sums", &Sale::sku, AddUnits, Tumbling{.size = 0s}) | Discard();
  });
  EXPECT_THAT(driver_->Drain(), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("sums")));
}

TEST_F(TumblingTest, MoreKeysInAWindowThanABatchHoldsAllCome) {
  UseSums();
  for (int i = 0; i < 10'000; ++i) Push("", std::to_string(i), 1, At(1));
  Push("", "x", 0, At(10));
  ASSERT_THAT(driver_->Drain(), IsOk());
  EXPECT_EQ(texts_.all().size(), 10'000u);
}

// A result that is refused has no record of the source behind it.
TEST_F(TumblingTest, ARefusedResultIsADeadLetterWithoutBytes) {
  Use([this] {
    return Sales() | Aggregate("sums", &Sale::sku, AddUnits, Tumbling{.size = 10s}) |
           Map("check",
               [](const Sum&) -> absl::StatusOr<int> {
                 return absl::FailedPreconditionError("no");
               }) |
           Discard();
  });
  Push("", "hat", 1, At(1));
  Push("", "x", 0, At(10));
  ASSERT_THAT(driver_->Drain(), IsOk());
  ASSERT_THAT(driver_->dead_letters(),
              ElementsAre(DeadLetterIs("check", absl::StatusCode::kFailedPrecondition, "no")));
  EXPECT_EQ(driver_->dead_letters()[0].bytes, "");
  EXPECT_EQ(driver_->dead_letters()[0].partition, "");
}

// The watermark moves without a batch when an idle partition no longer holds it back.
class IdleWindowTest : public SaleTestBase {
 protected:
  void RunUntilIdle() {
    MemorySource<Sale> two(2);
    Use([&] {
      return From(two) | AssignEventTime(&Sale::at, {.idle_timeout = 60s}) |
             Aggregate("sums", &Sale::sku, AddUnits, Tumbling{.size = 10s}) |
             Map("check",
                 [](const Sum& sum) -> absl::StatusOr<std::string> {
                   if (sum.value < 0) return absl::FailedPreconditionError("negative");
                   return Text(sum);
                 }) |
             To(texts_);
    });
    two.Push({"", "hat", 1, At(1)}, 0);
    two.Push({"", "shirt", -1, At(1)}, 0);
    two.Push({"", "x", 0, At(2)}, 1);
    ASSERT_THAT(driver_->Drain(), IsOk());
    ASSERT_THAT(driver_->AdvanceClock(30s), IsOk());
    two.Push({"", "y", 0, At(15)}, 0);
    ASSERT_THAT(driver_->Drain(), IsOk());
    ASSERT_THAT(texts_.all(), IsEmpty());
    ASSERT_THAT(driver_->AdvanceClock(40s), IsOk());
  }
  MemorySink<std::string> texts_{"texts"};
};

TEST_F(IdleWindowTest, WindowsCloseWithoutABatch) {
  RunUntilIdle();
  EXPECT_THAT(texts_.all(), ElementsAre("0 hat=1", "0 x=0"));
}

TEST_F(IdleWindowTest, WhatIsRefusedThenReachesTheDeadLetters) {
  RunUntilIdle();
  EXPECT_THAT(
      driver_->dead_letters(),
      ElementsAre(DeadLetterIs("check", absl::StatusCode::kFailedPrecondition, "negative")));
}

// Windows over the results of windows. Whether a result is late must not depend on where batches
// end.
class TwoLevelTest : public SaleTestBase, public ::testing::WithParamInterface<size_t> {};

TEST_P(TwoLevelTest, ResultsOfResultsDoNotDependOnTheBatchSize) {
  MemorySink<std::string> texts{"texts"};
  MemorySink<Sum> late{"late"};
  Use(
      [&] {
        return Sales() |
               Aggregate("fine", &Sale::sku, AddUnits,
                         Tumbling{.size = 10s, .allowed_lateness = 30s}) |
               Aggregate(
                   "coarse", &Sum::key, [](int64_t& sum, const Sum& s) { sum += s.value; },
                   Tumbling{.size = 20s}, Branch<Sum>() | To(late)) |
               Map("text", Text) | To(texts);
      },
      {.batch_rows = GetParam()});
  for (int64_t second = 0; second < 300; ++second) {
    Push("", "hat", 1, At(second));
  }
  ASSERT_THAT(driver_->Drain(), IsOk());
  // A fine window comes 30 s after its end, when the coarse one around it is closed.
  EXPECT_THAT(texts.all(), IsEmpty());
  EXPECT_EQ(late.all().size(), 26u);
}

INSTANTIATE_TEST_SUITE_P(BatchSizes, TwoLevelTest, ::testing::Values(1, 7, 100, 4096));

}  // namespace
}  // namespace rtstream
