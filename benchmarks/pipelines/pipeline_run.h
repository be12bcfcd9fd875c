#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "rtstream/flow/pipeline.h"
#include "rtstream/runtime/runner.h"
#include "rtstream/state/state_store.h"

namespace bench {

// Where the commits of a run go, every 200 ms, as the library has it by default. kLog: to the disk, below
// $TMPDIR or /tmp, by a thread on the processors that the caller is not bound to, if it is to some.
enum class Commits { kNone, kLog, kMemory };

// A pipeline run to the end of its source.
class PipelineRun {
 public:
  // Opens the pipeline on one lane: its state is made.
  PipelineRun(rtstream::Pipeline pipeline, Commits commits);
  // The same on so many lanes.
  PipelineRun(const std::function<rtstream::Pipeline()>& make, Commits commits, int lanes);
  ~PipelineRun();

  absl::Status Run();
  // What the operator of this name counted. REQUIRES: Run() was OK.
  rtstream::OperatorStats Stats(std::string_view name) const;
  // The committed state. REQUIRES: commits to memory.
  const rtstream::StateReader& store() const { return *store_; }

 private:
  void MakeStore(Commits commits);

  absl::Status OpenLog();

  std::string state_dir_;  // of its own, removed at the end; empty: none
  std::unique_ptr<rtstream::StateStore> store_;
  std::unique_ptr<rtstream::Runner> runner_;
  absl::Status opened_;
};

}  // namespace bench
