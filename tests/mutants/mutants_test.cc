// Deliberate defects of the commit protocol, each of which the simulation must find: an oracle that
// finds none of them would find nothing else either.
#include <gtest/gtest.h>

#include <iostream>
#include <memory>
#include <string>
#include <string_view>

#include "src/base/mutant.h"
#include "tests/simulation/everything_trial.h"

namespace rtstream {
namespace {

std::string_view chosen;
const testing::ManualClock* wall_clock = nullptr;
bool was_asked = false;

}  // namespace

namespace internal {

bool IsMutant(std::string_view name) {
  if (name != chosen) return false;
  was_asked = true;
  return true;
}
Time MutantNow() { return wall_clock->Now(); }

}  // namespace internal

namespace {

constexpr uint64_t kSeeds = 2000;

testing::SimulationReport SimulateMutant(std::string_view name, uint64_t seeds) {
  chosen = name;
  was_asked = false;
  return testing::Simulate({.seeds = seeds, .max_records = 300},
                           [](testing::Simulation& simulation) {
                             wall_clock = &simulation.clock();
                             return std::make_unique<EverythingTrial>(simulation);
                           });
}

class MutantTest : public ::testing::TestWithParam<const char*> {};

TEST_P(MutantTest, IsFoundByASeed) {
  const testing::SimulationReport report = SimulateMutant(GetParam(), kSeeds);
  EXPECT_TRUE(was_asked) << "no source has this defect";
  ASSERT_TRUE(report.failure.has_value()) << report.Text();
  std::cout << "found by seed " << report.failure->seed << ", shrunk to "
            << report.failure->max_records << " records and " << report.failure->strikes.size()
            << " faults: " << report.failure->what.substr(0, report.failure->what.find('\n'))
            << "\n";
}

INSTANTIATE_TEST_SUITE_P(LocalHome, MutantTest,
                         ::testing::Values("ack_applied_to_another_chunk", "chunk_not_stored",
                                           "commit_before_sync", "commit_without_positions",
                                           "damage_is_taken", "dedup_expiry_by_wall_clock",
                                           "delta_dropped_before_its_bases", "emit_before_commit",
                                           "letters_in_operators_order", "lineage_made_anew",
                                           "outbox_deleted_before_ack", "outbox_not_sent_again",
                                           "published_before_durable", "refused_id_stays_claimed",
                                           "staged_not_opened_at_mark", "timers_by_wall_clock",
                                           "token_without_chunk", "token_without_epoch"),
                         [](const auto& param_info) { return std::string(param_info.param); });

TEST(MutantTest, WithoutADefectNothingIsFound) {
  const testing::SimulationReport report = SimulateMutant("", 100);
  EXPECT_TRUE(report.ok()) << report.Text();
}

}  // namespace
}  // namespace rtstream
