#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "rtstream/op/aggregate.h"
#include "rtstream/op/key_by.h"
#include "rtstream/op/map.h"
#include "rtstream/state/memory_store.h"
#include "rtstream/testing/matchers.h"
#include "tests/runtime/world.h"

namespace rtstream {
namespace {

using namespace std::chrono_literals;
using testing::IsOk;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

// The numbers 0 to 24, a second each: sums of their remainders by 2 over windows of ten seconds.
class EndOfTimeTest : public ::testing::Test {
 protected:
  std::unique_ptr<Runner> NewRunner(bool closes_windows, uint32_t lanes = 1) {
    RunOptions options;
    options.close_windows_at_end = closes_windows;
    options.lanes = lanes;
    options.batch_rows = 4;
    const std::function<Pipeline()> make = [this] {
      return From(source_) | AssignEventTime([](const int64_t& n) { return World::TimeOf(n); }) |
             KeyBy("by_rest", RestOf) |
             Aggregate("sums", RestOf, [](int64_t& sum, const int64_t& n) { sum += n; }, Tumbling{.size = 10s}) |
             Map("sum", [](const Aggregated<int64_t, int64_t>& a) { return a.value; }) | To(sums_);
    };
    return std::make_unique<Runner>(make, store_, options);
  }
  static int64_t RestOf(const int64_t& n) { return n % 2; }

  FakeSource source_{25};
  MemorySink<int64_t> sums_{"sums_out"};
  MemoryStateStore store_;
};

TEST_F(EndOfTimeTest, WindowsThatAreOpenStayOpenUnlessAskedOtherwise) {
  ASSERT_THAT(NewRunner(false)->Run(), IsOk());
  EXPECT_THAT(sums_.all(), ElementsAre(20, 25, 70, 75));
}

TEST_F(EndOfTimeTest, WindowsThatAreOpenAreEmittedAtTheEndIfAsked) {
  ASSERT_THAT(NewRunner(true)->Run(), IsOk());
  EXPECT_THAT(sums_.all(), ElementsAre(20, 25, 70, 75, 66, 44));
}

TEST_F(EndOfTimeTest, LanesEmitTheirOpenWindowsAtTheEndIfAsked) {
  ASSERT_THAT(NewRunner(true, 2)->Run(), IsOk());
  EXPECT_THAT(sums_.all(), UnorderedElementsAre(20, 25, 70, 75, 66, 44));
}

TEST_F(EndOfTimeTest, AStopClosesNoWindow) {
  source_.ends = false;
  auto runner = NewRunner(true);
  source_.on_poll = [&] {
    if (source_.polls > 10) runner->RequestStop();
  };
  ASSERT_THAT(runner->Run(), IsOk());
  EXPECT_THAT(sums_.all(), ElementsAre(20, 25, 70, 75));
}

TEST_F(EndOfTimeTest, ClosedWindowsAreOfTheLastCommit) {
  ASSERT_THAT(NewRunner(true)->Run(), IsOk());
  int open = 0;
  ASSERT_THAT((ReadSums<std::pair<Time, int64_t>, int64_t>(store_, "sums", [&](const auto&, int64_t) { ++open; })),
              IsOk());
  EXPECT_EQ(open, 0);
}

}  // namespace
}  // namespace rtstream
