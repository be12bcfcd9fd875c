#include "benchmarks/workload/w3.h"

#include "examples/retail/random.h"

namespace bench {

W3Input MakeW3Input(uint64_t records) {
  constexpr uint64_t kStart = 1'764'288'000'000'000;  // 2025-11-28, in us
  W3Input input{{},
                Records<AdEvent>(records),
                Records<AdEventType>(records),
                Records<uint32_t>(records),
                Records<uint64_t>(records)};
  // The low halves of Mix differ for the first numbers.
  for (uint32_t i = 0; i < kAds; ++i) {
    input.ads.push_back({static_cast<uint32_t>(retail::Mix(i)), i % kCampaigns});
  }
  retail::Random random(1);
  for (uint64_t i = 0; i < records; ++i) {
    AdEvent event{};
    event.user = random.Next();
    event.time_us = kStart + i;
    event.page = static_cast<uint32_t>(random.Below(100'000));
    event.ad = input.ads[random.Below(kAds)].id;
    event.ip = static_cast<uint32_t>(event.user >> 32);
    event.ad_type = static_cast<uint8_t>(random.Below(5));
    event.type = static_cast<AdEventType>(random.Below(3));
    if (i + 1 == records) {
      event.time_us += kW3Window;
      event.type = AdEventType::kView;
    }
    input.events[i] = event;
    input.types[i] = event.type;
    input.event_ads[i] = event.ad;
    input.times_us[i] = event.time_us;
  }
  return input;
}

}  // namespace bench
