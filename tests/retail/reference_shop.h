#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <ostream>
#include <string>

#include "tests/retail/reference_sale.h"

namespace reference {

inline constexpr size_t kMaxRecord = 1 << 20;  // a longer line is rejected unread

struct ShopFlags {
  Rules rules;
  int64_t initial_stock = 100;
  int64_t dedup_window = int64_t{7} * 86'400 * 1'000'000;
  std::map<std::pair<std::string, std::string>, int64_t> stock;  // (sku, storeId), from --stock
  bool has_master = false;
  std::map<std::string, std::string> regions, categories;  // from --master
};

struct ShopFiles {
  std::ostream &facts, &failed, &hot, &cold, &dead_letters;
};

struct Place {
  std::string partition;
  uint64_t position = 0;
};

// The retail job, one record at a time, over ordered maps. Choices made where the contract of
// `retail` leaves one, each marked where it is taken:
//  - the watermark that judges a record is the newest valid event time before it, less one hour;
//  - the ids of a bucket [k w/8, (k+1) w/8) of the window w are forgotten as soon as the bucket's
//  end is
//    not after watermark - w;
//  - a line of more than 1 MiB is RESOURCE_EXHAUSTED, whatever is in it;
//  - an item that no decision was applied to has no lastUpdated.
class Shop {
 public:
  Shop(ShopFlags flags, ShopFiles files) : flags_(std::move(flags)), files_(files) {}

  // `sale`: what the line parsed to, if it did.
  void Take(const std::optional<Sale>& sale, std::string_view line, const Place& place);

  // As `retail query` prints them.
  void PrintInventory(std::ostream& out) const;
  void PrintDailySales(std::ostream& out) const;
  void PrintStoreHours(std::ostream& out) const;
  void PrintSummary(std::ostream& out) const;

 private:
  struct Stock {
    int64_t on_hand = 0, version = 0;
    std::optional<int64_t> last_updated;
  };
  struct Total {
    int64_t sales = 0, returns = 0, units = 0;
    Micros revenue = 0;
  };

  void Reject(std::string_view line, const Place& place, std::string_view code);
  bool IsDuplicate(const Sale& sale);
  void Decide(const Sale& sale, const Place& place);
  std::string EventFields(const Sale& sale) const;

  ShopFlags flags_;
  ShopFiles files_;
  std::optional<int64_t> newest_;
  std::map<std::string, int64_t> claims_;  // event id -> event time of the first copy
  std::map<std::pair<std::string, std::string>, Stock> stock_;
  std::map<std::tuple<std::string, std::string, std::string>, Total> daily_;
  std::map<std::pair<std::string, std::string>, Total> hourly_;
  int64_t records_ = 0, rejected_ = 0, duplicates_ = 0, processed_ = 0, refused_ = 0, returns_ = 0;
  int64_t units_sold_ = 0, units_returned_ = 0;
  Micros revenue_ = 0;
};

}  // namespace reference
