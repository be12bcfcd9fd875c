#include "rtstream/testing/simulate.h"

#include <sys/prctl.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/strings/numbers.h"
#include "rtstream/base/text.h"
#include "shrink.h"
#include "simulated_run.h"

namespace rtstream::testing {
namespace {

constexpr const char* kSeedVariable = "RTSTREAM_SIMULATION_SEED";
constexpr uint64_t kRepeatOneOf = 20;
constexpr int kShrinkTries = 400;

bool IsWanted(Fault fault, const SimulationOptions& options) {
  return std::find(options.without.begin(), options.without.end(), fault) == options.without.end();
}

// Which faults strike, and how often: each seed has half of them, which finds more than having all
// of them always (Groce et al., "Swarm Testing", ISSTA 2012).
Simulation::Rates DrawRates(uint64_t seed, const SimulationOptions& options) {
  Random random(seed ^ 0x5157A3);
  Simulation::Rates rates{};
  for (size_t i = 0; i < kFaults; ++i) {
    const auto fault = static_cast<Fault>(i);
    const bool is_on = random.Chance(0.5);
    double rate = 0;
    switch (fault) {
      case Fault::kCrashBetweenSteps:
      case Fault::kStop:
      case Fault::kPause:
      case Fault::kClockJumps:
        rate = 0.02 + 0.05 * random.Fraction();
        break;
      case Fault::kCrashBeforeCall:
      case Fault::kCrashAfterCall:
      case Fault::kCrashInRecovery:
        rate = 0.005 + 0.03 * random.Fraction();
        break;
      case Fault::kPowerLoss:
      case Fault::kTornTail:
      case Fault::kOtherOptions:
      case Fault::kShortBatch:
      case Fault::kCommitLags:
        rate = random.Fraction();
        break;
      case Fault::kDiskFull:
      case Fault::kOutboxDown:
      case Fault::kStoreReadFails:  // an opening reads many values
      case Fault::kStoreBitFlip:
        rate = 0.02 * random.Fraction();
        break;
      default:
        rate = 0.01 + 0.15 * random.Fraction();
    }
    if (is_on && IsWanted(fault, options)) rates[i] = rate;
  }
  return rates;
}

// While it lives, memory comes in small pages: a simulated process lives for a millisecond, and
// zeroing 2 MiB for each of its small tables would take a third of that.
class SmallPages {
 public:
  SmallPages() : was_(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0)) {
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
  }
  ~SmallPages() { prctl(PR_SET_THP_DISABLE, was_ == 1 ? 1 : 0, 0, 0, 0); }
  SmallPages(const SmallPages&) = delete;
  SmallPages& operator=(const SmallPages&) = delete;

 private:
  int was_;
};

void AddTo(FaultCounts& sum, const FaultCounts& counts) {
  for (size_t i = 0; i < kFaults; ++i) sum[i] += counts[i];
}

// Tries runs one after another, until one fails.
class Campaign {
 public:
  Campaign(const SimulationOptions& options, const MakeTrial& make)
      : options_(options), make_(&make) {}

  SimulationReport TrySeeds() {
    uint64_t first = options_.first_seed, seeds = options_.seeds;
    if (const char* const wanted = std::getenv(kSeedVariable); wanted != nullptr) {
      seeds = 1;
      if (!absl::SimpleAtoi(wanted, &first)) {
        report_.failure.emplace().what =
            Concat(kSeedVariable, " is '", wanted, "', want the number of a seed");
        return std::move(report_);
      }
    }
    repeats_by_seed_ = true;
    for (uint64_t seed = first; seed < first + seeds && !report_.failure; ++seed) {
      Simulation simulation(seed, options_.max_records, DrawRates(seed, options_),
                            options_.max_faults);
      Try(seed, simulation);
      if (seed % kRepeatOneOf == 0 && !report_.failure) Repeat(seed, simulation);
    }
    if (options_.seeds_for_every_fault > 0 && report_.seeds >= options_.seeds_for_every_fault)
      FindNever();
    return std::move(report_);
  }

  SimulationReport TryEachFault(uint64_t pairs) {
    const uint64_t seed = options_.first_seed;
    Simulation calm(seed, options_.max_records, std::vector<Strike>());
    Try(seed, calm);
    const std::vector<Strike> places = Places(calm.chances());
    for (size_t i = 0; i < places.size() && !report_.failure; ++i) {
      Simulation simulation(seed, options_.max_records, std::vector<Strike>{places[i]});
      Try(seed, simulation);
    }
    Random random(seed);
    for (uint64_t i = 0; i < pairs && !places.empty() && !report_.failure; ++i) {
      const Strike first = places[random.Below(places.size())];
      Simulation one(seed, options_.max_records, std::vector<Strike>{first});
      RunSimulation(one, *make_);
      // Where the second can strike: wherever the first has taken the run.
      const std::vector<Strike> seconds = Places(one.chances());
      Simulation two(seed, options_.max_records, {first, seconds[random.Below(seconds.size())]});
      Try(seed, two);
    }
    return std::move(report_);
  }

 private:
  // Every fault that ends or fails something, at every place.
  std::vector<Strike> Places(const FaultCounts& chances) const {
    std::vector<Strike> places;
    for (size_t i = 0; i < static_cast<size_t>(Fault::kPollEmpty); ++i) {
      const auto fault = static_cast<Fault>(i);
      for (uint64_t nth = 0; IsWanted(fault, options_) && nth < chances[i]; ++nth)
        places.push_back({fault, nth});
    }
    return places;
  }

  void Try(uint64_t seed, Simulation& simulation) {
    ++report_.seeds;
    report_.processes += RunAgainstCalm(simulation, seed);
    for (const Strike& strike : simulation.strikes())
      ++report_.struck[static_cast<size_t>(strike.fault)];
    AddTo(report_.chances, simulation.chances());
    if (simulation.violation()) Fail(seed, simulation);
  }

  // Runs it and the same input undisturbed; returns the number of processes.
  uint64_t RunAgainstCalm(Simulation& simulation, uint64_t seed) {
    if (calm_seed_ != seed || calm_records_ != simulation.max_records()) {
      Simulation calm(seed, simulation.max_records(), std::vector<Strike>());
      calm_ = RunSimulation(calm, *make_);
      calm_violation_ = calm.violation();
      calm_seed_ = seed;
      calm_records_ = simulation.max_records();
    }
    if (calm_violation_) {
      simulation.Violate(Concat("undisturbed: ", *calm_violation_));
      return 1;
    }
    const SimulatedEnd end = RunSimulation(simulation, *make_);
    if (!simulation.violation()) CompareEnds(simulation, calm_, end);
    return end.processes;
  }

  void Repeat(uint64_t seed, Simulation& first) {
    ++report_.repeated;
    Simulation second(seed, options_.max_records, DrawRates(seed, options_), options_.max_faults);
    RunSimulation(second, *make_);
    if (second.trace() == first.trace()) return;
    first.Violate("a second run of this seed takes another course");
    Fail(seed, first);
  }

  void Fail(uint64_t seed, const Simulation& simulation) {
    const auto run = [&](const ShrunkRun& smaller) {
      auto again = std::make_unique<Simulation>(seed, smaller.max_records, smaller.strikes);
      RunAgainstCalm(*again, seed);
      return again;
    };
    const ShrunkRun shrunk = Shrink(
        {simulation.strikes(), options_.max_records},
        [&](const ShrunkRun& smaller) { return run(smaller)->violation().has_value(); },
        kShrinkTries);
    const auto least = run(shrunk);
    // What only a drawn course shows is told as it was.
    const Simulation& shown = least->violation() ? *least : simulation;
    report_.failure =
        SimulationFailure{.repeat = repeats_by_seed_ ? Concat(kSeedVariable, "=", seed) : "",
                          .seed = seed,
                          .what = *shown.violation(),
                          .max_records = shrunk.max_records,
                          .strikes = shrunk.strikes,
                          .story = shown.Story()};
  }

  void FindNever() {
    for (size_t i = 0; i < kFaults; ++i) {
      const auto fault = static_cast<Fault>(i);
      if (IsWanted(fault, options_) && report_.chances[i] > 0 && report_.struck[i] == 0)
        report_.never.push_back(fault);
    }
  }

  SimulationOptions options_;
  const MakeTrial* make_;
  SimulationReport report_;
  bool repeats_by_seed_ = false;  // by the environment's variable
  // What the undisturbed run of this seed over so many records came to.
  SimulatedEnd calm_;
  std::optional<std::string> calm_violation_;
  std::optional<uint64_t> calm_seed_;
  size_t calm_records_ = 0;
};

}  // namespace

SimulationReport Simulate(const SimulationOptions& options, const MakeTrial& make) {
  const SmallPages small;
  return Campaign(options, make).TrySeeds();
}

SimulationReport SimulateEachFault(const SimulationOptions& options, uint64_t pairs,
                                   const MakeTrial& make) {
  const SmallPages small;
  return Campaign(options, make).TryEachFault(pairs);
}

uint64_t SimulationReport::faults() const {
  uint64_t sum = 0;
  for (uint64_t n : struck) sum += n;
  return sum;
}

std::string SimulationReport::Text() const {
  std::string text;
  if (failure) {
    text += Concat("seed ", failure->seed, " fails: ", failure->what, "\n");
    if (!failure->repeat.empty()) text += Concat("repeat it with ", failure->repeat, "\n");
    text += Concat("it still fails with at most ", failure->max_records,
                   " records and these faults:\n");
    for (const Strike& strike : failure->strikes)
      text += Concat("  ", NameOf(strike.fault), " #", strike.nth, "\n");
    text += "the last calls before:\n";
    for (const std::string& line : failure->story) text += Concat("  ", line, "\n");
  }
  for (Fault fault : never)
    text += Concat("fault ", NameOf(fault), " could have struck and never did\n");
  text += Concat(seeds, " seeds, ", repeated, " of them twice, ", processes, " processes, ",
                 faults(), " faults:\n");
  for (size_t i = 0; i < kFaults; ++i) {
    if (chances[i] > 0) text += Concat("  ", NameOf(static_cast<Fault>(i)), ": ", struck[i], "\n");
  }
  return text;
}

}  // namespace rtstream::testing
