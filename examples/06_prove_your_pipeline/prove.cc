// Runs two pipelines under crashes, power loss and failing calls. One of them has a bug that no ordinary test shows.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "invoices.h"
#include "rtstream/testing/simulate.h"
#include "rtstream/testing/simulated_sinks.h"
#include "rtstream/testing/simulated_source.h"

namespace rt = rtstream;
using rt::testing::Simulation;

namespace {

using MakeFn = rt::Pipeline (*)(rt::Source<Order>&, rt::Sink<Invoice>&);

std::vector<Order> SomeOrders(Simulation& simulation) {
  std::vector<Order> orders(simulation.max_records());
  int64_t id = 0;
  for (Order& order : orders) order = {++id, "shop " + std::to_string(simulation.random().Below(3))};
  return orders;
}

// What is outside the pipeline, made anew for each run: orders, and a file of invoices that loses what was not
// synced when the power goes.
class InvoiceTrial : public rt::testing::Trial {
 public:
  InvoiceTrial(Simulation& simulation, MakeFn make)
      : make_(make), orders_(simulation, SomeOrders(simulation)), invoices_(simulation, "invoices") {}

  rt::Pipeline Make() override { return make_(orders_, invoices_); }

 private:
  MakeFn make_;
  rt::testing::SimulatedSource<Order> orders_;
  rt::testing::SimulatedStagedSink<Invoice> invoices_;
};

std::string FirstLines(const std::string& text, int count) {
  size_t end = 0;
  while (count-- > 0 && end < text.size()) end = std::min(text.find('\n', end), text.size() - 1) + 1;
  return text.substr(0, end);
}

rt::testing::SimulationReport Prove(MakeFn make) {
  return rt::testing::Simulate({.seeds = 500, .max_records = 200}, [make](Simulation& simulation) {
    return std::make_unique<InvoiceTrial>(simulation, make);
  });
}

}  // namespace

int main() {
  const rt::testing::SimulationReport careless = Prove(MakeCarelessInvoices);
  if (!careless.failure) return 1;
  std::printf("careless: seed %d fails. The least that makes it fail: %zu orders and\n",
              static_cast<int>(careless.failure->seed), careless.failure->max_records);
  for (const rt::testing::Strike& strike : careless.failure->strikes) {
    std::printf("  %s\n", std::string(NameOf(strike.fault)).c_str());
  }
  std::printf("%s", FirstLines(careless.failure->what, 6).c_str());

  const rt::testing::SimulationReport careful = Prove(MakeInvoices);
  if (!careful.ok()) return std::puts(careful.Text().c_str()), 1;
  std::printf("careful: %d seeds, more than %d thousand faults, every invoice once\n", static_cast<int>(careful.seeds),
              static_cast<int>(careful.faults() / 1000));
  return 0;
}
