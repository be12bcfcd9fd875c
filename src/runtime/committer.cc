#include "committer.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "../base/mutant.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"

namespace rtstream {

struct Committer::Impl {
  // What of a job is done next.
  struct Progress {
    size_t synced = 0;  // staged sinks
    bool is_durable = false;
    size_t sent = 0;  // of work.outgoing
  };

  Impl(StateStore& s, Clock& c, const Options& o)
      : store(&s), options(o), lane(c, stop, o.retry, o.seed) {
    lane.set_logger(o.logger);
  }

  StateStore* store;
  Options options;
  Wakeup stop;
  Lane lane;  // for its retries; used by the thread that runs jobs
  std::thread thread;
  std::optional<CommitJob> stepped;  // of kByHost: what is under way
  Progress progress;                 // of the thread that does the pieces

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

  // Does the next piece; whether there is another.
  absl::StatusOr<bool> DoPiece(CommitJob& work) {
    if (RTSTREAM_MUTANT("emit_before_commit") && progress.sent < work.outgoing.size()) {
      return Send(work.outgoing[progress.sent++]).ok();
    }
    if (!progress.is_durable) {
      // Staged bytes first: a commit must not name bytes that a power loss can take.
      const bool syncs = !work.batch.empty() && !RTSTREAM_MUTANT("commit_before_sync");
      if (syncs && progress.synced < options.staged.size()) {
        RTSTREAM_RETURN_IF_ERROR(options.staged[progress.synced++]->Sync());
        return true;
      }
      if (!work.batch.empty()) RTSTREAM_RETURN_IF_ERROR(Apply(work.batch));
      progress.is_durable = true;
      const std::lock_guard lock(mutex);
      durable = work.epoch;
      return !work.outgoing.empty();
    }
    // Only what is durable may leave.
    CommitJob::Outgoing& out = work.outgoing[progress.sent++];
    const absl::Status sent = Send(out);
    if (!RTSTREAM_MUTANT("outbox_deleted_before_ack")) RTSTREAM_RETURN_IF_ERROR(sent);
    if (RTSTREAM_MUTANT("ack_applied_to_another_chunk")) out.key = work.outgoing.back().key;
    const std::lock_guard lock(mutex);
    acknowledged.push_back(out.key);
    return progress.sent < work.outgoing.size();
  }

  absl::Status Send(const CommitJob::Outgoing& out) {
    return lane.Retry([&] { return out.sink->Send(out.chunk); });
  }

  absl::Status Execute(CommitJob& work) {
    progress = {};
    for (bool has_more = true; has_more;) {
      RTSTREAM_ASSIGN_OR_RETURN(has_more, DoPiece(work));
    }
    return absl::OkStatus();
  }

  void RunJob(CommitJob work) { End(Execute(work)); }
  void End(const absl::Status& result) {
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
  if (options.mode == CommitMode::kBackground)
    impl_->thread = std::thread([impl = impl_.get()] { impl->Loop(); });
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
    if (impl_->options.mode == CommitMode::kBackground) {
      impl_->job = std::move(job);
      impl_->changed.notify_all();
      return absl::OkStatus();
    }
    impl_->is_running = true;
  }
  if (impl_->options.mode == CommitMode::kByHost) {
    impl_->stepped = std::move(job);
    impl_->progress = {};
    return absl::OkStatus();
  }
  impl_->RunJob(std::move(job));
  return Wait();
}

absl::StatusOr<bool> Committer::Step() {
  if (!impl_->stepped) return false;
  const absl::StatusOr<bool> has_more = impl_->DoPiece(*impl_->stepped);
  if (has_more.ok() && *has_more) return true;
  impl_->stepped.reset();
  impl_->End(has_more.status());
  return has_more;
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
  while (impl_->stepped) RTSTREAM_RETURN_IF_ERROR(Step().status());
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
