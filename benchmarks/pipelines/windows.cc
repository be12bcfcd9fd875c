#include "benchmarks/pipelines/windows.h"

#include <utility>

#include "benchmarks/pipelines/ad_campaigns.h"
#include "benchmarks/pipelines/pipeline_run.h"
#include "benchmarks/pipelines/sources.h"
#include "benchmarks/pipelines/window_sink.h"
#include "rtstream/rtstream.h"

namespace bench {
namespace {

rt::Time TimeOf(uint64_t us) { return rt::Time(rt::Duration(us)); }

template <typename Flow>
rt::Pipeline SumTicks(Flow flow, WindowSink<uint64_t>& windows) {
  return std::move(flow)
       | rt::Aggregate("sums", &Tick::key, [](uint64_t& sum, const Tick& t) { sum += t.amount; },
                       rt::Tumbling{.size = rt::Duration(kW2Window)})
       | rt::To(windows);
}

rt::Pipeline MakeW2(rt::Source<Tick>& ticks, WindowSink<uint64_t>& windows, bool is_divided) {
  auto flow = rt::From(ticks)
            | rt::AssignEventTime([](const Tick& t) { return TimeOf(t.time_us); }, {.max_ahead = rt::Duration{0}});
  if (!is_divided) return SumTicks(std::move(flow), windows);
  return SumTicks(std::move(flow) | rt::KeyBy("by_key", &Tick::key), windows);
}

struct View {
  rt::Time at;
  uint32_t campaign;
};

template <typename Flow>
rt::Pipeline CountViews(Flow flow, WindowSink<uint32_t>& windows) {
  return std::move(flow)
       | rt::Aggregate("counts", &View::campaign, [](uint64_t& count, const View&) { ++count; },
                       rt::Tumbling{.size = rt::Duration(kW3Window)})
       | rt::To(windows);
}

rt::Pipeline MakeW3(rt::Source<AdEvent>& events, const AdCampaigns& campaigns, WindowSink<uint32_t>& windows,
                    bool is_divided) {
  auto flow = rt::From(events)
            | rt::Filter("views", [](const AdEvent& e) { return e.type == AdEventType::kView; })
            | rt::Map("join", [&campaigns](const AdEvent& e) { return View{TimeOf(e.time_us), campaigns[e.ad]}; })
            | rt::Filter("known", [](const View& v) { return v.campaign != AdCampaigns::kNone; })
            | rt::AssignEventTime(&View::at, {.max_ahead = rt::Duration{0}});
  if (!is_divided) return CountViews(std::move(flow), windows);
  return CountViews(std::move(flow) | rt::KeyBy("by_campaign", &View::campaign), windows);
}

// On RunSettings::lanes lanes if it is divided.
class W2Rtstream final : public Variant {
 public:
  W2Rtstream(const Records<Tick>& ticks, const RunSettings& settings, bool is_divided)
      : records_(ticks.size()), ticks_(ticks), windows_(settings.is_verifying),
        run_([this, is_divided] { return MakeW2(ticks_, windows_, is_divided); }, Commits::kNone,
             is_divided ? settings.lanes : 1) {}

  absl::Status Run() override { return run_.Run(); }
  absl::StatusOr<Outcome> Finish() override { return windows_.output().ToOutcome(records_); }

 private:
  uint64_t records_;
  RecordSource<Tick> ticks_;
  WindowSink<uint64_t> windows_;
  PipelineRun run_;
};

class W3Rtstream final : public Variant {
 public:
  W3Rtstream(const W3Input& input, const RunSettings& settings, bool is_divided)
      : records_(input.events.size()), events_(input.events), campaigns_(input.ads),
        windows_(settings.is_verifying),
        run_([this, is_divided] { return MakeW3(events_, campaigns_, windows_, is_divided); }, Commits::kNone,
             is_divided ? settings.lanes : 1) {}

  absl::Status Run() override { return run_.Run(); }
  absl::StatusOr<Outcome> Finish() override { return windows_.output().ToOutcome(records_); }

 private:
  uint64_t records_;
  RecordSource<AdEvent> events_;
  AdCampaigns campaigns_;
  WindowSink<uint32_t> windows_;
  PipelineRun run_;
};

}  // namespace

std::unique_ptr<Variant> MakeW2Rtstream(const Records<Tick>& ticks, const RunSettings& settings) {
  return std::make_unique<W2Rtstream>(ticks, settings, false);
}
std::unique_ptr<Variant> MakeW2RtstreamLanes(const Records<Tick>& ticks, const RunSettings& settings) {
  return std::make_unique<W2Rtstream>(ticks, settings, true);
}
std::unique_ptr<Variant> MakeW3Rtstream(const W3Input& input, const RunSettings& settings) {
  return std::make_unique<W3Rtstream>(input, settings, false);
}
std::unique_ptr<Variant> MakeW3RtstreamLanes(const W3Input& input, const RunSettings& settings) {
  return std::make_unique<W3Rtstream>(input, settings, true);
}

}  // namespace bench
