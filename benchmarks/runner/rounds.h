#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "benchmarks/workload/variant.h"

namespace bench {

struct RoundsOptions {
  int rounds = 5;
  int lanes = 1;
  int cpu = -1;  // where the thread that runs a variant is bound; -1: nowhere
};

// What was measured of one variant.
struct Measured {
  std::string name;
  std::vector<double> seconds;      // of each round, sorted
  std::vector<double> cpu_seconds;  // of all threads together; sorted
  Outcome outcome;              // of the verifying round
  uint64_t allocations = 0;     // of the lane's thread, of the last round
  uint64_t resident_bytes = 0;  // of the process behind the last run, input included

  double median() const { return seconds[seconds.size() / 2]; }
  double cpu_median() const { return cpu_seconds[cpu_seconds.size() / 2]; }
};

// Runs the variants by turns, one after another in each round, each time anew. The first round is not
// timed: it verifies, and has the host find the memory. FailedPrecondition: variants found different
// things; Aborted and the like: one failed.
absl::StatusOr<std::vector<Measured>> RunRounds(const std::vector<VariantEntry>& variants,
                                                const RoundsOptions& options);

// A line of JSON for each variant: what was measured, and its time over that of the others.
// `records`: of the input.
std::string ToJson(const std::string& workload, uint64_t records, const RoundsOptions& options,
                   const std::vector<Measured>& measured);

}  // namespace bench
