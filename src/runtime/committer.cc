#include "committer.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"

namespace rtstream {

struct Committer::Impl {
  Impl(StateStore& s, Clock& c, const Options& o)
      : store(&s), options(o), lane(c, stop, o.retry, o.seed) {
    lane.set_logger(o.logger);
  }

  StateStore* store;
  Options options;
  Wakeup stop;
  Lane lane;  // for its retries; used by the thread that runs jobs
  std::thread thread;

  std::mutex mutex;
  std::condition_variable changed;        // of HasWork(), IsIdle() or is_working_ahead
  std::optional<CommitJob> job;           // guarded by mutex
  bool is_running = false;                // guarded by mutex
  bool is_closing = false;                // guarded by mutex
  bool may_work_ahead = false;            // guarded by mutex
  bool is_working_ahead = false;          // guarded by mutex
  absl::Status status;                    // guarded by mutex
  uint64_t durable = 0;                   // guarded by mutex
  std::vector<std::string> acknowledged;  // guarded by mutex

  // The caller holds mutex.
  bool HasWork() const { return job || is_closing || may_work_ahead; }
  bool IsIdle() const { return !job && !is_running; }

  absl::Status Apply(const StateBatch& batch) {
    absl::Status applied = store->Apply(batch);
    if (!absl::IsAborted(applied)) return applied;
    return absl::FailedPreconditionError(
        Concat("another runner has committed to this store: ", MessageOf(applied)));
  }

  absl::Status Execute(CommitJob& work) {
    // Staged bytes first: a commit must not name bytes that a power loss can take.
    if (!work.batch.empty()) {
      for (StagedSinkBase* sink : options.staged) RTSTREAM_RETURN_IF_ERROR(sink->Sync());
      RTSTREAM_RETURN_IF_ERROR(Apply(work.batch));
    }
    {
      const std::lock_guard lock(mutex);
      durable = work.epoch;
    }
    // Only what is durable may leave.
    for (CommitJob::Outgoing& out : work.outgoing) {
      RTSTREAM_RETURN_IF_ERROR(lane.Retry([&] { return out.sink->Send(out.chunk); }));
      const std::lock_guard lock(mutex);
      acknowledged.push_back(std::move(out.key));
    }
    return absl::OkStatus();
  }

  void RunJob(CommitJob work) {
    absl::Status result = Execute(work);
    const std::lock_guard lock(mutex);
    status.Update(result);
    is_running = false;
    changed.notify_all();
  }

  void DoWorkAhead() {
    for (PagePool* pages : options.pages) pages->Fill();
    for (StagedSinkBase* sink : options.staged) sink->WriteAhead();
    const std::lock_guard lock(mutex);
    is_working_ahead = false;
    changed.notify_all();
  }

  void Loop() {
    for (;;) {
      std::optional<CommitJob> work;
      {
        std::unique_lock lock(mutex);
        changed.wait(lock, [this] { return HasWork(); });
        work = std::exchange(job, std::nullopt);
        if (!work && is_closing) return;
        is_running = work.has_value();
        is_working_ahead = !is_running && may_work_ahead;
        may_work_ahead = false;
      }
      if (work) {
        RunJob(*std::move(work));
      } else {
        DoWorkAhead();
      }
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
    const std::lock_guard lock(impl_->mutex);
    impl_->is_closing = true;
    impl_->changed.notify_all();
  }
  impl_->stop.Notify();
  impl_->thread.join();
}

absl::Status Committer::Submit(CommitJob job) {
  RTSTREAM_RETURN_IF_ERROR(Wait());
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->options.in_background) {
      impl_->job = std::move(job);
      impl_->changed.notify_all();
      return absl::OkStatus();
    }
    impl_->is_running = true;
  }
  impl_->RunJob(std::move(job));
  return Wait();
}

void Committer::WorkAhead() {
  const std::lock_guard lock(impl_->mutex);
  impl_->may_work_ahead = true;
  impl_->changed.notify_all();
}

void Committer::StopWorkingAhead() {
  std::unique_lock lock(impl_->mutex);
  impl_->may_work_ahead = false;
  impl_->changed.wait(lock, [this] { return !impl_->is_working_ahead; });
}

absl::Status Committer::Wait() {
  std::unique_lock lock(impl_->mutex);
  impl_->changed.wait(lock, [this] { return impl_->IsIdle(); });
  return impl_->status;
}

bool Committer::is_busy() const {
  const std::lock_guard lock(impl_->mutex);
  return !impl_->IsIdle();
}

uint64_t Committer::durable_epoch() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->durable;
}

std::vector<std::string> Committer::TakeAcknowledged() {
  const std::lock_guard lock(impl_->mutex);
  return std::exchange(impl_->acknowledged, {});
}

}  // namespace rtstream
