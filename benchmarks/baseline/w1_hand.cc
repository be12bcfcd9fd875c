#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks/baseline/hand_dimension.h"
#include "benchmarks/baseline/hand_id_set.h"
#include "benchmarks/baseline/hand_rows.h"
#include "benchmarks/baseline/hand_sale.h"
#include "benchmarks/baseline/hand_table.h"
#include "benchmarks/baseline/w1.h"

namespace bench {
namespace {

using hand::kAhead;

constexpr size_t kBatch = 1024;

// A loop over a batch for each stage, and in each a look kAhead records ahead. All of a batch and the
// store's small tables stay in the second-level cache.
class W1Hand final : public Variant {
 public:
  W1Hand(const W1Input& input, const RunSettings& settings)
      : text_(input.lines.text()), sizes_(input.lines.count()), is_verifying_(settings.is_verifying),
        output_(settings.is_verifying), writer_(output_), ids_(std::make_unique<hand::IdSet>(sizes_.ids + kBatch)),
        daily_(sizes_.daily + kBatch), hours_(sizes_.hours), stock_(sizes_.stock + kBatch) {
    for (const auto& [store, region] : input.region_of_store) stores_.Add(store, NumberOf(region));
    for (const auto& [sku, category] : input.category_of_sku) skus_.Add(sku, NumberOf(category));
  }

  absl::Status Run() override {
    const char* p = text_.data();
    const char* const end = p + text_.size();
    while (p < end) {
      p = Parse(p, end);
      if (!ids_->has_room_for(kBatch) || !daily_.has_room_for(kBatch) || !hours_.has_room_for(kBatch) ||
          !stock_.has_room_for(kBatch)) {
        return absl::ResourceExhaustedError("a table is full: tables do not grow");
      }
      Dedup();
      Enrich();
      if (retailers_.size() > kMostRetailers) {
        return absl::ResourceExhaustedError("want at most 65,536 retailers");
      }
      AddDaily();
      AddHours();
      TakeStock();
      Serialise();
    }
    writer_.Flush();
    return absl::OkStatus();
  }

  absl::StatusOr<Outcome> Finish() override {
    result_.daily_keys = daily_.size();
    result_.store_hours = hours_.size();
    result_.stock_keys = stock_.size();
    result_.output_bytes = output_.bytes();
    result_.output_checksum = output_.checksum();
    if (is_verifying_) {
      daily_.ForEach([&](const Sum& s) { result_.daily.Add(s.units, s.cents, s.sales); });
      hours_.ForEach([&](uint64_t sales) { result_.hours.Add(sales); });
      stock_.ForEach([&](const Stock& s) { result_.stock.Add(s.units, s.version); });
    }
    return result_.ToOutcome();
  }

 private:
  static constexpr size_t kMostRetailers = 1 << 16;
  static constexpr uint32_t kDays = static_cast<uint32_t>(kDedupWindow / kDay);

  struct Sum {
    uint64_t units, cents, sales;
  };
  struct Stock {
    uint32_t units = kInitialUnits, version = 0;
  };
  // What a sale updates, and by how much.
  struct Update {
    uint64_t daily, hour, stock;  // keys, not 0
    uint32_t quantity, cents;
  };

  // The number of a region or category.
  uint32_t NumberOf(const std::string& text) {
    const auto at = std::find(names_.begin(), names_.end(), text);
    if (at != names_.end()) return static_cast<uint32_t>(at - names_.begin());
    names_.push_back(text);
    encoded_.emplace_back(text);
    return static_cast<uint32_t>(names_.size() - 1);
  }

  // Fills the batch with valid sales; returns the end of what it has read.
  [[gnu::noinline]] const char* Parse(const char* p, const char* end) {
    constexpr size_t kPrefetch = 1024;  // bytes: the hardware does not look beyond a small page
    size_t lines = 0, n = 0;
    parser_.NextBatch();
    for (; lines < kBatch && p < end; ++lines) {
      for (size_t i = 0; i < 4; ++i) __builtin_prefetch(p + kPrefetch + 64 * i);
      bool is_valid = false;
      p = parser_.Read(p, end, rows_[n], is_valid) + 1;
      n += is_valid ? 1 : 0;
    }
    result_.events += lines;
    result_.rejected += lines - n;
    n_rows_ = n;
    return p;
  }

  // Selects the first copies. Two sets: ids are kept for one to two windows.
  [[gnu::noinline]] void Dedup() {
    size_t n = 0;
    for (size_t i = 0; i < n_rows_; ++i) {
      const hand::SaleRow& ahead = rows_[i + kAhead];
      ids_->Prefetch(ahead.id_high, ahead.id_low);
      const hand::SaleRow& row = rows_[i];
      if (row.day >= next_set_at_) [[unlikely]] NextSet(row.day);
      const bool is_old =
          older_ids_ != nullptr && older_ids_->Contains(row.id_high, row.id_low);
      const bool is_new = !is_old && ids_->Insert(row.id_high, row.id_low);
      fresh_[n] = static_cast<uint16_t>(i);
      n += is_new ? 1 : 0;
    }
    result_.duplicates += n_rows_ - n;
    n_fresh_ = n;
    // Those ahead of the last ones.
    for (size_t i = n; i < n + kAhead; ++i) fresh_[i] = 0;
  }
  [[gnu::noinline]] void NextSet(uint32_t day) {
    // A day more: the first id may have come late in its day.
    if (next_set_at_ != 0) older_ids_ = std::exchange(ids_, std::make_unique<hand::IdSet>(sizes_.ids + kBatch));
    next_set_at_ = day + kDays + 1;
  }

  [[gnu::noinline]] void Enrich() {
    for (size_t k = 0; k < n_fresh_; ++k) {
      const hand::SaleRow& ahead = rows_[fresh_[k + kAhead]];
      skus_.Prefetch(ahead.text + ahead.sku_at, ahead.sku_size);
      const hand::SaleRow& row = rows_[fresh_[k]];
      const auto store = stores_.Find(row.text + row.store_at, row.store_size);
      const auto sku = skus_.Find(row.text + row.sku_at, row.sku_size);
      const auto retailer = retailers_.Find(row.text + row.retailer_at, row.retailer_size);
      regions_[k] = store.known;
      categories_[k] = sku.known;
      const uint64_t number = uint64_t{sku.id} + 1;
      updates_[k] = {uint64_t{retailer.id} << 48 ^ uint64_t{row.day} << 31 ^ number,
                     uint64_t{store.id} << 32 | (row.day * 24 + row.ms_of_day / 3'600'000 + 1),
                     uint64_t{store.id} << 32 | number, row.quantity, row.cents};
    }
  }

  [[gnu::noinline]] void AddDaily() {
    for (size_t k = 0; k < n_fresh_; ++k) {
      daily_.Prefetch(updates_[k + kAhead].daily);
      const Update& update = updates_[k];
      Sum& sum = daily_[update.daily];
      sum.units += update.quantity;
      sum.cents += uint64_t{update.quantity} * update.cents;
      ++sum.sales;
    }
  }

  [[gnu::noinline]] void AddHours() {
    for (size_t k = 0; k < n_fresh_; ++k) ++hours_[updates_[k].hour];
  }

  // Narrows the selection to the sales that took their units.
  [[gnu::noinline]] void TakeStock() {
    size_t n = 0;
    for (size_t k = 0; k < n_fresh_; ++k) {
      stock_.Prefetch(updates_[k + kAhead].stock);
      Stock& stock = stock_[updates_[k].stock];
      const uint32_t units = updates_[k].quantity;
      const uint32_t has_enough = stock.units >= units ? 1 : 0;
      stock.units -= has_enough != 0 ? units : 0;
      stock.version += has_enough;
      accepted_[n] = static_cast<uint16_t>(k);
      n += has_enough;
    }
    result_.refused += n_fresh_ - n;
    result_.accepted += n;
    n_accepted_ = n;
  }

  [[gnu::noinline]] void Serialise() {
    for (size_t j = 0; j < n_accepted_; ++j) {
      const size_t k = accepted_[j];
      writer_.Put(rows_[fresh_[k]], encoded_[regions_[k]], encoded_[categories_[k]]);
    }
  }

  std::string_view text_;
  W1Sizes sizes_;
  bool is_verifying_;
  RowOutput output_;
  hand::RowWriter writer_;
  W1Result result_;

  std::vector<std::string> names_{std::string(kUnknown)};
  std::vector<hand::EncodedText> encoded_{hand::EncodedText(kUnknown)};
  hand::SaleParser parser_;
  hand::Dimension stores_{0}, skus_{0}, retailers_{0};
  std::unique_ptr<hand::IdSet> ids_, older_ids_;
  uint32_t next_set_at_ = 0;
  hand::Table<Sum> daily_;
  hand::Table<uint64_t> hours_;
  hand::Table<Stock> stock_;

  // The batch. What is looked at ahead may lie behind its end.
  hand::SaleRow rows_[kBatch + kAhead]{};
  uint16_t fresh_[kBatch + kAhead]{}, accepted_[kBatch];
  uint32_t regions_[kBatch], categories_[kBatch];
  Update updates_[kBatch + kAhead]{};
  size_t n_rows_ = 0, n_fresh_ = 0, n_accepted_ = 0;
};

}  // namespace

std::unique_ptr<Variant> MakeW1Hand(const W1Input& input, const RunSettings& settings) {
  return std::make_unique<W1Hand>(input, settings);
}

}  // namespace bench
