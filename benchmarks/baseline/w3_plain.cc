#include "benchmarks/baseline/w3.h"
#include "benchmarks/baseline/w3_campaigns.h"
#include "benchmarks/workload/windows.h"

namespace bench {
namespace {

class W3Plain final : public Variant {
 public:
  W3Plain(const W3Input& input, const RunSettings& settings)
      : events_(input.events.span()), campaigns_(input.ads), output_(settings.is_verifying) {}

  absl::Status Run() override {
    const auto write = [this](absl::Span<const WindowResult> results) { output_.Write(results); };
    for (const AdEvent& event : events_) {
      if (!counts_.is_in_window(event.time_us)) [[unlikely]] {
        counts_.Close(write);
        counts_.Begin(event.time_us);
      }
      if (event.type != AdEventType::kView) continue;
      const uint32_t campaign = campaigns_[event.ad];
      if (campaign != CampaignOfAd::kNone) counts_.Add(campaign);
    }
    return absl::OkStatus();
  }
  absl::StatusOr<Outcome> Finish() override { return output_.ToOutcome(events_.size()); }

 private:
  absl::Span<const AdEvent> events_;
  CampaignOfAd campaigns_;
  CampaignCounts counts_;
  WindowOutput output_;
};

}  // namespace

std::unique_ptr<Variant> MakeW3Plain(const W3Input& input, const RunSettings& settings) {
  return std::make_unique<W3Plain>(input, settings);
}

}  // namespace bench
