#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "rtstream/flow/flow.h"
#include "rtstream/io/memory_source.h"
#include "rtstream/op/aggregate.h"
#include "rtstream/op/assign_event_time.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/pipeline_driver.h"

// What a test sees of the state of a pipeline that it drives.
namespace rtstream::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr Time kNoon{1'772'452'800s};  // 2026-03-02T12:00:00Z

struct Ride {
  std::string line;
  Time at;
};

class DriverStateTest : public ::testing::Test {
 protected:
  Pipeline Make() {
    return From(rides_) | AssignEventTime(&Ride::at)
         | Aggregate("hours", [](const Ride& r) { return std::string_view(r.line); },
                     [](int64_t& n, const Ride&) { ++n; }, Tumbling{.size = 1h})
         | To(hours_);
  }
  MemorySource<Ride> rides_;
  MemorySink<Aggregated<std::string_view, int64_t>> hours_{"hours_out"};
  PipelineDriver driver_{[this] { return Make(); }};
};

TEST_F(DriverStateTest, TextsInsideOfKeysAreStrings) {
  rides_.Push({"a line whose name is longer than a short one", kNoon});
  ASSERT_THAT(driver_.Drain(), IsOk());
  ASSERT_THAT(driver_.Commit(), IsOk());
  const auto open = driver_.State<std::pair<Time, std::string_view>, int64_t>("hours", kSumsTable);
  ASSERT_THAT(open, IsOk());
  using Key = std::pair<Time, std::string>;
  EXPECT_THAT(*open, ElementsAre(Pair(Key(kNoon, "a line whose name is longer than a short one"), 1)));
  const auto tuples = driver_.State<std::tuple<Time, std::string_view>, int64_t>("hours", kSumsTable);
  ASSERT_THAT(tuples, IsOk());
  EXPECT_EQ(std::get<1>(tuples->front().first), "a line whose name is longer than a short one");
}

TEST_F(DriverStateTest, AnOperatorThatKeepsNoStateIsNotFound) {
  ASSERT_THAT(driver_.Drain(), IsOk());
  EXPECT_THAT((driver_.State<std::pair<Time, std::string_view>, int64_t>("hour", kSumsTable)),
              StatusIs(absl::StatusCode::kNotFound, AllOf(HasSubstr("'hour'"), HasSubstr("want one of: 'hours'"))));
}

TEST_F(DriverStateTest, WindowsOfTodayCloseOnceTheClockIsSet) {
  driver_.SetClock(kNoon);
  rides_.Push({"a", kNoon});
  rides_.Push({"a", kNoon + 1h});
  ASSERT_THAT(driver_.Drain(), IsOk());
  EXPECT_THAT(hours_.all(), SizeIs(1));
}

}  // namespace
}  // namespace rtstream::testing
