#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "benchmarks/workload/w2.h"
#include "benchmarks/workload/windows.h"

namespace bench {

// The open window's sums in absl's hash table: for the plain loop and the flow graph.
class W2Sums {
 public:
  // Adds the ticks. `write(results)` is called when a window closes.
  template <typename Write>
  void Add(absl::Span<const Tick> ticks, Write&& write) {
    for (const Tick& tick : ticks) {
      AdvanceTo(tick.time_us, write);
      sums_[tick.key] += tick.amount;
    }
  }
  // Event time has come so far.
  template <typename Write>
  void AdvanceTo(uint64_t time_us, Write&& write) {
    if (time_us < end_us_) [[likely]] return;
    Close(write);
    end_us_ = time_us / kW2Window * kW2Window + kW2Window;
  }

 private:
  template <typename Write>
  void Close(Write&& write) {
    results_.clear();
    for (const auto& [key, sum] : sums_) results_.push_back({end_us_ - kW2Window, key, sum});
    write(results_);
    sums_.erase(sums_.begin(), sums_.end());  // keeps the memory, as clear() does not
  }

  absl::flat_hash_map<uint64_t, uint64_t> sums_;
  std::vector<WindowResult> results_;
  uint64_t end_us_ = 0;
};

}  // namespace bench
