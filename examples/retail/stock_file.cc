#include "examples/retail/stock_file.h"

#include <charconv>

#include "examples/retail/csv_file.h"
#include "rtstream/base/hash.h"
#include "rtstream/base/text.h"

namespace retail {

namespace rt = rtstream;

namespace {

// CSV fields of one line hold no LF.
std::string KeyOf(std::string_view sku, std::string_view store_id) {
  return rt::Concat(sku, "\n", store_id);
}

}  // namespace

absl::Status InitialStock::ReadFile(const std::string& path) {
  std::string all;
  absl::Status status = ReadCsvFile(
      path, "sku,storeId,quantity", [&](const std::string_view* fields) -> absl::Status {
        int64_t quantity = 0;
        const char* const end = fields[2].data() + fields[2].size();
        const auto parsed = std::from_chars(fields[2].data(), end, quantity);
        if (parsed.ec != std::errc() || parsed.ptr != end || quantity < 0 ||
            quantity > kMost) {
          return absl::InvalidArgumentError(rt::Concat("quantity: want an integer from 0 to ", kMost));
        }
        if (!items_.emplace(KeyOf(fields[0], fields[1]), quantity).second) {
          return absl::InvalidArgumentError("want each item once, this one came before");
        }
        all += rt::Concat(fields[0], ",", fields[1], ",", fields[2], "\n");
        return absl::OkStatus();
      });
  fingerprint_ = rt::StableHash(all);
  return status;
}

int64_t InitialStock::Of(std::string_view sku, std::string_view store_id) const {
  if (items_.empty()) return all_;
  auto it = items_.find(KeyOf(sku, store_id));
  return it == items_.end() ? all_ : it->second;
}

}  // namespace retail
