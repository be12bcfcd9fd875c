// The production runtime under faults of every kind, against the reference model.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "absl/strings/numbers.h"
#include "tests/base/rounds.h"
#include "tests/simulation/everything_trial.h"

namespace rtstream {
namespace {

// Of a quarter. Under sanitizers a few hundred are enough; tests/nightly.sh says how many it wants.
uint64_t Seeds() {
  uint64_t seeds = 0;
  const char* const wanted = std::getenv("RTSTREAM_SIMULATED_SEEDS");
  if (wanted != nullptr && absl::SimpleAtoi(wanted, &seeds)) return seeds / 4;
  return RoundsDivisor() == 1 ? 2500 : 100;
}
uint64_t Pairs() { return RoundsDivisor() == 1 ? 5000 : 200; }

// A quarter of all seeds each, so that they run side by side.
class EverythingSimulation : public ::testing::TestWithParam<uint64_t> {};

TEST_P(EverythingSimulation, EveryRecordHasItsEffectOnceWhateverStrikes) {
  const testing::SimulationReport report = testing::Simulate<EverythingTrial>(
      {.first_seed = 1 + GetParam() * Seeds(), .seeds = Seeds(), .max_records = 300});
  EXPECT_TRUE(report.ok()) << report.Text();
  std::cout << report.Text();
}

INSTANTIATE_TEST_SUITE_P(Quarters, EverythingSimulation, ::testing::Range<uint64_t>(0, 4));

TEST(EverythingSimulation, EveryRecordHasItsEffectOnceWhereverASingleFaultOrAPairStrikes) {
  const testing::SimulationReport report = testing::SimulateEachFault<EverythingTrial>(
      {.first_seed = 7, .max_records = 120}, Pairs());
  EXPECT_TRUE(report.ok()) << report.Text();
  std::cout << report.Text();
}

}  // namespace
}  // namespace rtstream
