// What the contracts ask of sinks of every kind.
#include "rtstream/testing/sink_contract.h"

#include <algorithm>
#include <map>
#include <optional>

#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/state/checkpoint.h"
#include "sink_trial.h"

namespace rtstream::testing::internal {

std::vector<std::string> SinkTrial::Kept(size_t begin, size_t end) const {
  std::vector<std::string> texts;
  std::map<std::string_view, size_t> of_key;
  for (size_t i = begin; i < end; ++i) {
    const std::string& text = setup_->texts[i % rows()];
    if (is_by_key()) {
      const auto [it, is_new] = of_key.emplace(setup_->keys[i % rows()], texts.size());
      if (!is_new) {
        texts[it->second] = text;
        continue;
      }
    }
    texts.push_back(text);
  }
  return texts;
}

absl::Status SinkTrial::WantKept(const std::vector<std::string>& want, const std::vector<std::string>& got,
                                 std::string_view what) const {
  return is_by_key() ? WantSameLines(want, got, what) : WantLines(want, got, what);
}

absl::Status SinkTrial::WantRows(size_t n, std::string_view what) {
  RTSTREAM_ASSIGN_OR_RETURN(const std::vector<std::string> got, Read());
  return WantKept(Kept(0, n), got, what);
}

absl::Status OpenNew(SinkTrial& trial) {
  switch (trial.sink().kind()) {
    case SinkKind::kStaged:
      return Doing("Open without a mark", trial.staged().Open(std::nullopt));
    case SinkKind::kPlain:
      return Doing("Open", trial.plain().Open());
    case SinkKind::kOutbox:
      return Doing("Open", trial.outbox().Open());
  }
  return Broken("the sink is of no kind");
}

absl::Status Deliver(SinkTrial& trial) {
  switch (trial.sink().kind()) {
    case SinkKind::kStaged: {
      const absl::StatusOr<std::string> mark = trial.staged().Cut();
      RTSTREAM_RETURN_IF_ERROR(Doing("Cut", mark.status()));
      RTSTREAM_RETURN_IF_ERROR(Doing("Sync", trial.staged().Sync()));
      return Doing("Publish", trial.staged().Publish(*mark));
    }
    case SinkKind::kPlain:
      return Doing("Flush", trial.plain().Flush());
    case SinkKind::kOutbox: {
      const auto chunks = trial.outbox().TakeChunks();
      RTSTREAM_RETURN_IF_ERROR(Doing("TakeChunks", chunks.status()));
      for (const std::string& bytes : *chunks) {
        RTSTREAM_RETURN_IF_ERROR(Doing("Send", trial.outbox().Send({trial.NewToken(), bytes})));
      }
      return absl::OkStatus();
    }
  }
  return Broken("the sink is of no kind");
}

namespace {

absl::Status KindAndNameAreThoseOfASink(SinkTrial& trial) {
  SinkBase& sink = trial.sink();
  const int faces = (sink.plain() != nullptr ? 1 : 0) + (sink.staged() != nullptr ? 1 : 0) +
                    (sink.outbox() != nullptr ? 1 : 0);
  RTSTREAM_RETURN_IF_ERROR(Want(faces == 1, "exactly one of plain(), staged() and outbox() must not be null"));
  const std::string name(sink.name());
  if (!IsName(name)) {
    return Broken(Concat("'", name, "' is no name: want 1 to 64 letters, digits, '_', '-' or '.'"));
  }
  trial.Restart();
  if (trial.sink().name() == name) return absl::OkStatus();
  return Broken(Concat("after a restart the sink is named '", trial.sink().name(), "', and before '", name, "'"));
}

absl::Status RowsArriveInOrder(SinkTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  const size_t n = trial.rows();
  for (size_t i = 0; i < n; i += 5) RTSTREAM_RETURN_IF_ERROR(trial.Write(i, std::min(n, i + 5)));
  RTSTREAM_RETURN_IF_ERROR(Deliver(trial));
  return trial.WantRows(n, "rows of several writes");
}

// The trial spoils rows after each write, and gives others that are not selected.
absl::Status OnlySelectedRowsAreTaken(SinkTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  RTSTREAM_RETURN_IF_ERROR(trial.Write(0, 5));
  RTSTREAM_RETURN_IF_ERROR(Deliver(trial));
  RTSTREAM_ASSIGN_OR_RETURN(const std::vector<std::string> got, trial.Read());
  const size_t want = trial.Kept(0, 5).size();
  return Want(got.size() == want, Concat("5 rows of 10 were selected, and ", got.size(), " were written, want ", want));
}

absl::Status WhatIsKeptIsCopied(SinkTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  for (size_t i = 0; i < 4; ++i) RTSTREAM_RETURN_IF_ERROR(trial.Write(i, i + 1));
  RTSTREAM_RETURN_IF_ERROR(Deliver(trial));
  return trial.WantRows(4, "rows that were changed once Write had returned");
}

absl::Status AWriteOfNoRowsIsNoError(SinkTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  RTSTREAM_RETURN_IF_ERROR(trial.Write(0, 0));
  RTSTREAM_RETURN_IF_ERROR(Deliver(trial));
  return trial.WantRows(0, "a write of no rows");
}

absl::Status BytesAreCountedFromTheOpening(SinkTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  RTSTREAM_RETURN_IF_ERROR(Want(trial.sink().bytes_written() == 0, "bytes are counted before a row was written"));
  RTSTREAM_RETURN_IF_ERROR(trial.Write(0, 6));
  RTSTREAM_RETURN_IF_ERROR(Deliver(trial));
  const uint64_t first = trial.sink().bytes_written();
  RTSTREAM_RETURN_IF_ERROR(trial.Write(6, 12));
  RTSTREAM_RETURN_IF_ERROR(Deliver(trial));
  return Want(first > 0 && trial.sink().bytes_written() > first, "bytes_written() does not grow with the rows");
}

absl::Status FullBatchesAreTakenWhole(SinkTrial& trial) {
  constexpr size_t kRows = Frame::kMaxRows / 2;
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  for (size_t i = 0; i < 4; ++i) RTSTREAM_RETURN_IF_ERROR(trial.Write(i * kRows, (i + 1) * kRows));
  RTSTREAM_RETURN_IF_ERROR(Deliver(trial));
  return trial.WantRows(4 * kRows, "rows of the largest batches");
}

absl::Status AFailedCallThatIsRepeatedLosesNothing(SinkTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(OpenNew(trial));
  // A staged sink's failures are final; it has a rule of its own.
  if (trial.sink().kind() == SinkKind::kStaged) return absl::OkStatus();
  const bool is_plain = trial.sink().kind() == SinkKind::kPlain;
  for (size_t i = 0; i < 4; ++i) {
    if (!trial.place().FailNext()) return absl::OkStatus();  // there is nothing to try
    if (!trial.place().Write(i, i + 1).ok()) {
      RTSTREAM_RETURN_IF_ERROR(Doing("a Write after one that failed", trial.Write(i, i + 1)));
    }
    if (is_plain && !trial.plain().Flush().ok()) {
      RTSTREAM_RETURN_IF_ERROR(Doing("a Flush after one that failed", trial.plain().Flush()));
    }
  }
  if (is_plain) {
    return trial.WantRows(4, "rows between calls that failed");
  }
  auto chunks = trial.outbox().TakeChunks();
  if (!chunks.ok()) chunks = trial.outbox().TakeChunks();
  RTSTREAM_RETURN_IF_ERROR(Doing("TakeChunks after one that failed", chunks.status()));
  for (size_t i = 0; i < chunks->size(); ++i) {
    (void)trial.place().FailNext();
    const OutboxChunk chunk{trial.NewToken(), (*chunks)[i]};
    if (trial.outbox().Send(chunk).ok()) continue;
    RTSTREAM_RETURN_IF_ERROR(Doing("a Send after one that failed", trial.outbox().Send(chunk)));
  }
  return trial.WantRows(4, "rows between calls that failed");
}

}  // namespace

Contract SinkRules(ErasedSinkSetup setup, SinkKind kind, std::vector<std::pair<std::string, SinkCheck>> checks) {
  const std::vector<std::pair<std::string, SinkCheck>> common = {
      {"KindAndNameAreThoseOfASink", KindAndNameAreThoseOfASink},
      {"RowsArriveInOrder", RowsArriveInOrder},
      {"OnlySelectedRowsAreTaken", OnlySelectedRowsAreTaken},
      {"WhatIsKeptIsCopied", WhatIsKeptIsCopied},
      {"AWriteOfNoRowsIsNoError", AWriteOfNoRowsIsNoError},
      {"BytesAreCountedFromTheOpening", BytesAreCountedFromTheOpening},
      {"FullBatchesAreTakenWhole", FullBatchesAreTakenWhole},
      {"AFailedCallThatIsRepeatedLosesNothing", AFailedCallThatIsRepeatedLosesNothing}};
  checks.insert(checks.begin(), common.begin(), common.end());
  const auto shared = std::make_shared<const ErasedSinkSetup>(std::move(setup));
  Contract contract;
  for (auto& [name, check] : checks) {
    contract.push_back({std::move(name), [shared, kind, check = std::move(check)]() -> absl::Status {
                          if (shared->texts.size() < 12) {
                            return absl::InvalidArgumentError("want at least twelve rows to try a sink with");
                          }
                          SinkTrial trial(*shared);
                          if (trial.sink().kind() != kind) {
                            return absl::InvalidArgumentError("the sink is of another kind than its contract");
                          }
                          return check(trial);
                        }});
  }
  return contract;
}

}  // namespace rtstream::testing::internal
