#include "benchmarks/pipelines/pipeline_run.h"

#include <sched.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/connectors/log_store.h"
#include "rtstream/state/memory_store.h"

namespace bench {
namespace {

rtstream::RunOptions Options() {
  rtstream::RunOptions options;
  options.max_epoch_bytes = uint64_t{1} << 40;  // the clock alone says when to commit
  return options;
}

// While it lives, threads that the calling one makes run on the processors that it is not bound to; if it is
// bound to all of them, anywhere.
class ThreadsBeside {
 public:
  ThreadsBeside() {
    cpu_set_t beside;
    CPU_ZERO(&beside);
    if (sched_getaffinity(0, sizeof own_, &own_) != 0) return;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (!CPU_ISSET(cpu, &own_)) CPU_SET(cpu, &beside);
    }
    is_changed_ = sched_setaffinity(0, sizeof beside, &beside) == 0;
  }
  ~ThreadsBeside() {
    if (is_changed_) sched_setaffinity(0, sizeof own_, &own_);
  }
  ThreadsBeside(const ThreadsBeside&) = delete;
  ThreadsBeside& operator=(const ThreadsBeside&) = delete;

 private:
  cpu_set_t own_{};
  bool is_changed_ = false;
};

}  // namespace

void PipelineRun::MakeStore(Commits commits) {
  switch (commits) {
    case Commits::kNone:
      break;
    case Commits::kLog:
      opened_ = OpenLog();
      break;
    case Commits::kMemory:
      store_ = std::make_unique<rtstream::MemoryStateStore>();
      break;
  }
}

PipelineRun::PipelineRun(rtstream::Pipeline pipeline, Commits commits) {
  std::optional<ThreadsBeside> beside;
  if (commits == Commits::kLog) beside.emplace();
  MakeStore(commits);
  if (!opened_.ok()) return;
  runner_ = store_ == nullptr
                ? std::make_unique<rtstream::Runner>(std::move(pipeline), Options())
                : std::make_unique<rtstream::Runner>(std::move(pipeline), *store_, Options());
  opened_ = runner_->Open();
}

PipelineRun::PipelineRun(const std::function<rtstream::Pipeline()>& make, Commits commits, int lanes) {
  MakeStore(commits);
  if (!opened_.ok()) return;
  rtstream::RunOptions options = Options();
  options.lanes = static_cast<uint32_t>(lanes);
  runner_ = store_ == nullptr ? std::make_unique<rtstream::Runner>(make, options)
                              : std::make_unique<rtstream::Runner>(make, *store_, options);
  opened_ = runner_->Open();
}

PipelineRun::~PipelineRun() {
  runner_ = nullptr;
  store_ = nullptr;
  std::error_code ignored;
  if (!state_dir_.empty()) std::filesystem::remove_all(state_dir_, ignored);
}

absl::Status PipelineRun::OpenLog() {
  const char* const place = std::getenv("TMPDIR");
  state_dir_ = rtstream::Concat(place == nullptr ? "/tmp" : place, "/rtstream_bench_XXXXXX");
  if (mkdtemp(state_dir_.data()) == nullptr) return absl::ErrnoToStatus(errno, "make " + state_dir_);
  RTSTREAM_ASSIGN_OR_RETURN(store_, rtstream::LogStore::Open(state_dir_ + "/state"));
  return absl::OkStatus();
}

absl::Status PipelineRun::Run() {
  RTSTREAM_RETURN_IF_ERROR(opened_);
  return runner_->Run();
}

rtstream::OperatorStats PipelineRun::Stats(std::string_view name) const {
  for (rtstream::OperatorStats& stats : runner_->Stats()) {
    if (stats.name == name) return std::move(stats);
  }
  return {};
}

}  // namespace bench
