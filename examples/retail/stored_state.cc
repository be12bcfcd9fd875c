#include "examples/retail/stored_state.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/op/aggregated.h"
#include "rtstream/op/partial_aggregate.h"
#include "rtstream/state/interner.h"
#include "rtstream/state/keyed_state.h"

namespace retail {
namespace {

// The texts of an Intern operator by their numbers.
class StoredTexts {
 public:
  explicit StoredTexts(std::string_view op) : op_(op) {}

  absl::Status Read(const rt::StateReader& store) {
    return rt::ReadTexts(store, op_, [this](std::string_view text) { texts_.emplace_back(text); });
  }
  // The text, or an empty one and a remembered error.
  std::string_view operator[](uint32_t number) {
    if (number < texts_.size()) return texts_[number];
    status_.Update(absl::DataLossError(
        rt::Concat("number ", number, " of '", op_, "' has no text, ", texts_.size(), " are known")));
    return {};
  }
  const absl::Status& status() const { return status_; }

 private:
  std::string_view op_;
  std::vector<std::string> texts_;
  absl::Status status_;
};

rt::Time TimeOf(int32_t count, rt::Duration step) { return rt::Time(count * step); }

// Visits the rows, each a key and a value, in the order of the keys.
template <typename Row, typename Visit>
void VisitSorted(std::vector<Row>& rows, Visit&& visit) {
  std::sort(rows.begin(), rows.end(),
            [](const Row& a, const Row& b) { return a.first < b.first; });
  for (const Row& row : rows) visit(row.first, row.second);
}

}  // namespace

absl::Status ReadStock(const rt::StateReader& store, absl::FunctionRef<void(const StockRow&)> visit) {
  StoredTexts skus(kSkus), stores(kStores);
  RTSTREAM_RETURN_IF_ERROR(skus.Read(store));
  RTSTREAM_RETURN_IF_ERROR(stores.Read(store));
  using Key = std::tuple<std::string_view, std::string_view>;
  std::vector<std::pair<Key, rt::Item<rt::Stock>>> rows;
  RTSTREAM_RETURN_IF_ERROR((rt::ReadItems<StockKey, rt::Stock>(
      store, kInventory, [&](const StockKey& key, const rt::Item<rt::Stock>& item) {
        rows.emplace_back(Key(skus[std::get<0>(key)], stores[std::get<1>(key)]), item);
      })));
  RTSTREAM_RETURN_IF_ERROR(skus.status());
  RTSTREAM_RETURN_IF_ERROR(stores.status());
  VisitSorted(rows, [&](const Key& key, const rt::Item<rt::Stock>& item) {
    visit({std::get<0>(key), std::get<1>(key), item});
  });
  return absl::OkStatus();
}

absl::Status ReadDailySales(const rt::StateReader& store,
                            absl::FunctionRef<void(const DailyRow&)> visit) {
  StoredTexts retailers(kRetailers), skus(kSkus);
  RTSTREAM_RETURN_IF_ERROR(retailers.Read(store));
  RTSTREAM_RETURN_IF_ERROR(skus.Read(store));
  using Key = std::tuple<std::string_view, rt::Time, std::string_view>;
  std::vector<std::pair<Key, SalesSum>> rows;
  RTSTREAM_RETURN_IF_ERROR((rt::ReadPartials<DailyKey, SalesSum>(
      store, kDailySales, MergeInto<SalesSum>, [&](const DailyKey& key, const SalesSum& sum) {
        rows.emplace_back(Key(retailers[std::get<0>(key)],
                              TimeOf(std::get<1>(key), std::chrono::hours(24)),
                              skus[std::get<2>(key)]),
                          sum);
      })));
  RTSTREAM_RETURN_IF_ERROR(retailers.status());
  RTSTREAM_RETURN_IF_ERROR(skus.status());
  VisitSorted(rows, [&](const Key& key, const SalesSum& sum) {
    visit({std::get<0>(key), std::get<1>(key), std::get<2>(key), sum});
  });
  return absl::OkStatus();
}

absl::Status ReadStoreHours(const rt::StateReader& store,
                            absl::FunctionRef<void(const HourRow&)> visit) {
  StoredTexts stores(kStores);
  RTSTREAM_RETURN_IF_ERROR(stores.Read(store));
  using Key = std::tuple<std::string_view, rt::Time>;
  std::vector<std::pair<Key, SalesSum>> rows;
  RTSTREAM_RETURN_IF_ERROR((rt::ReadState<HourKey, SalesSum>(
      store, kStoreHour, rt::kSumsTable, [&](const HourKey& key, const SalesSum& sum) {
        rows.emplace_back(
            Key(stores[std::get<0>(key)], TimeOf(std::get<1>(key), std::chrono::hours(1))), sum);
      })));
  RTSTREAM_RETURN_IF_ERROR(stores.status());
  VisitSorted(rows, [&](const Key& key, const SalesSum& sum) {
    visit({std::get<0>(key), std::get<1>(key), sum});
  });
  return absl::OkStatus();
}

}  // namespace retail
