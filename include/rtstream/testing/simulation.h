#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "rtstream/state/state_store.h"
#include "rtstream/testing/fault.h"
#include "rtstream/testing/manual_clock.h"
#include "rtstream/testing/random.h"

namespace rtstream::testing {

class FaultyStore;

// How an output of a simulated pipeline is compared with that of an undisturbed run.
enum class Delivery {
  kExactlyOnce,     // the same rows in the same order
  kExactlyOnceSet,  // the same rows, each as often
  kAtLeastOnce,     // all of them, perhaps again, and no others
};

// The world of one simulated run: its time, its chance, what strikes when, and what is found out.
// Made by Simulate() for each seed and handed to the trial, whose simulated or wrapped plug-ins
// report each call to it.
//
// One thread.
class Simulation {
 public:
  // How often each fault strikes, as a share of the times that it could; 0: never.
  using Rates = std::array<double, kFaults>;

  // Faults strike by chance, which depends on the seed alone. Behind `budget` of those that end a
  // process or fail a call, there are no more.
  Simulation(uint64_t seed, size_t max_records, const Rates& rates, uint64_t budget);
  // Exactly these strike.
  Simulation(uint64_t seed, size_t max_records, std::vector<Strike> script);
  ~Simulation();

  // --- for trials ---
  // What the trial makes its input from: the same numbers whatever strikes.
  Random& random() { return input_; }
  // How many records a trial should make at most: fewer while a failing seed is shrunk.
  size_t max_records() const { return max_records_; }
  // The pipeline's clock. Moves by some milliseconds a step.
  ManualClock& clock() { return clock_; }
  // Where the pipeline keeps its state: in memory, and faults strike on the way.
  FaultyStore& store() { return *store_; }
  // Something of the outside that is compared with the undisturbed run when all is over: `read`
  // gives its rows.
  void AddOutput(std::string name, Delivery delivery,
                 std::function<std::vector<std::string>()> read);
  // `lose` is called when the machine loses power: what was not synced is gone. With `is_torn` a
  // part stays.
  void OnPowerLoss(std::function<void(bool is_torn)> lose) {
    on_power_loss_.push_back(std::move(lose));
  }
  // Something that must never be has been found. The first one ends the run, and fails the seed.
  void Violate(std::string what);

  // --- for plug-ins ---
  // A call to the outside. The process may die before and after `effect`, which then does not
  // happen or is not known to have; nothing is called any more by a process that is dead. If
  // `fails` strikes, the call is not done and returns `code`.
  absl::Status Call(std::string_view site, std::optional<Fault> fails,
                    absl::FunctionRef<absl::Status()> effect,
                    absl::StatusCode code = absl::StatusCode::kUnavailable);
  // Whether the fault strikes now.
  bool Strikes(Fault fault);
  // A number in [0, bound) that goes with the strike of this fault just now. REQUIRES: bound > 0.
  uint64_t Amount(Fault fault, uint64_t bound) const;
  // Whether the disk is full: for some calls after kDiskFull has struck.
  bool IsDiskFull();
  // The same for a receiver that kOutboxDown has taken away.
  bool IsOutboxDown();
  // Adds to what a second run of the same seed must repeat.
  void Trace(std::string_view what);
  // Whether the process has died, or a violation ended it.
  bool is_dead() const { return is_dead_; }

  // --- for what runs it ---
  // A new process begins to open.
  void BeginProcess();
  // It has opened.
  void EndRecovery() { is_recovering_ = false; }
  // The process is over. If it has died, the machine's power may be gone with it.
  void EndProcess();
  // It is dead at once.
  void Die();
  // Whether a fault that fails calls has struck since the process began.
  bool may_fail() const { return has_failed_; }
  // Whether a value was read damaged since then.
  bool has_damaged() const { return has_damaged_; }

  // Something that is compared with the undisturbed run.
  struct Output {
    std::string name;                                // unique in a simulation
    Delivery delivery;                               // how it is compared
    std::function<std::vector<std::string>()> read;  // its rows now
  };
  // In the order of AddOutput().
  const std::vector<Output>& outputs() const { return outputs_; }
  // The first, if one was found.
  const std::optional<std::string>& violation() const { return violation_; }
  // What has struck, in order.
  const std::vector<Strike>& strikes() const { return strikes_; }
  // How often each fault could have.
  const FaultCounts& chances() const { return chances_; }
  // A hash of the run's course.
  uint64_t trace() const { return trace_; }
  // The last calls and strikes, for people.
  std::vector<std::string> Story() const;

 private:
  bool Draw(Fault fault, uint64_t nth);
  void Note(std::string_view what);

  uint64_t seed_;
  size_t max_records_;
  Random input_;
  ManualClock clock_;
  std::unique_ptr<StateStore> memory_;
  std::unique_ptr<FaultyStore> store_;
  Rates rates_{};
  uint64_t budget_ = 0;
  std::optional<std::vector<Strike>> script_;  // sorted by fault and number
  FaultCounts chances_{};
  std::vector<Strike> strikes_;
  std::vector<Output> outputs_;
  std::vector<std::function<void(bool)>> on_power_loss_;
  std::optional<std::string> violation_;
  std::vector<std::string> story_;  // a ring
  uint64_t told_ = 0;               // entries of the story so far
  uint64_t trace_ = 0;
  uint64_t spent_ = 0;  // of the budget
  int full_calls_ = 0, down_calls_ = 0;
  bool is_dead_ = false, is_recovering_ = false;
  bool has_failed_ = false, has_damaged_ = false;
};

}  // namespace rtstream::testing
