#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "examples/retail/output_record.h"
#include "examples/retail/stock_file.h"
#include "examples/retail/tables.h"
#include "rtstream/state/state_store.h"

namespace retail {

// What the output files say the state must be.
class Recount {
 public:
  explicit Recount(const InitialStock& initial) : initial_(&initial) {}

  // A refused sale, in the order of failed.ndjson; all of them before the first fact.
  void AddRefused(const OutputRecord& record);

  // An applied sale or return, in the order of facts.ndjson. The outcome that it must have had.
  StockOutcome Apply(const Sale& sale);

  // The first difference to the state, as DataLoss.
  absl::Status Compare(const rt::StateReader& store) const;

 private:
  struct Item {
    int64_t on_hand = 0;
    uint64_t version = 0;
    rt::Time last_updated = rt::kMinTime;
    // The stock that refused sales met, in their order, and how many of them were accounted for.
    std::vector<int64_t> met;
    size_t explained = 0;
  };

  Item& ItemOf(const Sale& sale);
  static void ExplainRefusals(Item& item);
  absl::Status CompareInventory(const rt::StateReader& store) const;
  absl::Status CompareTotals(const rt::StateReader& store) const;

  const InitialStock* initial_;
  std::unordered_map<std::string, Item> items_;
  std::unordered_map<std::string, SalesSum> daily_, hours_;
  Totals totals_;
};

}  // namespace retail
