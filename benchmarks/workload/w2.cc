#include "benchmarks/workload/w2.h"

#include "examples/retail/random.h"

namespace bench {

Records<Tick> MakeTicks(uint64_t records) {
  constexpr uint64_t kStart = 1'764'288'000'000'000;  // 2025-11-28, in us
  retail::Random random(1);
  const retail::ZipfSampler keys(kW2Keys, 1.0);
  Records<Tick> ticks(records);
  for (uint64_t i = 0; i < records; ++i) {
    const uint64_t key = retail::Mix(keys.Draw(random));
    ticks[i] = {key, kStart + i, static_cast<uint32_t>(1 + random.Below(1000))};
  }
  ticks[records - 1].time_us += kW2Window;
  return ticks;
}

}  // namespace bench
