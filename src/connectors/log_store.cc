#include "rtstream/connectors/log_store.h"

#include <utility>

#include "open_log.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "state_directory.h"

namespace rtstream {
namespace {

using internal::LogFiles;
using internal::LogView;
using internal::OpenLog;
using internal::RecoveredLog;

// How often a reader tries to get at files that change meanwhile.
constexpr int kReadAttempts = 30;

}  // namespace

struct [[gnu::visibility("hidden")]] LogStore::Impl {
  std::unique_ptr<OpenLog> log;
};

LogStore::LogStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LogStore::~LogStore() = default;

absl::StatusOr<std::unique_ptr<LogStore>> LogStore::Open(const std::string& dir,
                                                         const LogStoreOptions& options) {
  RTSTREAM_ASSIGN_OR_RETURN(StateDirectory directory,
                            StateDirectory::Lock(dir, StateDirectory::Kind::kLog));
  std::optional<RecoveredLog> log;
  if (directory.phase() == StateDirectory::Phase::kMade) {
    RTSTREAM_ASSIGN_OR_RETURN(log, internal::ReadLog(dir, directory.last_commit()));
  } else {
    RTSTREAM_RETURN_IF_ERROR(internal::CheckHasNoCommits(dir));
  }
  auto impl = std::make_unique<Impl>();
  RTSTREAM_ASSIGN_OR_RETURN(impl->log,
                            OpenLog::Start(dir, std::move(directory), std::move(log), options));
  return std::unique_ptr<LogStore>(new LogStore(std::move(impl)));
}

absl::StatusOr<std::unique_ptr<StateReader>> LogStore::OpenReadOnly(const std::string& dir) {
  for (int i = 0; i < kReadAttempts; ++i) {
    absl::StatusOr<StateDirectory> marker = StateDirectory::Look(dir, StateDirectory::Kind::kLog);
    if (absl::IsDataLoss(marker.status()) && i + 1 < kReadAttempts) continue;
    RTSTREAM_RETURN_IF_ERROR(marker.status());
    if (marker->phase() == StateDirectory::Phase::kBegun) {
      // Unless it was just made: then the next look says so.
      const absl::Status begun = internal::CheckHasNoCommits(dir);
      if (absl::IsDataLoss(begun) && i + 1 < kReadAttempts) continue;
      RTSTREAM_RETURN_IF_ERROR(begun);
      return absl::FailedPreconditionError(Concat("state directory ", dir, " has no commit yet"));
    }
    RTSTREAM_ASSIGN_OR_RETURN(const LogFiles before, internal::ListLogFiles(dir));
    absl::StatusOr<RecoveredLog> log = internal::ReadLog(dir, marker->last_commit());
    if (log.ok()) {
      return std::make_unique<LogView>(log->state.index.values(), std::move(log->segments));
    }
    // A segment may have been deleted, or a record half written, between two reads.
    RTSTREAM_ASSIGN_OR_RETURN(const LogFiles after, internal::ListLogFiles(dir));
    const absl::StatusOr<StateDirectory> then = StateDirectory::Look(dir, StateDirectory::Kind::kLog);
    if (then.ok() && then->last_commit() == marker->last_commit() && before == after) return log.status();
  }
  return absl::UnavailableError(
      Concat("the files of state directory ", dir, " change too fast to be read"));
}

bool LogStore::Holds(const std::string& dir) {
  return StateDirectory::Look(dir, StateDirectory::Kind::kLog).ok();
}

absl::StatusOr<std::optional<Versioned>> LogStore::Get(std::string_view key) const {
  return impl_->log->Get(key);
}

absl::Status LogStore::Scan(std::string_view prefix, Visitor visit) const {
  RTSTREAM_ASSIGN_OR_RETURN(const std::unique_ptr<LogView> view, impl_->log->View(prefix));
  return view->Scan(prefix, visit);
}

absl::Status LogStore::Apply(const StateBatch& batch) { return impl_->log->Apply(batch); }

absl::StatusOr<std::unique_ptr<StateReader>> LogStore::Snapshot() {
  RTSTREAM_ASSIGN_OR_RETURN(std::unique_ptr<LogView> view, impl_->log->View(""));
  return std::unique_ptr<StateReader>(std::move(view));
}

absl::Status LogStore::Close() {
  impl_->log->Close();
  return absl::OkStatus();
}

LogStoreStats LogStore::Stats() const { return impl_->log->Stats(); }

}  // namespace rtstream
