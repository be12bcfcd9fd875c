#include "examples/retail/master_data.h"

#include <array>
#include <utility>

#include "examples/retail/csv_file.h"
#include "rtstream/base/hash.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/io/memory_table.h"

namespace retail {
namespace {

const std::array<std::string, 8> kRegions = {"north", "south", "east",    "west",
                                             "coast", "lakes", "central", "islands"};
const std::array<std::string, 12> kCategories = {
    "apparel", "beauty", "books",  "electronics", "food",   "garden",
    "health",  "home",   "office", "sports",      "tools",  "toys"};

template <size_t kNames>
const std::string& Draw(const std::array<std::string, kNames>& names, std::string_view key) {
  return names[rt::StableHash(key) % kNames];
}

template <size_t kNames>
class HashedTable final : public rt::LookupTable<std::string> {
 public:
  explicit HashedTable(const std::array<std::string, kNames>& names) : names_(&names) {}
  bool concurrent() const override { return true; }
  absl::Status Lookup(absl::Span<const std::string_view> keys,
                      absl::Span<const std::string*> found) override {
    for (size_t i = 0; i < keys.size(); ++i) found[i] = &Draw(*names_, keys[i]);
    return absl::OkStatus();
  }

 private:
  const std::array<std::string, kNames>* names_;
};

absl::StatusOr<std::unique_ptr<rt::LookupTable<std::string>>> ReadTable(const std::string& path,
                                                                        std::string_view header) {
  auto table = std::make_unique<rt::MemoryTable<std::string>>();
  RTSTREAM_RETURN_IF_ERROR(ReadCsvFile(path, header, [&](const std::string_view* fields) {
    table->Put(std::string(fields[0]), std::string(fields[1]));
    return absl::OkStatus();
  }));
  return table;
}

}  // namespace

absl::StatusOr<MasterData> ReadMasterData(const std::string& dir) {
  MasterData master;
  RTSTREAM_ASSIGN_OR_RETURN(master.region_of_store,
                            ReadTable(dir + "/stores.csv", "storeId,region"));
  RTSTREAM_ASSIGN_OR_RETURN(master.category_of_sku,
                            ReadTable(dir + "/products.csv", "sku,category"));
  return master;
}

MasterData HashedMasterData() {
  return {std::make_unique<HashedTable<kRegions.size()>>(kRegions),
          std::make_unique<HashedTable<kCategories.size()>>(kCategories)};
}

std::string_view HashedRegion(std::string_view store_id) { return Draw(kRegions, store_id); }
std::string_view HashedCategory(std::string_view sku) { return Draw(kCategories, sku); }

}  // namespace retail
