// The production runtime under faults of every kind, against the reference model.
#include <gtest/gtest.h>

#include "tests/base/rounds.h"
#include "tests/simulation/everything_trial.h"

namespace rtstream {
namespace {

constexpr uint64_t kSeeds = 2500;

// A quarter of all seeds each, so that they run side by side.
class EverythingSimulation : public ::testing::TestWithParam<uint64_t> {};

TEST_P(EverythingSimulation, EveryRecordHasItsEffectOnceWhateverStrikes) {
  const testing::SimulationReport report = testing::Simulate<EverythingTrial>(
      {.first_seed = 1 + GetParam() * kSeeds, .seeds = Rounds(kSeeds), .max_records = 300});
  EXPECT_TRUE(report.ok()) << report.Text();
  for (const testing::Fault fault : report.never) ADD_FAILURE() << NameOf(fault);
  std::cout << report.Text();
}

INSTANTIATE_TEST_SUITE_P(Quarters, EverythingSimulation, ::testing::Range<uint64_t>(0, 4));

TEST(EverythingSimulation, EveryRecordHasItsEffectOnceWhereverASingleFaultOrAPairStrikes) {
  const testing::SimulationReport report = testing::SimulateEachFault<EverythingTrial>(
      {.first_seed = 5, .max_records = 120}, Rounds<uint64_t>(5000));
  EXPECT_TRUE(report.ok()) << report.Text();
  std::cout << report.Text();
}

}  // namespace
}  // namespace rtstream
