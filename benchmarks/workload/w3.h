#pragma once

#include <cstdint>
#include <vector>

#include "benchmarks/workload/records.h"

namespace bench {

// W3, after the Yahoo streaming benchmark: of the events keep the views, one in three; of their fields the
// ad and the time; find the ad's campaign; count views by campaign in tumbling windows of ten seconds of
// event time. A window's counts above 0 are given out when a view of a later one comes; those of the window
// that is open at the end are not.
//
// A million records lie in a second, in the order of their times; the last one is a view a window later.
// Ads are opaque numbers.
enum class AdEventType : uint8_t { kView, kClick, kPurchase };

struct AdEvent {
  uint64_t user;
  uint64_t time_us;  // since 1970
  uint32_t page;
  uint32_t ad;
  uint32_t ip;
  uint8_t ad_type;
  AdEventType type;
};
static_assert(sizeof(AdEvent) == 32);

inline constexpr uint64_t kW3Window = 10'000'000;  // us
inline constexpr uint32_t kCampaigns = 100;
inline constexpr uint32_t kAds = 1'000;

// An ad and its campaign, from 0.
struct Ad {
  uint32_t id;
  uint32_t campaign;
};

struct W3Input {
  std::vector<Ad> ads;
  Records<AdEvent> events;
  // The fields that the query needs, as columns.
  Records<AdEventType> types;
  Records<uint32_t> event_ads;
  Records<uint64_t> times_us;
};

// REQUIRES: records > 0.
W3Input MakeW3Input(uint64_t records);

}  // namespace bench
