#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "rtstream/io/memory_sink.h"
#include "rtstream/io/memory_source.h"
#include "rtstream/testing/random.h"

namespace rtstream {

// A visit of a page, at a shop.
struct Visit {
  std::string shop;
  uint32_t page = 0;
  uint64_t id = 0;
  int64_t units = 0;
  Time at{};
  int64_t sum = 0;             // of the shop's page so far
  uint32_t shop_number = 0;    // as runs give it: not part of the results
  Time watermark = kMinTime;   // that it saw

  friend bool operator==(const Visit& a, const Visit& b) {
    return std::tie(a.shop, a.page, a.id, a.units, a.at, a.sum, a.watermark) ==
           std::tie(b.shop, b.page, b.id, b.units, b.at, b.sum, b.watermark);
  }
};
struct ShopHour {
  std::string shop;
  Time hour{};
  int64_t units = 0;
  friend auto operator<=>(const ShopHour&, const ShopHour&) = default;
};

// Made-up visits, in two partitions of which one may end early: some come twice, some late, some far too
// late, some are refused.
inline std::vector<std::pair<Visit, uint32_t>> MakeVisits(uint64_t seed, size_t n) {
  testing::Random random(seed);
  std::vector<std::pair<Visit, uint32_t>> visits;
  for (size_t i = 0; i < n; ++i) {
    Visit v;
    const auto second = static_cast<int64_t>(i * 3 + random.Below(random.Chance(0.02) ? 40'000 : 600));
    v.at = Time(std::chrono::seconds(1'000'000'000 + second));
    v.shop = "shop-" + std::to_string(random.Below(17));
    v.page = static_cast<uint32_t>(random.Below(5));
    v.id = i;
    v.units = random.Chance(0.03) ? -1 : static_cast<int64_t>(random.Below(9));
    const auto partition = static_cast<uint32_t>(i % 3 == 0 && i < n / 2);
    visits.emplace_back(v, partition);
    if (random.Chance(0.1)) visits.emplace_back(visits[random.Below(visits.size())].first, 0);
  }
  return visits;
}

// A memory source and sink that tell of each call before it is done, which may fail it.
using OnCall = std::function<absl::Status()>;
class ToldSource final : public Source<Visit> {
 public:
  ToldSource(MemorySource<Visit>& source, OnCall on_call) : source_(&source), on_call_(std::move(on_call)) {}
  absl::Status Open(absl::Span<const CommittedPosition> committed) override {
    return source_->Open(committed);
  }
  std::string PartitionName(uint32_t index) const override { return source_->PartitionName(index); }
  bool IsFinished(uint32_t index) const override { return source_->IsFinished(index); }
  absl::StatusOr<PollResult> Poll(size_t max_rows, Batch<Visit>& batch) override {
    if (absl::Status status = on_call_(); !status.ok()) return status;
    return source_->Poll(max_rows, batch);
  }

 private:
  MemorySource<Visit>* source_;
  OnCall on_call_;
};
class ToldSink final : public StagedSink<Visit> {
 public:
  explicit ToldSink(OnCall on_call) : on_call_(std::move(on_call)) {}
  std::string_view name() const override { return rows_.name(); }
  uint64_t bytes_written() const override { return rows_.bytes_written(); }
  absl::Status Write(const Rows<Visit>& rows) override {
    if (absl::Status status = on_call_(); !status.ok()) return status;
    return rows_.Write(rows);
  }
  absl::Status Open(const std::optional<std::string>& committed) override { return rows_.Open(committed); }
  absl::StatusOr<std::string> Cut() override { return rows_.Cut(); }
  absl::Status Sync() override { return rows_.Sync(); }
  const std::vector<Visit>& all() const { return rows_.all(); }

 private:
  MemorySink<Visit> rows_{"out"};
  OnCall on_call_;
};

}  // namespace rtstream
