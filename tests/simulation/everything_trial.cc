#include "tests/simulation/everything_trial.h"

#include "rtstream/base/text.h"
#include "rtstream/op/update_inventory.h"
#include "rtstream/testing/contract.h"

namespace rtstream {
namespace {

std::string StockLine(const std::string& sku, int64_t on_hand, uint64_t version, int64_t updated) {
  return Concat(sku, ": ", on_hand, " version ", version, " at ", updated);
}

}  // namespace

std::vector<std::vector<Sale>> EverythingTrial::Divide(testing::Simulation& simulation) const {
  std::vector<std::vector<Sale>> parts(partitions_);
  for (const Sale& sale : sales_) parts[simulation.random().Below(partitions_)].push_back(sale);
  return parts;
}

std::vector<std::string> EverythingTrial::State(const StateReader& store) {
  std::vector<std::string> lines;
  const absl::Status status = ReadItems<std::string, Stock>(
      store, "inventory", [&](const std::string& sku, const Item<Stock>& item) {
        if (item.value.on_hand < 0) simulation_->Violate(Concat(sku, " is oversold"));
        lines.push_back(StockLine(sku, item.value.on_hand, item.version,
                                  item.last_updated.time_since_epoch().count()));
      });
  if (!status.ok()) simulation_->Violate(status.ToString());
  return lines;
}

absl::Status EverythingTrial::Check() {
  if (partitions_ > 1) return absl::OkStatus();  // the reference knows one
  const Outcome want = Reference(sales_);
  std::vector<std::string> stock;
  for (const auto& [sku, item] : want.stock) {
    const auto& [on_hand, version, updated] = item;
    stock.push_back(StockLine(sku, on_hand, version, updated));
  }
  const std::map<std::string, std::vector<std::string>> wanted = {{"copies", want.copies},
                                                                  {"facts", want.facts},
                                                                  {"windows", want.windows},
                                                                  {"sold_out", want.sold_out}};
  for (const testing::Simulation::Output& output : simulation_->outputs()) {
    if (const auto rows = wanted.find(output.name); rows != wanted.end()) {
      if (absl::Status s = testing::internal::WantLines(rows->second, output.read(), output.name);
          !s.ok())
        return s;
    }
  }
  return testing::internal::WantLines(stock, State(simulation_->store().store()), "stock");
}

}  // namespace rtstream
