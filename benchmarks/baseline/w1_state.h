#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/numeric/int128.h"
#include "benchmarks/workload/w1.h"

namespace bench {

// W1's state in absl's hash tables, which grow as they fill. For the plain loop and the flow graph.
class W1State {
 public:
  // Numbers for the texts of a sale: short keys for the tables.
  struct Ids {
    uint32_t retailer = 0, store = 0, sku = 0;
  };

  explicit W1State(const W1Input& input);

  // Whether the sale is the first with its id within the window. Ids are kept for one to two windows:
  // in two sets, of which the older one is dropped when the younger one is a window old.
  bool IsNew(const Sale& sale);
  // Sets region and category.
  Ids Enrich(Sale& sale);
  void AddDaily(const Sale& sale, const Ids& ids);
  void AddHour(const Sale& sale, const Ids& ids);
  // Whether there was stock.
  bool TakeStock(const Sale& sale, const Ids& ids);

  void Count(bool is_verifying, W1Result& result) const;

 private:
  struct Known {
    uint32_t id = 0;
    std::string text;
  };
  using Dimension = absl::flat_hash_map<std::string, Known>;
  static const Known& Find(Dimension& dimension, std::string_view key);

  struct Sum {
    int64_t units = 0, cents = 0;
    uint64_t sales = 0;
  };
  struct Stock {
    int64_t units = kInitialUnits;
    uint64_t version = 0;
  };

  Dimension retailers_, stores_, skus_;
  absl::flat_hash_set<absl::uint128> ids_, older_ids_;
  rt::Time ids_begin_ = rt::kMinTime;
  absl::flat_hash_map<std::tuple<uint32_t, int64_t, uint32_t>, Sum> daily_;
  absl::flat_hash_map<std::pair<uint32_t, int64_t>, uint64_t> hours_;
  absl::flat_hash_map<std::pair<uint32_t, uint32_t>, Stock> stock_;
};

}  // namespace bench
