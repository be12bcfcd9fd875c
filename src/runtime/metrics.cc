#include "rtstream/runtime/metrics.h"

#include <cstdint>
#include <vector>

namespace rtstream {
namespace {

struct OperatorMetric {
  std::string_view name, help;
  Metric::Kind kind;
  uint64_t OperatorStats::* value;
  double unit = 1;
};

constexpr Metric::Kind kCounter = Metric::Kind::kCounter, kGauge = Metric::Kind::kGauge;
using S = OperatorStats;
constexpr OperatorMetric kOperatorMetrics[] = {
    {"rtstream_records_in_total", "Records that the operator took.", kCounter, &S::in},
    {"rtstream_records_out_total", "Records that it passed on.", kCounter, &S::out},
    {"rtstream_records_refused_total", "Records that it sent to the dead letters.", kCounter, &S::refused},
    {"rtstream_records_side_total", "Records that left by its side output.", kCounter, &S::side},
    {"rtstream_bytes_total", "Bytes that a source read or a sink wrote.", kCounter, &S::bytes},
    {"rtstream_busy_seconds_total", "Time spent in it since the start.", kCounter, &S::busy_us, 1e-6},
    {"rtstream_records_ahead_total", "Records too far ahead to move the watermark, since the start.", kCounter, &S::ahead},
    {"rtstream_state_keys", "Keys of its state at the last commit.", kGauge, &S::keys},
    {"rtstream_state_bytes", "Memory of its state at the last commit.", kGauge, &S::state_bytes},
};

double SecondsOf(Time t) { return t == kMinTime ? 0 : static_cast<double>(t.time_since_epoch().count()) * 1e-6; }

}  // namespace

void VisitMetrics(const Runner& runner, absl::FunctionRef<void(const Metric&)> visit) {
  const std::vector<OperatorStats> all = runner.Stats();
  for (const OperatorMetric& metric : kOperatorMetrics) {
    for (const OperatorStats& stats : all) {
      visit({metric.name, metric.help, metric.kind, stats.name,
             static_cast<double>(stats.*metric.value) * metric.unit});
    }
  }
  const RunnerStatus status = runner.status();
  const auto gauge = [&](std::string_view name, std::string_view help, double value) {
    visit({name, help, kGauge, {}, value});
  };
  gauge("rtstream_commit_epoch", "Number of the last durable commit.", static_cast<double>(status.epoch));
  gauge("rtstream_committed_timestamp_seconds", "When what is committed last was processed.",
        SecondsOf(status.committed_at));
  gauge("rtstream_watermark_timestamp_seconds", "Event time that the last commit has come to; 0: none.",
        SecondsOf(status.watermark));
  gauge("rtstream_tables_bytes", "Memory that tables of state hold.", static_cast<double>(status.state_bytes));
  gauge("rtstream_is_failed", "1 if the run has ended by an error.", status.error.ok() ? 0 : 1);
  gauge("rtstream_is_paused", "1 if the run is paused.", status.phase == RunnerPhase::kPaused ? 1 : 0);
}

}  // namespace rtstream
