#include "simulated_run.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "rtstream/base/text.h"
#include "rtstream/testing/faulty_store.h"
#include "rtstream/testing/simulated_sinks.h"
#include "rtstream/testing/text_diff.h"

namespace rtstream::testing {
namespace {

// Behind so many the pipeline does not get on.
constexpr uint64_t kMostProcesses = 500;
constexpr uint64_t kMostSteps = 100'000;
// What a run took, faults or not, to say when it has been long enough.
constexpr Duration kStepTime = std::chrono::milliseconds(5);

// The counters of committed work that do not tell how the run went.
std::vector<std::string> CounterLines(const CommitRecord& record) {
  std::vector<std::string> lines;
  for (const auto& [name, stats] : record.operators) {
    lines.push_back(Concat(name, ": ", stats.in, " in, ", stats.out, " out, ", stats.refused,
                           " refused, ", stats.side, " aside, ", stats.keys, " keys"));
  }
  return lines;
}

// One run: processes, one after another, until the pipeline has come to its end.
class Run {
 public:
  Run(Simulation& simulation, const MakeTrial& make)
      : simulation_(&simulation), letters_(simulation, "dead_letters"), trial_(make(simulation)) {
    options_ = trial_->Options();
    if (options_.dead_letters == nullptr) options_.dead_letters = &letters_;
    options_.clock = &simulation.clock();
    options_.commit_mode = CommitMode::kByHost;
    options_.lanes = 1;
    options_.seed = 1 + simulation.random().Below(1'000'000);
    options_.batch_rows = 16;
    options_.commit_interval = kStepTime * 2;
  }

  SimulatedEnd ToEnd() {
    bool is_done = false;
    while (!is_done && !simulation_->violation()) {
      if (++end_.processes > kMostProcesses || steps_ > kMostSteps) {
        simulation_->Violate(
            Concat("no end after ", end_.processes, " processes and ", steps_, " steps"));
        break;
      }
      is_done = RunProcess();
    }
    if (!simulation_->violation()) Collect();
    return std::move(end_);
  }

 private:
  // Whether the pipeline has come to its end.
  bool RunProcess() {
    ChooseOptions();
    simulation_->BeginProcess();
    Runner runner(trial_->Make(), simulation_->store(), options_);
    absl::Status status = runner.Open();
    if (status.ok() && simulation_->has_damaged() && !simulation_->is_dead()) {
      simulation_->Violate("the pipeline has opened over a damaged value");
    }
    simulation_->EndRecovery();
    bool is_done = false;
    while (status.ok() && !is_done && !simulation_->is_dead() && ++steps_ <= kMostSteps) {
      if (simulation_->Strikes(Fault::kCrashBetweenSteps)) {
        simulation_->Die();
        break;
      }
      MoveTime();
      const absl::StatusOr<bool> done = Step(runner);
      status = done.status();
      is_done = done.ok() && *done;
      if (!is_done && status.ok() && simulation_->Strikes(Fault::kStop)) {
        status = runner.Commit();
        break;
      }
    }
    if (!status.ok() && !simulation_->is_dead()) Explain(status);
    simulation_->EndProcess();
    return is_done && !simulation_->is_dead();
  }

  // Whether that was the last.
  absl::StatusOr<bool> Step(Runner& runner) {
    const absl::StatusOr<StepResult> result = runner.Step();
    if (!result.ok()) return result.status();
    if (*result == StepResult::kFinished) {
      if (absl::Status status = runner.Commit(); !status.ok()) return status;
      return true;
    }
    // The commit under way gets on by itself, but for when it does not.
    while (!simulation_->Strikes(Fault::kCommitLags)) {
      const absl::StatusOr<bool> has_more = runner.CommitStep();
      if (!has_more.ok()) return has_more.status();
      if (!*has_more) break;
    }
    return false;
  }

  void MoveTime() {
    simulation_->clock().Advance(kStepTime);
    if (simulation_->Strikes(Fault::kPause)) {
      simulation_->clock().Advance(
          std::chrono::seconds(simulation_->Amount(Fault::kPause, 864'000)));
    }
    if (simulation_->Strikes(Fault::kClockJumps)) {
      const auto hours = static_cast<int64_t>(simulation_->Amount(Fault::kClockJumps, 49)) - 24;
      simulation_->clock().Set(
          SaturatingAdd(simulation_->clock().Now(), std::chrono::hours(hours)));
    }
  }

  void ChooseOptions() {
    if (!simulation_->Strikes(Fault::kOtherOptions)) return;
    options_.batch_rows = 1 + simulation_->Amount(Fault::kOtherOptions, 100);
    options_.commit_interval = kStepTime * simulation_->Amount(Fault::kOtherOptions, 12);
  }

  // An error must have a reason.
  void Explain(const absl::Status& status) {
    const bool is_lost = absl::IsDataLoss(status);
    if (!simulation_->may_fail()) {
      simulation_->Violate(Concat("the run has ended for no reason: ", status.ToString()));
    } else if (simulation_->has_damaged() && !is_lost) {
      simulation_->Violate(
          Concat("a damaged value is told as ", status.ToString(), ", want DATA_LOSS"));
    }
  }

  void Collect() {
    for (const Simulation::Output& output : simulation_->outputs())
      end_.outputs[output.name] = output.read();
    end_.outputs["(state)"] = trial_->State(simulation_->store().store());
    if (const std::optional<CommitRecord> last = simulation_->store().last()) {
      end_.outputs["(counters)"] = CounterLines(*last);
    }
    if (const size_t n = simulation_->store().unsent(); n > 0) {
      simulation_->Violate(Concat(n, " chunks that were acknowledged stay in the store"));
    }
    if (absl::Status status = trial_->Check(); !status.ok())
      simulation_->Violate(status.ToString());
  }

  Simulation* simulation_;
  SimulatedStagedSink<DeadLetter> letters_;
  std::unique_ptr<Trial> trial_;
  RunOptions options_;
  SimulatedEnd end_;
  uint64_t steps_ = 0;
};

// Rows of `want` that `got` lacks, then those that it has and `want` has not. Sorted.
void Compare(Simulation& simulation, const std::string& name, Delivery delivery,
             std::vector<std::string> want, std::vector<std::string> got) {
  if (delivery != Delivery::kExactlyOnce) {
    std::sort(want.begin(), want.end());
    std::sort(got.begin(), got.end());
  }
  if (delivery == Delivery::kAtLeastOnce) {
    want.erase(std::unique(want.begin(), want.end()), want.end());
    got.erase(std::unique(got.begin(), got.end()), got.end());
  }
  if (want == got) return;
  simulation.Violate(
      Concat("'", name, "' differs from the undisturbed run:\n", DiffLines(want, got)));
}

}  // namespace

SimulatedEnd RunSimulation(Simulation& simulation, const MakeTrial& make) {
  return Run(simulation, make).ToEnd();
}

void CompareEnds(Simulation& simulation, const SimulatedEnd& calm, const SimulatedEnd& end) {
  std::map<std::string, Delivery> deliveries;
  for (const Simulation::Output& output : simulation.outputs())
    deliveries[output.name] = output.delivery;
  for (const auto& [name, want] : calm.outputs) {
    const auto got = end.outputs.find(name);
    const auto delivery = deliveries.find(name);
    Compare(simulation, name,
            delivery == deliveries.end() ? Delivery::kExactlyOnce : delivery->second, want,
            got == end.outputs.end() ? std::vector<std::string>() : got->second);
  }
}

}  // namespace rtstream::testing
