// What PlainSinkContract and OutboxSinkContract ask beside what is asked of every sink.
#include <algorithm>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "sink_trial.h"

namespace rtstream::testing::internal {
namespace {

// --- plain ---

absl::Status WhatAFlushCoversIsDelivered(SinkTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  for (size_t n = 1; n <= 6; ++n) {
    RTSTREAM_RETURN_IF_ERROR(trial.Write(n - 1, n));
    RTSTREAM_RETURN_IF_ERROR(Doing("Flush", trial.plain().Flush()));
    RTSTREAM_RETURN_IF_ERROR(trial.WantRows(n, "rows after Flush"));
  }
  return absl::OkStatus();
}

absl::Status WhatAFlushCoveredOutlivesTheProcess(SinkTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  RTSTREAM_RETURN_IF_ERROR(trial.Write(0, 4));
  RTSTREAM_RETURN_IF_ERROR(Doing("Flush", trial.plain().Flush()));
  trial.Restart();
  RTSTREAM_RETURN_IF_ERROR(Doing("Open after a restart", trial.plain().Open()));
  return trial.WantRows(4, "rows that were flushed before the process died");
}

absl::Status RowsBehindAFlushComeWholeOrNotAtAll(SinkTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  RTSTREAM_RETURN_IF_ERROR(trial.Write(0, 4));
  RTSTREAM_RETURN_IF_ERROR(Doing("Flush", trial.plain().Flush()));
  RTSTREAM_RETURN_IF_ERROR(trial.Write(4, 8));
  trial.Restart();
  RTSTREAM_RETURN_IF_ERROR(Doing("Open after a restart", trial.plain().Open()));
  RTSTREAM_ASSIGN_OR_RETURN(const std::vector<std::string> got, trial.Read());
  absl::Status status;
  for (size_t n = 4; n <= 8; ++n) {
    status = trial.WantKept(trial.Kept(0, n), got, "rows of a process that died after Write");
    if (status.ok()) break;
  }
  return status;
}

absl::Status ARowWrittenAgainIsThereAtLeastOnce(SinkTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  RTSTREAM_RETURN_IF_ERROR(trial.Write(0, 6));
  trial.Restart();
  RTSTREAM_RETURN_IF_ERROR(Doing("Open after a restart", trial.plain().Open()));
  // The replay of what was not committed.
  RTSTREAM_RETURN_IF_ERROR(trial.Write(0, 8));
  RTSTREAM_RETURN_IF_ERROR(Doing("Flush", trial.plain().Flush()));
  RTSTREAM_ASSIGN_OR_RETURN(const std::vector<std::string> got, trial.Read());
  for (const std::string& text : trial.Kept(0, 8)) {
    if (std::find(got.begin(), got.end(), text) == got.end()) {
      return Broken(Concat("row ", text, " is missing after it was written again"));
    }
  }
  return absl::OkStatus();
}

absl::Status AFlushOfNothingIsNoError(SinkTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  for (int time = 0; time < 2; ++time) {
    RTSTREAM_RETURN_IF_ERROR(Doing("Flush of nothing", trial.plain().Flush()));
  }
  return trial.WantRows(0, "a flush of nothing");
}

// --- outbox ---

// Ends the epoch. The chunks' tokens begin with `epoch`.
absl::StatusOr<std::vector<OutboxChunk>> Take(SinkTrial& trial, std::string_view epoch) {
  const auto taken = trial.outbox().TakeChunks();
  RTSTREAM_RETURN_IF_ERROR(Doing("TakeChunks", taken.status()));
  std::vector<OutboxChunk> chunks;
  for (size_t i = 0; i < taken->size(); ++i) chunks.push_back({Concat(epoch, "-", i), (*taken)[i]});
  return chunks;
}

absl::Status Send(SinkTrial& trial, const std::vector<OutboxChunk>& chunks) {
  for (const OutboxChunk& chunk : chunks) RTSTREAM_RETURN_IF_ERROR(Doing("Send", trial.outbox().Send(chunk)));
  return absl::OkStatus();
}

absl::Status ChunksHoldTheRowsSinceTheLastTake(SinkTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  for (size_t n = 4; n <= 12; n += 4) {
    RTSTREAM_RETURN_IF_ERROR(trial.Write(n - 4, n));
    RTSTREAM_ASSIGN_OR_RETURN(const auto chunks, Take(trial, Concat("epoch", n)));
    RTSTREAM_RETURN_IF_ERROR(Send(trial, chunks));
    RTSTREAM_RETURN_IF_ERROR(trial.WantRows(n, "rows of epochs that were sent one by one"));
  }
  return absl::OkStatus();
}

absl::Status NothingLeavesBeforeItIsSent(SinkTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  RTSTREAM_RETURN_IF_ERROR(trial.Write(0, 12));
  RTSTREAM_RETURN_IF_ERROR(trial.WantRows(0, "rows that were written and not taken"));
  RTSTREAM_RETURN_IF_ERROR(Take(trial, "epoch").status());
  return trial.WantRows(0, "rows that were taken and not sent");
}

absl::Status AChunkSentAgainHasTheEffectOfOnce(SinkTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  RTSTREAM_RETURN_IF_ERROR(trial.Write(0, 5));
  RTSTREAM_ASSIGN_OR_RETURN(const auto first, Take(trial, "first"));
  RTSTREAM_RETURN_IF_ERROR(Send(trial, first));
  RTSTREAM_RETURN_IF_ERROR(Send(trial, first));
  RTSTREAM_RETURN_IF_ERROR(trial.WantRows(5, "chunks that were sent twice"));
  RTSTREAM_RETURN_IF_ERROR(trial.Write(5, 9));
  RTSTREAM_ASSIGN_OR_RETURN(const auto second, Take(trial, "second"));
  RTSTREAM_RETURN_IF_ERROR(Send(trial, second));
  RTSTREAM_RETURN_IF_ERROR(Send(trial, first));
  return trial.WantRows(9, "chunks that were sent again after later ones");
}

absl::Status AnotherProcessSendsWhatIsLeft(SinkTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  RTSTREAM_RETURN_IF_ERROR(trial.Write(0, 5));
  RTSTREAM_ASSIGN_OR_RETURN(const auto chunks, Take(trial, "epoch"));
  for (int life = 0; life < 2; ++life) {
    trial.Restart();
    RTSTREAM_RETURN_IF_ERROR(Doing("Open after a restart", trial.outbox().Open()));
    RTSTREAM_RETURN_IF_ERROR(Send(trial, chunks));
    RTSTREAM_RETURN_IF_ERROR(trial.WantRows(5, "chunks that another process sends, and one after it again"));
  }
  return absl::OkStatus();
}

absl::Status AnotherTokenIsAnotherChunk(SinkTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  std::vector<std::string> want;
  for (const char* epoch : {"first", "second"}) {
    RTSTREAM_RETURN_IF_ERROR(trial.Write(0, 3));
    RTSTREAM_ASSIGN_OR_RETURN(const auto chunks, Take(trial, epoch));
    RTSTREAM_RETURN_IF_ERROR(Send(trial, chunks));
    if (trial.is_by_key()) want.clear();
    for (const std::string& text : trial.Kept(0, 3)) want.push_back(text);
  }
  RTSTREAM_ASSIGN_OR_RETURN(const std::vector<std::string> got, trial.Read());
  return trial.WantKept(want, got, "the same rows under another token");
}

absl::Status ChunksDependOnTheRowsAlone(SinkTrial& trial, const ErasedSinkSetup& setup) {
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  RTSTREAM_RETURN_IF_ERROR(trial.Write(0, 12));
  RTSTREAM_ASSIGN_OR_RETURN(const auto whole, Take(trial, "epoch"));
  SinkTrial replay(setup);
  RTSTREAM_RETURN_IF_ERROR(OpenNew(replay));
  for (size_t i = 0; i < 12; ++i) RTSTREAM_RETURN_IF_ERROR(replay.Write(i, i + 1));
  RTSTREAM_ASSIGN_OR_RETURN(const auto pieces, Take(replay, "epoch"));
  bool are_equal = whole.size() == pieces.size();
  for (size_t i = 0; are_equal && i < whole.size(); ++i) are_equal = whole[i].bytes == pieces[i].bytes;
  return Want(are_equal, Concat("twelve rows of one write and of twelve make different chunks, ", whole.size(),
                                " and ", pieces.size()));
}

absl::Status RowsOfADeadProcessAreNotTaken(SinkTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  RTSTREAM_RETURN_IF_ERROR(trial.Write(0, 5));
  trial.Restart();
  RTSTREAM_RETURN_IF_ERROR(Doing("Open after a restart", trial.outbox().Open()));
  RTSTREAM_RETURN_IF_ERROR(trial.Write(0, 3));
  RTSTREAM_ASSIGN_OR_RETURN(const auto chunks, Take(trial, "epoch"));
  RTSTREAM_RETURN_IF_ERROR(Send(trial, chunks));
  return trial.WantRows(3, "rows of a process that died before its commit");
}

absl::Status TheCommitThreadSendsWhileTheLaneWrites(SinkTrial& trial) {
  constexpr size_t kEpochs = 20;
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  std::vector<OutboxChunk> before;
  absl::Status status;
  for (size_t epoch = 0; epoch <= kEpochs && status.ok(); ++epoch) {
    absl::Status sent;
    std::thread commit([&] { sent = Send(trial, before); });
    for (size_t i = 0; i < 4 && epoch < kEpochs; ++i) status.Update(trial.Write(epoch * 4 + i, epoch * 4 + i + 1));
    commit.join();
    status.Update(sent);
    auto chunks = Take(trial, Concat("epoch", epoch));
    status.Update(chunks.status());
    if (chunks.ok()) before = *std::move(chunks);
  }
  RTSTREAM_RETURN_IF_ERROR(status);
  return trial.WantRows(kEpochs * 4, "rows written while chunks were sent");
}

}  // namespace

Contract PlainSinkRules(ErasedSinkSetup setup) {
  return SinkRules(std::move(setup), SinkKind::kPlain,
                   {{"WhatAFlushCoversIsDelivered", WhatAFlushCoversIsDelivered},
                    {"WhatAFlushCoveredOutlivesTheProcess", WhatAFlushCoveredOutlivesTheProcess},
                    {"RowsBehindAFlushComeWholeOrNotAtAll", RowsBehindAFlushComeWholeOrNotAtAll},
                    {"ARowWrittenAgainIsThereAtLeastOnce", ARowWrittenAgainIsThereAtLeastOnce},
                    {"AFlushOfNothingIsNoError", AFlushOfNothingIsNoError}});
}

Contract OutboxSinkRules(ErasedSinkSetup setup) {
  const auto again = std::make_shared<const ErasedSinkSetup>(setup);
  return SinkRules(std::move(setup), SinkKind::kOutbox,
                   {{"ChunksHoldTheRowsSinceTheLastTake", ChunksHoldTheRowsSinceTheLastTake},
                    {"NothingLeavesBeforeItIsSent", NothingLeavesBeforeItIsSent},
                    {"AChunkSentAgainHasTheEffectOfOnce", AChunkSentAgainHasTheEffectOfOnce},
                    {"AnotherProcessSendsWhatIsLeft", AnotherProcessSendsWhatIsLeft},
                    {"AnotherTokenIsAnotherChunk", AnotherTokenIsAnotherChunk},
                    {"ChunksDependOnTheRowsAlone",
                     [again](SinkTrial& trial) { return ChunksDependOnTheRowsAlone(trial, *again); }},
                    {"RowsOfADeadProcessAreNotTaken", RowsOfADeadProcessAreNotTaken},
                    {"TheCommitThreadSendsWhileTheLaneWrites", TheCommitThreadSendsWhileTheLaneWrites}});
}

}  // namespace rtstream::testing::internal
