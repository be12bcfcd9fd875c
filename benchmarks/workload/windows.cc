#include "benchmarks/workload/windows.h"

namespace bench {

void WindowOutput::Write(absl::Span<const WindowResult> results) {
  results_ += results.size();
  if (!is_verifying_) return;
  for (const WindowResult& r : results) digest_.Add(r.window_us, r.key, r.value);
}

Outcome WindowOutput::ToOutcome(uint64_t records) const {
  return {{"records", records}, {"results", results_}, {"digest", digest_.value()}};
}

}  // namespace bench
