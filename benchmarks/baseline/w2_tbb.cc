#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/global_control.h>

#include <memory>
#include <tuple>
#include <vector>

#include "benchmarks/baseline/tbb_batches.h"
#include "benchmarks/baseline/w2.h"
#include "benchmarks/baseline/w2_sums.h"
#include "benchmarks/workload/windows.h"

namespace bench {
namespace {

namespace flow = tbb::flow;

// Ticks by the lane that sums them up, and how many of the lanes are not done with it.
struct TickBatch {
  std::vector<std::vector<Tick>> by_lane;
  size_t used_by = 0;
};
struct Results {
  std::vector<WindowResult> rows;
};

// split by key -> sum up, a node a lane -> write
class W2Tbb final : public Variant {
 public:
  W2Tbb(absl::Span<const Tick> ticks, const RunSettings& settings)
      : ticks_(ticks), rest_(ticks), lanes_(static_cast<size_t>(settings.lanes)), sums_(lanes_),
        batches_(settings.lanes), output_(settings.is_verifying) {}

  absl::Status Run() override {
    using Sum = flow::function_node<TickBatch*, TickBatch*>;
    using Recycler = flow::multifunction_node<TickBatch*, std::tuple<flow::continue_msg>>;
    const tbb::global_control threads(tbb::global_control::max_allowed_parallelism, lanes_);
    flow::graph graph;
    flow::input_node<TickBatch*> split(graph, [this](tbb::flow_control& c) { return Cut(c); });
    flow::limiter_node<TickBatch*> limit(graph, batches_.most() - 1);
    flow::function_node<std::shared_ptr<Results>> write(
        graph, flow::serial, [this](const std::shared_ptr<Results>& r) { output_.Write(r->rows); });
    std::vector<std::unique_ptr<Sum>> sum;
    Recycler recycle(graph, flow::serial, [this](TickBatch* batch, Recycler::output_ports_type& free) {
      if (--batch->used_by > 0) return;
      batches_.Give(batch);
      std::get<0>(free).try_put({});
    });
    for (size_t lane = 0; lane < lanes_; ++lane) {
      sum.push_back(std::make_unique<Sum>(graph, flow::serial, [this, lane, &write](TickBatch* batch) {
        sums_[lane].Add(batch->by_lane[lane], [&](const std::vector<WindowResult>& rows) {
          write.try_put(std::make_shared<Results>(Results{rows}));
        });
        return batch;
      }));
      flow::make_edge(limit, *sum.back());
      flow::make_edge(*sum.back(), recycle);
    }
    flow::make_edge(split, limit);
    flow::make_edge(flow::output_port<0>(recycle), limit.decrementer());
    split.activate();
    graph.wait_for_all();
    // Not every lane has seen the last tick.
    for (W2Sums& sums : sums_) {
      sums.AdvanceTo(ticks_.back().time_us,
                     [&](const std::vector<WindowResult>& rows) { output_.Write(rows); });
    }
    return absl::OkStatus();
  }
  absl::StatusOr<Outcome> Finish() override { return output_.ToOutcome(ticks_.size()); }

 private:
  static constexpr size_t kBatch = 1024;

  TickBatch* Cut(tbb::flow_control& control) {
    if (rest_.empty()) {
      control.stop();
      return nullptr;
    }
    TickBatch* const batch = batches_.Take();
    batch->by_lane.resize(lanes_);
    batch->used_by = lanes_;
    for (std::vector<Tick>& ticks : batch->by_lane) ticks.clear();
    for (const Tick& tick : TakeBatch(rest_, kBatch)) {
      batch->by_lane[lanes_ == 1 ? 0 : (tick.key >> 32) % lanes_].push_back(tick);
    }
    return batch;
  }

  absl::Span<const Tick> ticks_, rest_;
  size_t lanes_;
  std::vector<W2Sums> sums_;
  TbbBatches<TickBatch> batches_;
  WindowOutput output_;
};

}  // namespace

std::unique_ptr<Variant> MakeW2Tbb(const Records<Tick>& ticks, const RunSettings& settings) {
  return std::make_unique<W2Tbb>(ticks.span(), settings);
}

}  // namespace bench
