#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "rtstream/io/lookup_table.h"

namespace retail {

namespace rt = rtstream;

// What is known of stores and products. Texts.
struct MasterData {
  std::unique_ptr<rt::LookupTable<std::string>> region_of_store;
  std::unique_ptr<rt::LookupTable<std::string>> category_of_sku;
};

// Reads DIR/stores.csv (storeId,region) and DIR/products.csv (sku,category).
absl::StatusOr<MasterData> ReadMasterData(const std::string& dir);

// Without master data: names drawn by rtstream::StableHash of the key, modulo their number.
MasterData HashedMasterData();
std::string_view HashedRegion(std::string_view store_id);
std::string_view HashedCategory(std::string_view sku);

}  // namespace retail
