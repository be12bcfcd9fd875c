#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/flow/pipeline.h"
#include "rtstream/runtime/runner.h"
#include "rtstream/state/state_store.h"
#include "rtstream/testing/fault.h"
#include "rtstream/testing/simulation.h"

namespace rtstream::testing {

// A pipeline and all that is outside it, in one simulated run. Made anew for each run; lives
// through the deaths of the processes that run the pipeline.
class Trial {
 public:
  virtual ~Trial() = default;

  // Composes the pipeline for a new process. Plug-ins of yours that keep something in memory are
  // made anew here, as a new process makes them.
  virtual Pipeline Make() = 0;
  // How the pipeline is run. The simulation sets by itself: clock, commit_mode, seed, lanes (1),
  // batch_rows, commit_interval, and dead_letters if they are null.
  virtual RunOptions Options() { return {}; }
  // What is in the state when all is over, as rows that must be those of an undisturbed run.
  virtual std::vector<std::string> State(const StateReader& store) {
    return (void)store, std::vector<std::string>();
  }
  // What else must hold then: totals, say, that a reference of your own has computed.
  virtual absl::Status Check() { return absl::OkStatus(); }
};

// Makes a trial of a simulation, in which it lives.
using MakeTrial = std::function<std::unique_ptr<Trial>(Simulation&)>;

// How many seeds are tried, and what strikes.
struct SimulationOptions {
  // Seeds first_seed, first_seed + 1 and so on are tried, until one fails. The environment's
  // RTSTREAM_SIMULATION_SEED takes their place: that seed alone.
  uint64_t first_seed = 1;
  uint64_t seeds = 100;  // how many
  // Of a seed: Simulation::max_records().
  size_t max_records = 500;
  // Most faults of a seed that end a process or fail a call. Then nothing fails any more, and the
  // pipeline must come to its end.
  uint64_t max_faults = 60;
  // Faults that are not to strike, because the pipeline is not meant to bear them.
  std::vector<Fault> without{};
  // With so many seeds or more, a fault that could have struck and never did fails the report: 0:
  // none does.
  uint64_t seeds_for_every_fault = 500;
};

// A seed that failed, and the least that was found to make it fail.
struct SimulationFailure {
  // What to set in the environment to try it alone; empty: the same call comes to it again.
  std::string repeat;
  uint64_t seed = 0;               // fails whole, and with what follows
  std::string what;                // must never be
  size_t max_records = 0;          // of the shrunk run
  std::vector<Strike> strikes;     // of the shrunk run
  std::vector<std::string> story;  // the last calls before the end
};

// What Simulate() has tried and found.
struct SimulationReport {
  uint64_t seeds = 0;      // that were tried
  uint64_t processes = 0;  // that ran, died and were started again
  uint64_t repeated = 0;   // seeds that were run twice, to see that they are the same
  FaultCounts struck{};    // how often each fault has struck
  FaultCounts chances{};   // and could have
  std::optional<SimulationFailure> failure;  // of the seed that ended it
  std::vector<Fault> never;                  // that could have struck, and did not

  // Nothing failed, and every fault that could strike did.
  bool ok() const { return !failure && never.empty(); }
  uint64_t faults() const;  // that have struck, of all kinds
  // For people: the failure with the line that repeats it, and how often each fault struck.
  std::string Text() const;
};

// Runs a pipeline of yours under faults, seed after seed, on a clock and with a chance of its own;
// each run must come to what the same input comes to undisturbed, output by output, row by row. A
// seed that fails is run again with fewer faults and records for as long as it still fails.
//
//   struct ShopTrial : rt::testing::Trial {
//     explicit ShopTrial(rt::testing::Simulation& s) : orders(s, SomeOrders(s)), sold(s, "sold") {}
//     rt::Pipeline Make() override { return MakePipeline({orders, sold}); }
//     rt::testing::SimulatedSource<Order> orders;
//     rt::testing::SimulatedStagedSink<Sale> sold;
//   };
//   TEST(Shop, IsExactlyOnce) {
//     const auto report = rt::testing::Simulate<ShopTrial>({.seeds = 1000});
//     EXPECT_TRUE(report.ok()) << report.Text();
//   }
//
// Every run is the production runtime on one lane, driven step by step: commits lag behind the lane
// by pieces as they do with a thread. Several lanes are not simulated. What may differ from run to
// run and is no fault: processing time (Context::now, idle timeouts); give the trial a pipeline
// that does not show it, or Check() what must hold.
//
// 5 % of the seeds are run twice and must take the same course. While it runs, the process gets no
// huge pages (PR_SET_THP_DISABLE): the tables of a simulated process are small and short-lived.
SimulationReport Simulate(const SimulationOptions& options, const MakeTrial& make);

// The same with a trial that is made from the simulation alone.
template <typename T>
SimulationReport Simulate(const SimulationOptions& options) {
  return Simulate(options, [](Simulation& simulation) { return std::make_unique<T>(simulation); });
}

// Leaves nothing to chance: over the input of `options.first_seed`, every fault at every place
// where it can strike, one in each run; then `pairs` runs of two faults, of which the second is
// drawn from what can strike beside the first, recovery included. `seeds` of the report are runs.
// Long for a long input: each record is some ten places.
SimulationReport SimulateEachFault(const SimulationOptions& options, uint64_t pairs,
                                   const MakeTrial& make);

// The same with a trial that is made from the simulation alone.
template <typename T>
SimulationReport SimulateEachFault(const SimulationOptions& options, uint64_t pairs) {
  return SimulateEachFault(options, pairs,
                           [](Simulation& simulation) { return std::make_unique<T>(simulation); });
}

}  // namespace rtstream::testing
