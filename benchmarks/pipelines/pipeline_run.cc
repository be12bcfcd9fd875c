#include "benchmarks/pipelines/pipeline_run.h"

#include <utility>

#include "rtstream/base/status_macros.h"
#include "rtstream/state/memory_store.h"

namespace bench {
namespace {

std::unique_ptr<rtstream::StateStore> MakeStore(bool is_verifying) {
  if (is_verifying) return std::make_unique<rtstream::MemoryStateStore>();
  return std::make_unique<DiscardingStore>();
}

rtstream::RunOptions Options() {
  rtstream::RunOptions options;
  options.max_epoch_bytes = uint64_t{1} << 40;  // the clock alone says when to commit
  return options;
}

}  // namespace

PipelineRun::PipelineRun(rtstream::Pipeline pipeline, bool is_verifying)
    : store_(MakeStore(is_verifying)), runner_(std::move(pipeline), *store_, Options()) {}

absl::Status PipelineRun::Run() { return runner_.Run(); }

rtstream::OperatorStats PipelineRun::Stats(std::string_view name) const {
  for (rtstream::OperatorStats& stats : runner_.Stats()) {
    if (stats.name == name) return std::move(stats);
  }
  return {};
}

}  // namespace bench
