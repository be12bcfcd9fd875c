#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "rtstream/io/memory_sink.h"
#include "rtstream/io/source.h"
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

// Made-up visits, in two partitions of which one ends early: some come twice, some late, some far too
// late, some are refused.
inline std::vector<std::pair<Visit, uint32_t>> MakeVisits(uint64_t seed, size_t n) {
  testing::Random random(seed);
  std::vector<std::pair<Visit, uint32_t>> visits;
  for (size_t i = 0; i < n; ++i) {
    Visit v;
    const auto second = static_cast<int64_t>(i * 3 + random.Below(random.Chance(0.002) ? 14'000 : 600));
    v.at = Time(std::chrono::seconds(1'000'000'000 + second));
    v.shop = "shop-" + std::to_string(random.Below(17));
    v.page = static_cast<uint32_t>(random.Below(5));
    v.id = i;
    v.units = random.Chance(0.03) ? -1 : static_cast<int64_t>(random.Below(9));
    const auto partition = static_cast<uint32_t>(i / 100 % 3 == 0 && i < n / 2);
    visits.emplace_back(v, partition);
    if (random.Chance(0.1)) visits.emplace_back(visits[random.Below(visits.size())].first, 0);
  }
  return visits;
}

// Whatever tells of each call before it is done, and may fail it.
using OnCall = std::function<absl::Status()>;

// Gives visits of two partitions in one order, whatever they are opened at: what a record sees of the
// watermark is the same in every run.
class VisitSource final : public Source<Visit> {
 public:
  VisitSource(const std::vector<std::pair<Visit, uint32_t>>& visits, OnCall on_call)
      : on_call_(std::move(on_call)) {
    for (const auto& [visit, partition] : visits) {
      visits_.push_back(visit);
      partitions_.push_back(partition);
      ends_[partition] = visits_.size();
    }
  }
  absl::Status Open(absl::Span<const CommittedPosition> committed) override {
    next_ = {};
    for (const CommittedPosition& c : committed) next_[c.partition == "1"] = std::stoul(c.resume);
    return absl::OkStatus();
  }
  std::string PartitionName(uint32_t index) const override { return std::to_string(index); }
  bool IsFinished(uint32_t index) const override { return at() >= ends_[index]; }
  bool is_finished() const { return at() == visits_.size(); }
  absl::StatusOr<PollResult> Poll(size_t max_rows, Batch<Visit>& batch) override {
    if (absl::Status status = on_call_(); !status.ok()) return status;
    if (is_finished()) return PollResult::kFinished;
    const size_t begin = at();
    const uint32_t partition = partitions_[begin];
    size_t n = 1;
    while (n < max_rows && begin + n < visits_.size() && partitions_[begin + n] == partition) ++n;
    size_t& next = next_[partition];
    batch.Begin(partition, kLabels[partition], static_cast<int64_t>(next), static_cast<int64_t>(next) + 1);
    batch.Borrow(absl::MakeConstSpan(visits_).subspan(begin, n));
    next += n;
    batch.resume = std::to_string(next);
    return PollResult::kBatch;
  }

 private:
  static constexpr std::array<std::string_view, 2> kLabels = {"0", "1"};
  size_t at() const { return next_[0] + next_[1]; }

  std::vector<Visit> visits_;
  std::vector<uint32_t> partitions_;
  std::array<size_t, 2> ends_{};  // behind the last visit of each
  std::array<size_t, 2> next_{};
  OnCall on_call_;
};

// A memory sink.
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
