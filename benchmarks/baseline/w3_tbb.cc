#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/global_control.h>

#include <vector>

#include "benchmarks/baseline/tbb_batches.h"
#include "benchmarks/baseline/w3.h"
#include "benchmarks/baseline/w3_campaigns.h"
#include "benchmarks/workload/windows.h"

namespace bench {
namespace {

namespace flow = tbb::flow;

// A view of an ad of a campaign.
struct View {
  uint64_t time_us;
  uint32_t campaign;
};
struct ViewBatch {
  size_t number = 0;
  absl::Span<const AdEvent> events;
  std::vector<View> views;
};

// filter, project and join (at will) -> in order -> count and write
class W3Tbb final : public Variant {
 public:
  W3Tbb(const W3Input& input, const RunSettings& settings)
      : events_(input.events.span()), rest_(events_), lanes_(settings.lanes), campaigns_(input.ads),
        batches_(settings.lanes), output_(settings.is_verifying) {}

  absl::Status Run() override {
    const tbb::global_control threads(tbb::global_control::max_allowed_parallelism,
                                      static_cast<size_t>(lanes_));
    flow::graph graph;
    flow::input_node<ViewBatch*> cut(graph, [this](tbb::flow_control& control) { return Cut(control); });
    flow::limiter_node<ViewBatch*> limit(graph, batches_.most() - 1);
    flow::function_node<ViewBatch*, ViewBatch*> join(
        graph, flow::unlimited, [this](ViewBatch* batch) { return Join(batch); });
    flow::sequencer_node<ViewBatch*> in_order(graph, [](ViewBatch* batch) { return batch->number; });
    flow::function_node<ViewBatch*, flow::continue_msg> count(
        graph, flow::serial, [this](ViewBatch* batch) { return Count(batch); });
    flow::make_edge(cut, limit);
    flow::make_edge(limit, join);
    flow::make_edge(join, in_order);
    flow::make_edge(in_order, count);
    flow::make_edge(count, limit.decrementer());
    cut.activate();
    graph.wait_for_all();
    return absl::OkStatus();
  }
  absl::StatusOr<Outcome> Finish() override { return output_.ToOutcome(events_.size()); }

 private:
  static constexpr size_t kBatch = 1024;

  ViewBatch* Cut(tbb::flow_control& control) {
    if (rest_.empty()) {
      control.stop();
      return nullptr;
    }
    ViewBatch* const batch = batches_.Take();
    batch->number = number_++;
    batch->events = TakeBatch(rest_, kBatch);
    return batch;
  }
  ViewBatch* Join(ViewBatch* batch) const {
    batch->views.clear();
    for (const AdEvent& event : batch->events) {
      if (event.type != AdEventType::kView) continue;
      const uint32_t campaign = campaigns_[event.ad];
      if (campaign != CampaignOfAd::kNone) batch->views.push_back({event.time_us, campaign});
    }
    return batch;
  }
  flow::continue_msg Count(ViewBatch* batch) {
    for (const View& view : batch->views) {
      if (!counts_.is_in_window(view.time_us)) [[unlikely]] {
        counts_.Close([this](absl::Span<const WindowResult> results) { output_.Write(results); });
        counts_.Begin(view.time_us);
      }
      counts_.Add(view.campaign);
    }
    batches_.Give(batch);
    return {};
  }

  absl::Span<const AdEvent> events_, rest_;
  int lanes_;
  CampaignOfAd campaigns_;
  CampaignCounts counts_;
  TbbBatches<ViewBatch> batches_;
  size_t number_ = 0;
  WindowOutput output_;
};

}  // namespace

std::unique_ptr<Variant> MakeW3Tbb(const W3Input& input, const RunSettings& settings) {
  return std::make_unique<W3Tbb>(input, settings);
}

}  // namespace bench
