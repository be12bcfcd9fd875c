#pragma once

#include <cstdint>

#include "absl/types/span.h"
#include "benchmarks/workload/outcome.h"

namespace bench {

// One result of a window: of W2 a sum by key, of W3 a count by campaign.
struct WindowResult {
  uint64_t window_us = 0;  // where the window begins
  uint64_t key = 0;
  uint64_t value = 0;
};

// Where the results of W2 and W3 go, in any order: counts them, and in a verifying run sums them up.
class WindowOutput {
 public:
  explicit WindowOutput(bool is_verifying) : is_verifying_(is_verifying) {}
  void Write(absl::Span<const WindowResult> results);
  Outcome ToOutcome(uint64_t records) const;

 private:
  bool is_verifying_;
  uint64_t results_ = 0;
  UnorderedDigest digest_;
};

}  // namespace bench
