#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "benchmarks/workload/outcome.h"

namespace bench {

// How a variant shall run.
struct RunSettings {
  // Also computes the checksums of the outcome, which are 0 otherwise.
  bool is_verifying = false;
  // Threads that work, at most. Variants that know one lane only ignore more.
  int lanes = 1;
};

// One way of doing a workload, for one run: its constructor makes state and tables, Run() does the work
// and is timed, Finish() counts what came out and is not.
class Variant {
 public:
  virtual ~Variant() = default;
  virtual absl::Status Run() = 0;
  // REQUIRES: Run() was OK.
  virtual absl::StatusOr<Outcome> Finish() = 0;
};

// A variant by name, to be made anew for each run.
struct VariantEntry {
  std::string name;
  std::function<std::unique_ptr<Variant>(const RunSettings&)> make;
};

}  // namespace bench
