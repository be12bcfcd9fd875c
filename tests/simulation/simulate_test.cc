// Simulate(): pipelines and plug-ins with defects of their own are found, shrunk and told.
#include "rtstream/testing/simulate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "rtstream/flow/flow.h"
#include "rtstream/op/map.h"
#include "rtstream/testing/simulated_sinks.h"
#include "rtstream/testing/simulated_source.h"

namespace rtstream::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<int64_t> Numbers(const Simulation& simulation) {
  std::vector<int64_t> numbers(simulation.max_records());
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<int64_t>(i);
  return numbers;
}

// Numbers to a staged sink, through a function.
class NumbersTrial : public Trial {
 public:
  explicit NumbersTrial(Simulation& simulation)
      : source_(simulation, Numbers(simulation)), out_(simulation, "out") {}
  Pipeline Make() override {
    return From(source_) | Map("map", [this](const int64_t& n) { return Change(n); }) | To(out_);
  }
  virtual int64_t Change(int64_t n) { return n; }

 private:
  SimulatedSource<int64_t> source_;
  SimulatedStagedSink<int64_t> out_;
};

TEST(Simulate, APipelineWithoutDefectsPasses) {
  const SimulationReport report = Simulate<NumbersTrial>({.seeds = 60, .max_records = 200});
  EXPECT_TRUE(report.ok()) << report.Text();
  EXPECT_EQ(report.seeds, 60u);
  EXPECT_EQ(report.repeated, 3u);
  EXPECT_GT(report.processes, 120u);
  EXPECT_GT(report.faults(), 500u);
}

// Numbers records by a counter that no commit knows of.
class CountingTrial final : public NumbersTrial {
 public:
  using NumbersTrial::NumbersTrial;
  int64_t Change(int64_t) override { return ++count_; }

 private:
  int64_t count_ = 0;
};

TEST(Simulate, StateOutsideOfTheCommitsIsFoundAndShrunkToASingleFault) {
  const SimulationReport report = Simulate<CountingTrial>({.seeds = 60, .max_records = 200});
  ASSERT_TRUE(report.failure.has_value());
  EXPECT_THAT(report.failure->what, HasSubstr("'out' differs from the undisturbed run"));
  EXPECT_THAT(report.failure->strikes, SizeIs(1));
  EXPECT_LE(report.failure->max_records, 100u);
  EXPECT_THAT(report.Text(),
              HasSubstr(Concat("repeat it with RTSTREAM_SIMULATION_SEED=", report.failure->seed)));
}

TEST(Simulate, TheSeedOfTheEnvironmentIsTriedAlone) {
  const SimulationReport first = Simulate<CountingTrial>({.seeds = 60, .max_records = 200});
  ASSERT_TRUE(first.failure.has_value());
  setenv("RTSTREAM_SIMULATION_SEED", Concat(first.failure->seed).c_str(), 1);
  const SimulationReport again = Simulate<CountingTrial>({.seeds = 60, .max_records = 200});
  unsetenv("RTSTREAM_SIMULATION_SEED");
  EXPECT_EQ(again.seeds, 1u);
  ASSERT_TRUE(again.failure.has_value());
  EXPECT_EQ(again.failure->what, first.failure->what);
  EXPECT_EQ(again.failure->strikes, first.failure->strikes);
}

TEST(Simulate, ASeedOfTheEnvironmentThatIsNoNumberIsToldAndNothingIsTried) {
  setenv("RTSTREAM_SIMULATION_SEED", "seven", 1);
  const SimulationReport report = Simulate<NumbersTrial>({.seeds = 60});
  unsetenv("RTSTREAM_SIMULATION_SEED");
  EXPECT_EQ(report.seeds, 0u);
  ASSERT_TRUE(report.failure.has_value());
  EXPECT_EQ(report.failure->what, "RTSTREAM_SIMULATION_SEED is 'seven', want the number of a seed");
}

// A receiver without a memory.
class FickleOutbox final : public OutboxSink<int64_t> {
 public:
  std::string_view name() const override { return "fickle"; }
  uint64_t bytes_written() const override { return 0; }
  absl::Status Open() override { return rows_.clear(), absl::OkStatus(); }
  absl::Status Write(const Rows<int64_t>& rows) override {
    for (size_t i = 0; i < rows.size(); ++i) rows_.push_back(rows[i]);
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<std::string>> TakeChunks() override {
    std::vector<std::string> chunks;
    for (const int64_t n : rows_) chunks.push_back(Concat(n));
    rows_.clear();
    return chunks;
  }
  // Takes every repeat for a new chunk.
  absl::Status Send(const OutboxChunk& chunk) override {
    return sent.push_back(chunk.bytes), absl::OkStatus();
  }

  std::vector<std::string> sent;

 private:
  std::vector<int64_t> rows_;
};

class FickleTrial final : public Trial {
 public:
  explicit FickleTrial(Simulation& simulation)
      : source_(simulation, Numbers(simulation)), faulty_(simulation, sink_) {
    simulation.AddOutput("fickle", Delivery::kExactlyOnceSet, [this] { return sink_.sent; });
  }
  Pipeline Make() override { return From(source_) | To(faulty_); }

 private:
  SimulatedSource<int64_t> source_;
  FickleOutbox sink_;
  FaultyOutboxSink<int64_t> faulty_;
};

TEST(Simulate, AReceiverThatTakesRepeatsForNewIsFound) {
  const SimulationReport report = Simulate<FickleTrial>({.seeds = 60, .max_records = 50});
  ASSERT_TRUE(report.failure.has_value());
  EXPECT_THAT(report.failure->what, HasSubstr("'fickle' differs"));
  EXPECT_THAT(report.failure->strikes, SizeIs(1));
}

// Does something else each time it is run.
class MoodyTrial final : public NumbersTrial {
 public:
  explicit MoodyTrial(Simulation& simulation)
      : NumbersTrial(simulation), simulation_(&simulation) {}
  int64_t Change(int64_t n) override {
    simulation_->Trace(Concat(++runs));
    return n;
  }

 private:
  Simulation* simulation_;
  static int64_t runs;
};
int64_t MoodyTrial::runs = 0;

TEST(Simulate, ASeedThatTakesAnotherCourseTheSecondTimeFails) {
  const SimulationReport report = Simulate<MoodyTrial>({.first_seed = 20, .seeds = 1});
  ASSERT_TRUE(report.failure.has_value());
  EXPECT_THAT(report.failure->what, HasSubstr("takes another course"));
}

TEST(Simulate, AFaultThatCouldHaveStruckAndNeverDidFailsTheReport) {
  // One seed has half of the faults.
  const SimulationReport report = Simulate<NumbersTrial>({.seeds = 1, .seeds_for_every_fault = 1});
  EXPECT_FALSE(report.failure.has_value());
  EXPECT_FALSE(report.ok());
  EXPECT_THAT(report.Text(), HasSubstr("could have struck and never did"));
}

TEST(Simulate, FaultsThatAreNotWantedDoNotStrike) {
  const SimulationReport report =
      Simulate<NumbersTrial>({.seeds = 60, .without = {Fault::kStoreBitFlip, Fault::kPowerLoss}});
  EXPECT_TRUE(report.ok()) << report.Text();
  EXPECT_EQ(report.struck[static_cast<size_t>(Fault::kStoreBitFlip)], 0u);
  EXPECT_EQ(report.struck[static_cast<size_t>(Fault::kPowerLoss)], 0u);
  EXPECT_GT(report.struck[static_cast<size_t>(Fault::kCrashAfterCall)], 0u);
}

// Its Check() wants what never is.
class UnhappyTrial final : public NumbersTrial {
 public:
  using NumbersTrial::NumbersTrial;
  absl::Status Check() override { return absl::DataLossError("nothing is right"); }
};

TEST(Simulate, WhatTheTrialItselfFindsFailsTheSeed) {
  const SimulationReport report = Simulate<UnhappyTrial>({.seeds = 1});
  ASSERT_TRUE(report.failure.has_value());
  EXPECT_THAT(report.failure->what, HasSubstr("nothing is right"));
  EXPECT_THAT(report.failure->strikes, IsEmpty());
  EXPECT_EQ(report.failure->max_records, 1u);
}

TEST(SimulateEachFault, TriesEveryPlaceAndFindsWhatASingleFaultShows) {
  const SimulationReport well = SimulateEachFault<NumbersTrial>({.max_records = 60}, 50);
  EXPECT_TRUE(well.ok()) << well.Text();
  // Every call before and after, and what can fail in it.
  EXPECT_GT(well.seeds, 100u);
  EXPECT_GT(well.struck[static_cast<size_t>(Fault::kCrashBeforeCall)], 20u);
  const SimulationReport ill = SimulateEachFault<CountingTrial>({.max_records = 60}, 0);
  ASSERT_TRUE(ill.failure.has_value());
  EXPECT_THAT(ill.failure->strikes, SizeIs(1));
  // The environment's seed is not what finds it again.
  EXPECT_EQ(ill.failure->repeat, "");
}

}  // namespace
}  // namespace rtstream::testing
