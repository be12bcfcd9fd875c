#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/io/memory_table.h"
#include "rtstream/testing/simulate.h"
#include "rtstream/testing/simulated_sinks.h"
#include "rtstream/testing/simulated_source.h"
#include "tests/op/everything.h"

namespace rtstream {

// The pipeline with every kind of operator, over sinks of each kind. Half of the seeds have one
// partition, and are compared with a reference that knows neither batches nor faults; the others
// have up to four.
class EverythingTrial final : public testing::Trial {
 public:
  explicit EverythingTrial(testing::Simulation& simulation)
      : sales_(RandomSales(simulation.random().Next(),
                           1 + simulation.random().Below(simulation.max_records()))),
        partitions_(simulation.random().Chance(0.5) ? 1 : 2 + simulation.random().Below(3)),
        in_(simulation, Divide(simulation)),
        copies_(simulation, "copies"),
        facts_(simulation, "facts"),
        units_(simulation, "units"),
        windows_(simulation, "windows"),
        sold_out_(simulation, "sold_out"),
        table_(simulation, categories_),
        simulation_(&simulation) {
    Everything::PutCategories(categories_);
    simulation.clock().Set(At(0));
  }

  Pipeline Make() override {
    return MakeEverything({in_, copies_, facts_, units_, windows_, sold_out_, table_});
  }
  std::vector<std::string> State(const StateReader& store) override;
  absl::Status Check() override;

 private:
  std::vector<std::vector<Sale>> Divide(testing::Simulation& simulation) const;

  std::vector<Sale> sales_;
  size_t partitions_;
  testing::SimulatedSource<Sale> in_;
  testing::SimulatedStagedSink<std::string> copies_;
  testing::SimulatedOutboxSink<std::string> facts_;
  testing::SimulatedPlainSink<std::string> units_;
  testing::SimulatedStagedSink<std::string> windows_;
  testing::SimulatedOutboxSink<std::string> sold_out_;
  MemoryTable<std::string> categories_;
  testing::FaultyTable<std::string> table_;
  testing::Simulation* simulation_;
};

}  // namespace rtstream
