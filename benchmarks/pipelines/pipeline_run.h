#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "rtstream/flow/pipeline.h"
#include "rtstream/runtime/runner.h"
#include "rtstream/state/state_store.h"

namespace bench {

// A store that keeps nothing: commits cost the lane what they cost, and no disk takes part.
class DiscardingStore final : public rtstream::StateStore {
 public:
  absl::StatusOr<std::optional<rtstream::Versioned>> Get(std::string_view) const override {
    return std::nullopt;
  }
  absl::Status Scan(std::string_view, Visitor) const override { return absl::OkStatus(); }
  absl::Status Apply(const rtstream::StateBatch&) override { return absl::OkStatus(); }
  absl::StatusOr<std::unique_ptr<rtstream::StateReader>> Snapshot() override {
    return std::make_unique<DiscardingStore>();
  }
  absl::Status Close() override { return absl::OkStatus(); }
};

// Where the commits of a run go, every 200 ms, as the library has it by default.
enum class Commits { kNone, kDiscarded, kMemory };

// A pipeline run to the end of its source.
class PipelineRun {
 public:
  // Opens the pipeline on one lane: its state is made.
  PipelineRun(rtstream::Pipeline pipeline, Commits commits);
  // The same on so many lanes.
  PipelineRun(const std::function<rtstream::Pipeline()>& make, Commits commits, int lanes);

  absl::Status Run();
  // What the operator of this name counted. REQUIRES: Run() was OK.
  rtstream::OperatorStats Stats(std::string_view name) const;
  // The committed state. REQUIRES: commits to memory.
  const rtstream::StateReader& store() const { return *store_; }

 private:
  void MakeStore(Commits commits);

  std::unique_ptr<rtstream::StateStore> store_;
  std::unique_ptr<rtstream::Runner> runner_;
  absl::Status opened_;
};

}  // namespace bench
