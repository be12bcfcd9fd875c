#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "absl/status/statusor.h"

namespace retail {

// What items begin with: a number for all, and others for those that a file names.
class InitialStock {
 public:
  // Of one item: so many can be summed up over millions of items.
  static constexpr int64_t kMost = 1'000'000'000'000;

  explicit InitialStock(int64_t all) : all_(all) {}

  // Reads a CSV file with the header sku,storeId,quantity. InvalidArgument: a quantity is not an
  // integer from 0 to kMost, or an item comes twice.
  absl::Status ReadFile(const std::string& path);

  int64_t Of(std::string_view sku, std::string_view store_id) const;

  // Of everything that was read: equal for equal files.
  uint64_t fingerprint() const { return fingerprint_; }

 private:
  int64_t all_;
  uint64_t fingerprint_ = 0;
  std::unordered_map<std::string, int64_t> items_;
};

}  // namespace retail
