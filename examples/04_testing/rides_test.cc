#include "rides.h"

#include <map>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rtstream/base/time.h"
#include "rtstream/io/memory_sink.h"
#include "rtstream/io/memory_source.h"
#include "rtstream/testing/matchers.h"
#include "rtstream/testing/pipeline_driver.h"
#include "rtstream/testing/record_generator.h"

namespace rt = rtstream;
using namespace std::chrono_literals;
using rt::testing::DeadLetterIs;
using rt::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// How GoogleTest shows one.
void PrintTo(const ZoneHour& z, std::ostream* os) {
  std::string hour;
  rt::AppendHour(z.hour, hour);
  *os << "zone " << z.zone << " at " << hour << ": " << z.rides << " rides, " << z.cents;
}

namespace {

// Half a day before the driver's clock.
const rt::Time kNoon = rt::testing::ManualClock().Now() - 12h;

class Rides : public ::testing::Test {
 protected:
  rt::MemorySource<Ride> rides;
  rt::MemorySink<ZoneHour> hours{"hours"};
  rt::MemorySink<Ride> late{"late"};
  rt::testing::PipelineDriver driver{[this] { return MakeRidePipeline({rides, hours, late}); }};

  // A ride long after all others: hours close when the watermark passes them, not at the end of the input.
  absl::Status CloseHours() {
    rides.Push({"last", 0, 100, kNoon + 23h});
    return driver.Drain();
  }
};

TEST_F(Rides, HourIsSummedUpWhenTheWatermarkHasPassedItsEnd) {
  rides.Push({"a", 7, 500, kNoon + 5min});
  rides.Push({"b", 7, 700, kNoon + 50min});
  rides.Push({"c", 7, 900, kNoon + 61min - 1us});
  ASSERT_THAT(driver.Drain(), IsOk());
  EXPECT_THAT(hours.all(), IsEmpty());

  rides.Push({"d", 7, 100, kNoon + 61min});  // a minute behind the end: nothing older is expected now
  ASSERT_THAT(driver.Drain(), IsOk());

  EXPECT_THAT(hours.all(), ElementsAre(ZoneHour{7, kNoon, 2, 1200}));
}

TEST_F(Rides, CopyCountsOnce) {
  rides.Push({"a", 7, 500, kNoon});
  rides.Push({"a", 7, 500, kNoon});
  ASSERT_THAT(CloseHours(), IsOk());

  EXPECT_THAT(hours.all(), ElementsAre(ZoneHour{7, kNoon, 1, 500}));
  EXPECT_EQ(driver.Stats("dedup").side, 1u);
}

TEST_F(Rides, FreeRideIsRefusedWithTheReason) {
  rides.Push({"a", 7, 0, kNoon});
  ASSERT_THAT(driver.Drain(), IsOk());

  EXPECT_THAT(driver.dead_letters(),
              ElementsAre(DeadLetterIs("validate", absl::StatusCode::kInvalidArgument, "cents")));
}

TEST_F(Rides, RideOfAClosedHourLeavesByTheLateExit) {
  rides.Push({"a", 7, 500, kNoon + 3h});
  rides.Push({"b", 7, 500, kNoon});
  ASSERT_THAT(driver.Drain(), IsOk());

  EXPECT_THAT(late.all(), SizeIs(1));
  EXPECT_THAT(driver.dead_letters(), IsEmpty());
}

TEST_F(Rides, CrashLosesNothingAndCountsNothingTwice) {
  rides.Push({"a", 7, 500, kNoon});
  ASSERT_THAT(driver.Drain(), IsOk());
  ASSERT_THAT(driver.Commit(), IsOk());
  rides.Push({"b", 7, 700, kNoon});
  ASSERT_THAT(driver.Drain(), IsOk());

  ASSERT_THAT(driver.Crash(), IsOk());  // "b" was processed, and not committed
  ASSERT_THAT(CloseHours(), IsOk());
  EXPECT_THAT(hours.all(), ElementsAre(ZoneHour{7, kNoon, 2, 1200}));
}

// Made-up rides with copies, disorder and bad ones, and a crash now and then, against a few lines that
// anybody can check by eye.
TEST_F(Rides, SumsAreThoseOfAPlainLoop) {
  rt::testing::RecordGenerator<Ride> generator(
      {.seed = 5, .keys = 10, .start = kNoon, .spacing = 20s, .late = 0.2, .max_late = 1min,
       .duplicates = 0.1, .invalid = 0.05},
      [](const rt::testing::RecordDraft& d, rt::testing::Random& random) {
        return Ride{std::to_string(d.number), static_cast<int64_t>(d.key),
                    d.is_invalid ? 0 : random.Between(300, 9000), d.event_time};
      });
  std::set<std::string> seen;
  std::map<std::pair<rt::Time, int64_t>, ZoneHour> sums;  // in the order of the results
  for (int i = 0; i < 2000; ++i) {
    Ride ride = generator.Next();
    if (ride.cents > 0 && seen.insert(ride.id).second) {
      const rt::Time hour = rt::FloorTo(ride.at, 1h);
      ZoneHour& sum = sums[{hour, ride.zone}];
      sum = {ride.zone, hour, sum.rides + 1, sum.cents + ride.cents};
    }
    rides.Push(std::move(ride));
    absl::Status status;
    if (i % 300 == 0) status.Update(driver.Drain());
    if (i % 500 == 0) status.Update(driver.Commit());
    if (i % 700 == 0) status.Update(driver.Crash());
    ASSERT_THAT(status, IsOk());
  }
  ASSERT_THAT(CloseHours(), IsOk());

  std::vector<ZoneHour> wanted;
  for (const auto& [key, sum] : sums) wanted.push_back(sum);
  EXPECT_EQ(hours.all(), wanted);
  EXPECT_THAT(late.all(), IsEmpty());
}

}  // namespace
