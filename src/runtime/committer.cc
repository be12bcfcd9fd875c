#include "rtstream/runtime/committer.h"

#include <optional>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"

namespace rtstream {

struct Committer::Impl {
  Impl(StateStore& s, Clock& c, const Options& o)
      : store(&s), options(o), lane(c, stop, o.retry, o.seed) {}

  StateStore* store;
  Options options;
  Wakeup stop;
  Lane lane;  // for its retries; used by the thread that runs jobs
  std::thread thread;

  mutable absl::Mutex mutex;
  std::optional<CommitJob> job ABSL_GUARDED_BY(mutex);
  bool is_running ABSL_GUARDED_BY(mutex) = false;
  bool is_closing ABSL_GUARDED_BY(mutex) = false;
  absl::Status status ABSL_GUARDED_BY(mutex);
  uint64_t durable ABSL_GUARDED_BY(mutex) = 0;
  std::vector<std::string> acknowledged ABSL_GUARDED_BY(mutex);

  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) { return job || is_closing; }
  bool IsIdle() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) { return !job && !is_running; }

  absl::Status Apply(const StateBatch& batch) {
    absl::Status applied = store->Apply(batch);
    if (!absl::IsAborted(applied)) return applied;
    return absl::FailedPreconditionError(
        Concat("another runner has committed to this store: ", MessageOf(applied)));
  }

  absl::Status Execute(CommitJob& work) {
    // Staged bytes first: a commit must not name bytes that a power loss can take.
    for (StagedSinkBase* sink : work.staged) RTSTREAM_RETURN_IF_ERROR(sink->Sync());
    if (!work.batch.empty()) RTSTREAM_RETURN_IF_ERROR(Apply(work.batch));
    {
      absl::MutexLock lock(&mutex);
      durable = work.epoch;
    }
    // Only what is durable may leave.
    for (CommitJob::Outgoing& out : work.outgoing) {
      RTSTREAM_RETURN_IF_ERROR(lane.Retry([&] { return out.sink->Send(out.chunk); }));
      absl::MutexLock lock(&mutex);
      acknowledged.push_back(std::move(out.key));
    }
    return absl::OkStatus();
  }

  void RunJob(CommitJob work) {
    absl::Status result = Execute(work);
    absl::MutexLock lock(&mutex);
    status.Update(result);
    is_running = false;
  }

  void Loop() {
    for (;;) {
      CommitJob work;
      {
        absl::MutexLock lock(&mutex);
        mutex.Await(absl::Condition(this, &Impl::HasWork));
        if (!job) return;
        work = *std::exchange(job, std::nullopt);
        is_running = true;
      }
      RunJob(std::move(work));
    }
  }
};

Committer::Committer(StateStore& store, Clock& clock, const Options& options)
    : impl_(std::make_unique<Impl>(store, clock, options)) {
  if (options.in_background) impl_->thread = std::thread([impl = impl_.get()] { impl->Loop(); });
}

Committer::~Committer() {
  if (!impl_->thread.joinable()) return;
  {
    absl::MutexLock lock(&impl_->mutex);
    impl_->is_closing = true;
  }
  impl_->stop.Notify();
  impl_->thread.join();
}

absl::Status Committer::Submit(CommitJob job) {
  RTSTREAM_RETURN_IF_ERROR(Wait());
  {
    absl::MutexLock lock(&impl_->mutex);
    if (impl_->options.in_background) {
      impl_->job = std::move(job);
      return absl::OkStatus();
    }
    impl_->is_running = true;
  }
  impl_->RunJob(std::move(job));
  return Wait();
}

absl::Status Committer::Wait() {
  absl::MutexLock lock(&impl_->mutex);
  impl_->mutex.Await(absl::Condition(impl_.get(), &Impl::IsIdle));
  return impl_->status;
}

bool Committer::is_busy() const {
  absl::MutexLock lock(&impl_->mutex);
  return !impl_->IsIdle();
}

uint64_t Committer::durable_epoch() const {
  absl::MutexLock lock(&impl_->mutex);
  return impl_->durable;
}

std::vector<std::string> Committer::TakeAcknowledged() {
  absl::MutexLock lock(&impl_->mutex);
  return std::exchange(impl_->acknowledged, {});
}

}  // namespace rtstream
