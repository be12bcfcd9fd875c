#include <array>

#include "benchmarks/baseline/hand_ad_counts.h"
#include "benchmarks/baseline/w3.h"
#include "benchmarks/workload/windows.h"

namespace bench {
namespace {

class W3Hand final : public Variant {
 public:
  W3Hand(const W3Input& input, const RunSettings& settings)
      : events_(input.events.span()), counts_(input.ads), output_(settings.is_verifying) {}

  absl::Status Run() override {
    for (absl::Span<const AdEvent> rest = events_; !rest.empty();) {
      const absl::Span<const AdEvent> batch = TakeBatch(rest, kBatch);
      const size_t n = SelectViews(batch);
      if (is_outside_) [[unlikely]] {
        for (const AdEvent& event : batch) AddOne(event);
        continue;
      }
      for (size_t i = 0; i < n; ++i) counts_.Add(ads_[i]);
    }
    return absl::OkStatus();
  }
  absl::StatusOr<Outcome> Finish() override { return output_.ToOutcome(events_.size()); }

 private:
  static constexpr size_t kBatch = 1024;

  // Filter and projection without a branch. Says as well whether a record lies outside the window.
  size_t SelectViews(absl::Span<const AdEvent> batch) {
    const uint64_t begin = begin_us_, last = begin_us_ + kW3Window - 1;
    uint64_t outside = 0;
    size_t n = 0;
    for (const AdEvent& event : batch) {
      outside |= (event.time_us - begin) | (last - event.time_us);
      ads_[n] = event.ad;
      n += event.type == AdEventType::kView ? 1 : 0;
    }
    is_outside_ = outside >> 63 != 0;
    return n;
  }
  void AddOne(const AdEvent& event) {
    if (event.time_us - begin_us_ >= kW3Window) [[unlikely]] {
      Close();
      begin_us_ = event.time_us / kW3Window * kW3Window;
    }
    if (event.type == AdEventType::kView) counts_.Add(event.ad);
  }
  void Close() { output_.Write(counts_.Take(begin_us_)); }

  absl::Span<const AdEvent> events_;
  hand::AdCounts counts_;
  uint64_t begin_us_ = 0;
  bool is_outside_ = false;
  std::array<uint32_t, kBatch> ads_;
  WindowOutput output_;
};

}  // namespace

std::unique_ptr<Variant> MakeW3Hand(const W3Input& input, const RunSettings& settings) {
  return std::make_unique<W3Hand>(input, settings);
}

}  // namespace bench
