// What StagedSinkContract asks beside what is asked of every sink.
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "sink_trial.h"

namespace rtstream::testing::internal {
namespace {

// Writes rows [begin, end) and brings them to the disk, as a commit does. Returns its mark.
absl::StatusOr<std::string> Commit(SinkTrial& trial, size_t begin, size_t end) {
  RTSTREAM_RETURN_IF_ERROR(trial.Write(begin, end));
  absl::StatusOr<std::string> mark = trial.staged().Cut();
  RTSTREAM_RETURN_IF_ERROR(Doing("Cut", mark.status()));
  RTSTREAM_RETURN_IF_ERROR(Doing("Sync", trial.staged().Sync()));
  return mark;
}

absl::Status OpenAt(SinkTrial& trial, const std::string& mark) {
  trial.Restart();
  return Doing("Open at the last commit's mark", trial.staged().Open(mark));
}

absl::Status CommittedRowsAreThereAfterARestart(SinkTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  for (size_t n = 3; n <= 12; n += 3) {
    RTSTREAM_ASSIGN_OR_RETURN(const std::string mark, Commit(trial, n - 3, n));
    RTSTREAM_RETURN_IF_ERROR(OpenAt(trial, mark));
    RTSTREAM_RETURN_IF_ERROR(Doing("Publish", trial.staged().Publish(mark)));
    RTSTREAM_RETURN_IF_ERROR(trial.WantRows(n, "committed rows after a restart"));
  }
  return absl::OkStatus();
}

// The process dies at each point between two commits.
absl::Status UncommittedRowsAreCutOff(SinkTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  RTSTREAM_ASSIGN_OR_RETURN(const std::string mark, Commit(trial, 0, 4));
  RTSTREAM_RETURN_IF_ERROR(Doing("Publish", trial.staged().Publish(mark)));
  constexpr std::string_view kPoints[] = {"Write", "WriteAhead", "Cut", "Cut and WriteAhead", "Sync"};
  for (size_t point = 0; point < std::size(kPoints); ++point) {
    RTSTREAM_RETURN_IF_ERROR(trial.Write(4, 9));
    if (point == 1) trial.staged().WriteAhead();
    if (point >= 2) RTSTREAM_RETURN_IF_ERROR(Doing("Cut", trial.staged().Cut().status()));
    if (point == 3) trial.staged().WriteAhead();
    if (point == 4) RTSTREAM_RETURN_IF_ERROR(Doing("Sync", trial.staged().Sync()));
    const std::string what = Concat("a process that died after ", kPoints[point], " and before its commit");
    RTSTREAM_RETURN_IF_ERROR(Doing(what, OpenAt(trial, mark)));
    RTSTREAM_RETURN_IF_ERROR(Doing(what, trial.staged().Publish(mark)));
    RTSTREAM_RETURN_IF_ERROR(trial.WantRows(4, what));
  }
  // And the replay is as if nothing had happened.
  RTSTREAM_ASSIGN_OR_RETURN(const std::string next, Commit(trial, 4, 9));
  RTSTREAM_RETURN_IF_ERROR(OpenAt(trial, next));
  return trial.WantRows(9, "rows that were written again");
}

absl::Status ACutCoversWhatWasWrittenBeforeIt(SinkTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  RTSTREAM_RETURN_IF_ERROR(trial.Write(0, 4));
  const absl::StatusOr<std::string> mark = trial.staged().Cut();
  RTSTREAM_RETURN_IF_ERROR(Doing("Cut", mark.status()));
  // The lane goes on before the commit's thread has synced.
  RTSTREAM_RETURN_IF_ERROR(trial.Write(4, 9));
  RTSTREAM_RETURN_IF_ERROR(Doing("Sync", trial.staged().Sync()));
  RTSTREAM_RETURN_IF_ERROR(OpenAt(trial, *mark));
  return trial.WantRows(4, "rows of a mark behind which more were written");
}

absl::Status PublishingTwiceIsPublishingOnce(SinkTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  RTSTREAM_ASSIGN_OR_RETURN(const std::string mark, Commit(trial, 0, 5));
  for (int time = 0; time < 2; ++time) {
    RTSTREAM_RETURN_IF_ERROR(Doing("Publish", trial.staged().Publish(mark)));
    RTSTREAM_RETURN_IF_ERROR(trial.WantRows(5, "rows that were published"));
  }
  RTSTREAM_RETURN_IF_ERROR(OpenAt(trial, mark));
  RTSTREAM_RETURN_IF_ERROR(Doing("Publish after a restart", trial.staged().Publish(mark)));
  return trial.WantRows(5, "rows that were published again after a restart");
}

absl::Status ACommitWithoutRowsHasAMarkToOpenAt(SinkTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  RTSTREAM_ASSIGN_OR_RETURN(const std::string none, Commit(trial, 0, 0));
  RTSTREAM_RETURN_IF_ERROR(OpenAt(trial, none));
  RTSTREAM_RETURN_IF_ERROR(trial.WantRows(0, "a commit before the first row"));
  RTSTREAM_RETURN_IF_ERROR(Commit(trial, 0, 5).status());
  RTSTREAM_ASSIGN_OR_RETURN(const std::string same, Commit(trial, 5, 5));
  RTSTREAM_RETURN_IF_ERROR(OpenAt(trial, same));
  return trial.WantRows(5, "a commit without new rows");
}

absl::Status AMarkThatIsNoneIsDataLoss(SinkTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  RTSTREAM_ASSIGN_OR_RETURN(const std::string mark, Commit(trial, 0, 5));
  for (const std::string& wrong : {std::string("\xff no mark"), std::string()}) {
    trial.Restart();
    const absl::Status status = trial.staged().Open(wrong);
    if (!absl::IsDataLoss(status)) {
      return Broken(Concat("Open at a mark of ", wrong.size(), " bytes that no Cut has given: want DATA_LOSS, got ",
                           status.ToString()));
    }
  }
  RTSTREAM_RETURN_IF_ERROR(OpenAt(trial, mark));
  return trial.WantRows(5, "committed rows after an Open that was refused");
}

absl::Status AMarkWhoseRowsAreGoneIsDataLoss(SinkTrial& trial, const ErasedSinkSetup& setup) {
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  RTSTREAM_ASSIGN_OR_RETURN(const std::string mark, Commit(trial, 0, 5));
  SinkTrial elsewhere(setup);
  const absl::Status status = elsewhere.staged().Open(mark);
  if (absl::IsDataLoss(status)) return absl::OkStatus();
  return Broken(Concat("Open where the committed rows are gone: want DATA_LOSS, got ", status.ToString()));
}

absl::Status AFailedCommitIsMadeGoodByAReplay(SinkTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  RTSTREAM_ASSIGN_OR_RETURN(const std::string mark, Commit(trial, 0, 4));
  if (!trial.place().FailNext()) return absl::OkStatus();  // there is nothing to try
  if (Commit(trial, 4, 9).ok()) return Broken("a commit is OK that should have failed");
  RTSTREAM_RETURN_IF_ERROR(OpenAt(trial, mark));
  RTSTREAM_RETURN_IF_ERROR(trial.WantRows(4, "after a commit that failed"));
  RTSTREAM_ASSIGN_OR_RETURN(const std::string next, Commit(trial, 4, 9));
  RTSTREAM_RETURN_IF_ERROR(OpenAt(trial, next));
  return trial.WantRows(9, "rows that were written again after a commit that failed");
}

absl::Status TheCommitThreadSyncsWhileTheLaneWrites(SinkTrial& trial) {
  constexpr size_t kEpochs = 50;
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  absl::Status status;
  std::string mark;
  for (size_t epoch = 0; epoch < kEpochs && status.ok(); ++epoch) {
    // The commit of the epoch before, beside this one's rows.
    absl::Status synced;
    std::thread commit([&] {
      if (epoch > 0) synced = trial.staged().Sync();
      trial.staged().WriteAhead();
    });
    for (size_t i = 0; i < 4; ++i) status.Update(trial.Write(epoch * 8 + i * 2, epoch * 8 + i * 2 + 2));
    commit.join();
    status.Update(Doing("Sync beside Write", synced));
    absl::StatusOr<std::string> cut = trial.staged().Cut();
    status.Update(cut.status());
    if (cut.ok()) mark = *std::move(cut);
  }
  RTSTREAM_RETURN_IF_ERROR(status);
  RTSTREAM_RETURN_IF_ERROR(Doing("Sync", trial.staged().Sync()));
  RTSTREAM_RETURN_IF_ERROR(OpenAt(trial, mark));
  return trial.WantRows(kEpochs * 8, "rows written while others were synced");
}

}  // namespace

Contract StagedSinkRules(ErasedSinkSetup setup) {
  const auto again = std::make_shared<const ErasedSinkSetup>(setup);
  return SinkRules(
      std::move(setup), SinkKind::kStaged,
      {{"CommittedRowsAreThereAfterARestart", CommittedRowsAreThereAfterARestart},
       {"UncommittedRowsAreCutOff", UncommittedRowsAreCutOff},
       {"ACutCoversWhatWasWrittenBeforeIt", ACutCoversWhatWasWrittenBeforeIt},
       {"PublishingTwiceIsPublishingOnce", PublishingTwiceIsPublishingOnce},
       {"ACommitWithoutRowsHasAMarkToOpenAt", ACommitWithoutRowsHasAMarkToOpenAt},
       {"AMarkThatIsNoneIsDataLoss", AMarkThatIsNoneIsDataLoss},
       {"AMarkWhoseRowsAreGoneIsDataLoss",
        [again](SinkTrial& trial) { return AMarkWhoseRowsAreGoneIsDataLoss(trial, *again); }},
       {"AFailedCommitIsMadeGoodByAReplay", AFailedCommitIsMadeGoodByAReplay},
       {"BytesOfEarlierRunsAreNotCounted",
        [](SinkTrial& trial) -> absl::Status {
          RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
          RTSTREAM_ASSIGN_OR_RETURN(const std::string mark, Commit(trial, 0, 6));
          RTSTREAM_RETURN_IF_ERROR(OpenAt(trial, mark));
          return Want(trial.sink().bytes_written() == 0, "bytes are counted before a row was written again");
        }},
       {"TheCommitThreadSyncsWhileTheLaneWrites", TheCommitThreadSyncsWhileTheLaneWrites}});
}

}  // namespace rtstream::testing::internal
