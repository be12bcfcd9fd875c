#include "rides.h"

#include "rtstream/rtstream.h"

namespace rt = rtstream;
using namespace std::chrono_literals;

namespace {

struct Sum {
  int64_t rides = 0, cents = 0;
};

absl::Status CheckRide(const Ride& ride) {
  return ride.cents > 0 ? absl::OkStatus() : absl::InvalidArgumentError("cents: want above 0");
}
void AddRide(Sum& sum, const Ride& ride) {
  ++sum.rides;
  sum.cents += ride.cents;
}
ZoneHour ToZoneHour(const rt::Aggregated<int64_t, Sum>& a) {
  return {a.key, a.window.start, a.value.rides, a.value.cents};
}

}  // namespace

// How a sum is stored: its version and its members.
template <>
struct rtstream::StateFields<Sum> {
  static constexpr uint32_t kVersion = 1;
  static constexpr auto kMembers = std::tuple{&Sum::rides, &Sum::cents};
};

rt::Pipeline MakeRidePipeline(const RideDeps& deps) {
  return rt::From(deps.rides)
       | rt::Validate("validate", CheckRide)
       | rt::AssignEventTime(&Ride::at, {.max_out_of_orderness = 1min})
       | rt::Dedup("dedup", &Ride::id, {.window = 6h})
       | rt::Aggregate("zone_hours", &Ride::zone, AddRide, rt::Tumbling{.size = 1h},
                       rt::Branch<Ride>() | rt::To(deps.late))
       | rt::Map("to_zone_hour", ToZoneHour)
       | rt::To(deps.hours);
}
