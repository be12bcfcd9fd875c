#include "rtstream/testing/pipeline_driver.h"

#include "rtstream/base/status_macros.h"

namespace rtstream::testing {

PipelineDriver::PipelineDriver(std::function<Pipeline()> make, RunOptions options)
    : make_(std::move(make)), options_(std::move(options)) {
  options_.clock = &clock_;
  options_.dead_letters = &letters_;
  options_.commit_in_background = false;
  options_.lanes = 1;
  if (options_.seed == 0) options_.seed = 1;
  runner_ = std::make_unique<Runner>(make_(), store_, options_);
}

PipelineDriver::~PipelineDriver() = default;

absl::StatusOr<StepResult> PipelineDriver::Step() {
  RTSTREAM_RETURN_IF_ERROR(runner_->Open());
  return runner_->Step();
}

absl::Status PipelineDriver::Drain() {
  for (;;) {
    RTSTREAM_ASSIGN_OR_RETURN(const StepResult result, Step());
    if (result != StepResult::kBatch) return absl::OkStatus();
  }
}

absl::Status PipelineDriver::Commit() {
  RTSTREAM_RETURN_IF_ERROR(runner_->Open());
  return runner_->Commit();
}

absl::Status PipelineDriver::AdvanceClock(Duration d) {
  clock_.Advance(d);
  return Drain();
}

absl::Status PipelineDriver::Crash() {
  runner_.reset();
  runner_ = std::make_unique<Runner>(make_(), store_, options_);
  return runner_->Open();
}

OperatorStats PipelineDriver::Stats(std::string_view name) const {
  for (OperatorStats& stats : runner_->Stats()) {
    if (stats.name == name) return stats;
  }
  return {};
}

}  // namespace rtstream::testing
