#include "benchmarks/workload/w1.h"

#include "examples/retail/master_data.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"

namespace bench {
namespace {

// As the generator names them.
std::string Numbered(std::string_view prefix, uint64_t number, size_t width) {
  std::string digits = rt::Concat(number);
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return rt::Concat(prefix, digits);
}

}  // namespace

Outcome W1Result::ToOutcome() const {
  return {{"events", events},
          {"rejected", rejected},
          {"duplicates", duplicates},
          {"refused", refused},
          {"accepted", accepted},
          {"daily_keys", daily_keys},
          {"store_hours", store_hours},
          {"stock_keys", stock_keys},
          {"output_bytes", output_bytes},
          {"output_checksum", output_checksum},
          {"daily_digest", daily.value()},
          {"hours_digest", hours.value()},
          {"stock_digest", stock.value()}};
}

absl::StatusOr<W1Input> MakeW1Input(uint64_t events, const std::string& path) {
  constexpr uint64_t kStores = 1'000, kSkus = 50'000;
  RTSTREAM_ASSIGN_OR_RETURN(Lines lines,
                            path.empty() ? Lines::Generate(events) : Lines::Read(path, events));
  W1Input input{std::move(lines), {}, {}};
  for (uint64_t i = 0; i < kStores; ++i) {
    std::string store = Numbered("STORE-", i, 4);
    std::string region(retail::HashedRegion(store));
    input.region_of_store.emplace_back(std::move(store), std::move(region));
  }
  for (uint64_t i = 0; i < kSkus; ++i) {
    std::string sku = Numbered("SKU-", i, 6);
    std::string category(retail::HashedCategory(sku));
    input.category_of_sku.emplace_back(std::move(sku), std::move(category));
  }
  return input;
}

void RowOutput::Write(std::string_view bytes) {
  bytes_ += bytes.size();
  if (is_verifying_) checksum_.Add(bytes);
}

}  // namespace bench
