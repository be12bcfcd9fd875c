#pragma once

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

// A pipeline run to the end of its source on one lane, with a commit every 200 ms in the background, as
// the library has it by default. A verifying run commits to memory, any other to a DiscardingStore.
class PipelineRun {
 public:
  PipelineRun(rtstream::Pipeline pipeline, bool is_verifying);

  absl::Status Run();
  // What the operator of this name counted. REQUIRES: Run() was OK.
  rtstream::OperatorStats Stats(std::string_view name) const;
  // The committed state, for a verifying run.
  const rtstream::StateReader& store() const { return *store_; }

 private:
  std::unique_ptr<rtstream::StateStore> store_;
  rtstream::Runner runner_;
};

}  // namespace bench
