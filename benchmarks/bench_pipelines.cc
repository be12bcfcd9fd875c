// Runs the variants of a workload by turns and prints a line of JSON for each; see `--help`.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "benchmarks/all_variants.h"
#include "benchmarks/runner/rounds.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"

namespace bench {
namespace {

struct Flags {
  std::string workload = "w1";
  uint64_t events = 0;  // 0: the workload's own number
  std::string input;
  std::vector<std::string> variants;  // empty: all
  RoundsOptions rounds;
};

// Those of `all` that the flags name, in the order of the flags.
absl::StatusOr<std::vector<VariantEntry>> Choose(const std::vector<VariantEntry>& all,
                                                 const std::vector<std::string>& names) {
  if (names.empty()) return all;
  std::vector<VariantEntry> chosen;
  for (const std::string& name : names) {
    const size_t before = chosen.size();
    for (const VariantEntry& entry : all) {
      if (entry.name == name) chosen.push_back(entry);
    }
    if (chosen.size() == before) {
      return absl::InvalidArgumentError(rtstream::Concat("there is no variant '", name, "'"));
    }
  }
  return chosen;
}

absl::Status Measure(const Flags& flags, uint64_t records, const std::vector<VariantEntry>& all) {
  RTSTREAM_ASSIGN_OR_RETURN(const std::vector<VariantEntry> variants, Choose(all, flags.variants));
  RTSTREAM_ASSIGN_OR_RETURN(const std::vector<Measured> measured, RunRounds(variants, flags.rounds));
  std::fputs(ToJson(flags.workload, records, flags.rounds, measured).c_str(), stdout);
  return absl::OkStatus();
}

uint64_t EventsOf(const Flags& flags, uint64_t usual) { return flags.events == 0 ? usual : flags.events; }

absl::Status RunW1(const Flags& flags) {
  RTSTREAM_ASSIGN_OR_RETURN(const W1Input input,
                            MakeW1Input(EventsOf(flags, 10'000'000), flags.input));
  return Measure(flags, input.lines.count(), W1Variants(input));
}
absl::Status RunW2(const Flags& flags) {
  const Records<Tick> ticks = MakeTicks(EventsOf(flags, 100'000'000));
  return Measure(flags, ticks.size(), W2Variants(ticks));
}
absl::Status RunW3(const Flags& flags) {
  const W3Input input = MakeW3Input(EventsOf(flags, 100'000'000));
  return Measure(flags, input.events.size(), W3Variants(input));
}

absl::Status Run(const Flags& flags) {
  if (flags.workload == "w1") return RunW1(flags);
  if (flags.workload == "w2") return RunW2(flags);
  if (flags.workload == "w3") return RunW3(flags);
  return absl::InvalidArgumentError(rtstream::Concat("there is no workload '", flags.workload, "'"));
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  bench::Flags flags;
  CLI::App app("Compares ways of doing a workload, by turns in one process.");
  app.add_option("--workload", flags.workload, "w1, w2 or w3");
  app.add_option("--events", flags.events, "Records of the input");
  app.add_option("--input", flags.input, "w1: NDJSON to read instead of generating it");
  app.add_option("--rounds", flags.rounds.rounds, "Timed runs of each variant; one more verifies")
      ->check(CLI::PositiveNumber);
  app.add_option("--variants", flags.variants, "Such as plain,hand; all if not given")->delimiter(',');
  app.add_option("--lanes", flags.rounds.lanes, "Threads, for variants that use more than one")
      ->check(CLI::PositiveNumber);
  app.add_option("--cpu", flags.rounds.cpu, "The processor to bind to; default: none");
  CLI11_PARSE(app, argc, argv);
  if (const absl::Status status = bench::Run(flags); !status.ok()) {
    std::fprintf(stderr, "bench_pipelines: %s\n", std::string(rtstream::MessageOf(status)).c_str());
    return 1;
  }
  return 0;
}
