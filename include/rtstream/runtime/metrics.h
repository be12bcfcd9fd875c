#pragma once

#include <string_view>

#include "absl/functional/function_ref.h"
#include "rtstream/runtime/runner.h"

namespace rtstream {

// A figure of a runner, in the terms of Prometheus, for whatever the host exposes its own by.
struct Metric {
  // How it changes.
  enum class Kind {
    kCounter,  // only rises, also over restarts if it is of committed work
    kGauge,    // goes up and down
  };
  std::string_view name;       // rtstream_records_in_total
  std::string_view help;       // one sentence
  Kind kind = Kind::kCounter;  // as Prometheus calls it
  std::string_view op;         // a label: the operator; empty: of the runner
  double value = 0;            // in the unit that the name ends with
};

// Gives every figure that a runner has: of each operator its counters, and how the runner stands. Any thread.
// Figures of one name come together; the views are valid during the call.
//
//   rt::VisitMetrics(runner, [&](const rt::Metric& m) { registry.Set(m.name, {{"operator", m.op}}, m.value); });
void VisitMetrics(const Runner& runner, absl::FunctionRef<void(const Metric&)> visit);

}  // namespace rtstream
