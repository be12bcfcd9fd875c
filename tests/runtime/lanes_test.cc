// Several lanes: the same results as one, whatever happens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "rtstream/io/memory_source.h"
#include "rtstream/testing/matchers.h"
#include "tests/base/rounds.h"
#include "tests/base/seed.h"
#include "tests/runtime/lanes_world.h"

namespace rtstream {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

class LanesTest : public ::testing::TestWithParam<uint32_t> {
 protected:
  LanesWorld::Results Expected() {
    LanesWorld world(visits);
    EXPECT_THAT(world.Run(1), IsOk());
    return world.Collect();
  }

  // Ends runs after some batches, whichever they are, until there are no more.
  static void RunInParts(LanesWorld& world, const std::vector<uint32_t>& lanes) {
    for (size_t i = 0; !world.is_finished(); ++i) {
      ASSERT_LT(i, 1000u);
      RunOptions options = world.Options(lanes[i % lanes.size()]);
      options.max_epoch_bytes = 0;
      world.stop_at = world.source_polls + 60;
      ASSERT_THAT(world.Run(options), IsOk()) << i;
    }
  }

  uint64_t seed = TestSeed();
  std::vector<std::pair<Visit, uint32_t>> visits = MakeVisits(seed, Rounds(20'000u));
};

TEST_P(LanesTest, ResultsAreThoseOfOneLane) {
  LanesWorld world(visits);
  ASSERT_THAT(world.Run(GetParam()), IsOk());
  EXPECT_EQ(world.Collect(), Expected());
}

TEST_P(LanesTest, ManyCommitsChangeNothing) {
  LanesWorld world(visits);
  RunOptions options = world.Options(GetParam());
  options.max_epoch_bytes = 0;
  ASSERT_THAT(world.Run(options), IsOk());
  EXPECT_EQ(world.Collect(), Expected());
  EXPECT_GT(world.committed.epoch, Rounds(100u));
}

TEST_P(LanesTest, AStoppedRunGoesOnWithAnotherNumberOfLanes) {
  LanesWorld world(visits);
  RunInParts(world, {GetParam(), 1, 7, 2, GetParam() + 1, 64});
  EXPECT_EQ(world.Collect(), Expected());
}

TEST_P(LanesTest, IdsOnDiskGoOnWithAnotherNumberOfLanes) {
  LanesWorld world(visits);
  world.dedup_budget = 1;  // everything goes to disk
  RunInParts(world, {GetParam(), 7, 1, GetParam(), 2});
  LanesWorld::Results results = world.Collect(), expected = Expected();
  // Ids that are being moved are counted until that is done, also of buckets that have gone.
  for (LanesWorld::Results* r : {&results, &expected}) std::get<4>(r->counters["dedup"]) = 0;
  EXPECT_EQ(results, expected);
  EXPECT_NE(*world.blobs.List(), std::vector<std::string>());
}

// What the sinks and the source did not take or give is not lost.
TEST_P(LanesTest, PluginsThatFailForNowLoseNothing) {
  // Retries wait by the machine's clock, by which no record is too far ahead.
  const auto options = [](LanesWorld& world, uint32_t lanes) {
    RunOptions o = world.Options(lanes);
    o.clock = nullptr;
    o.retry.initial_backoff = o.retry.max_backoff = Duration{1};
    return o;
  };
  LanesWorld expected(visits);
  ASSERT_THAT(expected.Run(options(expected, 1)), IsOk());
  LanesWorld world(visits);
  world.failing = absl::UnavailableError("not now");
  world.fails_every = 7;
  ASSERT_THAT(world.Run(options(world, GetParam())), IsOk());
  EXPECT_EQ(world.Collect(), expected.Collect());
}

TEST_P(LanesTest, ARunThatFailsGoesOnFromItsLastCommit) {
  LanesWorld world(visits);
  testing::Random random(seed + 1);
  for (int i = 0; i < 200; ++i) {
    RunOptions options = world.Options(i % 3 == 2 ? 1 : GetParam());
    options.max_epoch_bytes = 0;
    world.failing = absl::InternalError("broken");
    world.fails_every = 0;
    world.fails_at = world.calls + 1 + static_cast<int>(random.Below(400));
    const absl::Status status = world.Run(options);
    if (status.ok()) break;
    ASSERT_THAT(status, StatusIs(absl::StatusCode::kInternal, "broken"));
  }
  world.fails_at = -1;
  ASSERT_THAT(world.Run(GetParam()), IsOk());
  EXPECT_EQ(world.Collect(), Expected());
}

INSTANTIATE_TEST_SUITE_P(Lanes, LanesTest, ::testing::Values(2, 3, 7));

TEST(Lanes, WithoutRoomForInputOneBatchIsUnderWayAtATime) {
  LanesWorld world(MakeVisits(1, 1'000)), expected(MakeVisits(1, 1'000));
  RunOptions options = world.Options(2);
  options.max_bytes_in_flight = 0;
  ASSERT_THAT(world.Run(options), IsOk());
  ASSERT_THAT(expected.Run(1), IsOk());
  EXPECT_EQ(world.Collect(), expected.Collect());
}

TEST(Lanes, StepIsRefusedAndSpoilsNothing) {
  MemorySource<Visit> source;
  source.Push({});
  source.Finish();
  MemorySink<Visit> sink("sink");
  MemoryStateStore store;
  Runner runner([&] { return From(source) | KeyBy("a", [](const Visit& v) { return v.page; }) | To(sink); }, store,
                {.lanes = 2});
  EXPECT_THAT(runner.Step().status(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("opened before")));
  ASSERT_THAT(runner.Open(), IsOk());
  EXPECT_THAT(runner.Step().status(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("several lanes")));
  ASSERT_THAT(runner.Run(), IsOk());
  EXPECT_EQ(sink.all().size(), 1u);
}

TEST(Lanes, StateOfAnotherKeyByIsRefused) {
  LanesWorld world(MakeVisits(1, 100));
  ASSERT_THAT(world.Run(2), IsOk());
  world.key_by = "by_page";
  EXPECT_THAT(world.Run(2), StatusIs(absl::StatusCode::kFailedPrecondition,
                                     ::testing::AllOf(HasSubstr("'by_shop'"), HasSubstr("'by_page'"))));
}

TEST(Lanes, SeveralAreRefusedWhereRecordsCannotBeDivided) {
  MemorySource<Visit> source;
  MemorySink<Visit> sink("sink");
  const auto key = [](const Visit& v) { return v.page; };
  const auto sum = [](ItemUpdate<int64_t>& item, const Visit& v) {
    item.Set(v.units);
    return v;
  };
  const auto open = [&](const std::function<Pipeline()>& make, uint32_t lanes) {
    MemoryStateStore store;
    Runner runner(make, store, {.lanes = lanes});
    return runner.Open();
  };
  const auto refuses = [](std::string_view what) {
    return StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr(std::string(what)));
  };
  EXPECT_THAT(open([&] { return From(source) | To(sink); }, 2), refuses("want a KeyBy"));
  EXPECT_THAT(open([&] { return From(source) | KeyBy("a", key) | KeyBy("b", key) | To(sink); }, 1),
              refuses("'a' and 'b' are both KeyBy"));
  EXPECT_THAT(open([&] { return From(source) | Tee("t", Branch<Visit>() | KeyBy("a", key) | To(sink)) | Discard(); }, 1),
              refuses("'a' is in a branch"));
  EXPECT_THAT(open([&] { return From(source) | UpdateState("early", key, sum) | KeyBy("a", key) | To(sink); }, 2),
              refuses("operator 'early' keeps state"));
  EXPECT_THAT(open([&] { return From(source) | UpdateState("early", key, sum) | KeyBy("a", key) | To(sink); }, 1),
              IsOk());
  EXPECT_THAT(open([&] { return From(source) | KeyBy("a", key) | AssignEventTime(&Visit::at) | To(sink); }, 2),
              refuses("AssignEventTime stands behind 'a'"));
  EXPECT_THAT(open([&] { return From(source) | KeyBy("a", key) | To(sink); }, 65),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("1 to 64 lanes, got 65")));
  MemoryStateStore store;
  Runner one(From(source) | KeyBy("a", key) | To(sink), store, {.lanes = 2});
  EXPECT_THAT(one.Open(), refuses("want a runner with a function"));
}

TEST(Lanes, AFunctionBeforeKeyByMustNotAskForTheWatermark) {
  MemorySource<Visit> source;
  source.Push({});
  source.Finish();
  MemorySink<Visit> sink("sink");
  MemoryStateStore store;
  Runner runner(
      [&] {
        return From(source) | AssignEventTime(&Visit::at) |
               Map("ask", [](Visit& v, Context& ctx) { v.watermark = ctx.watermark(); }) |
               KeyBy("a", [](const Visit& v) { return v.page; }) | To(sink);
      },
      store, {.lanes = 2});
  EXPECT_THAT(runner.Run(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("asks for the watermark")));
}

}  // namespace
}  // namespace rtstream
