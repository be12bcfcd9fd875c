// What SourceContract asks of reading an input again, after crashes at every batch.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "source_reading.h"

namespace rtstream::testing::internal {
namespace {

// After each of at most so many batches the process dies once.
constexpr size_t kMostCrashes = 64;

// The whole input, and the positions after each batch of `size` rows with what had been read by then.
struct Cuts {
  std::map<std::string, std::vector<std::string>> all;
  struct Cut {
    std::map<std::string, std::string> positions;
    std::map<std::string, std::vector<std::string>> read;
  };
  std::vector<Cut> cuts;
};

absl::StatusOr<Cuts> ReadInCuts(const ErasedSourceSetup& setup, size_t size) {
  Cuts cuts;
  SourceReading reading(setup);
  RTSTREAM_RETURN_IF_ERROR(reading.Open());
  while (reading.records() < CountRecords(setup)) {
    RTSTREAM_RETURN_IF_ERROR(reading.Step(size));
    if (reading.last() == PollResult::kFinished) break;
    if (reading.last() == PollResult::kIdle || cuts.cuts.size() == kMostCrashes) continue;
    reading.Forget();
    cuts.cuts.push_back({reading.positions(), reading.lines()});
  }
  cuts.all = reading.lines();
  return cuts;
}

size_t Count(const std::map<std::string, std::vector<std::string>>& partitions) {
  size_t all = 0;
  for (const auto& [name, lines] : partitions) all += lines.size();
  return all;
}

absl::Status ReadingGoesOnBehindEveryBatch(const ErasedSourceSetup& setup) {
  for (const size_t size : {1u, 2u, 3u}) {
    RTSTREAM_ASSIGN_OR_RETURN(const Cuts cuts, ReadInCuts(setup, size));
    for (size_t i = 0; i < cuts.cuts.size(); ++i) {
      const auto& [positions, read] = cuts.cuts[i];
      const auto rest = RestOf(cuts.all, read);
      const std::string what = Concat("records behind a commit after ", i + 1, " batches of ", size);
      SourceReading reading(setup);
      RTSTREAM_RETURN_IF_ERROR(Doing(what, reading.Open(positions)));
      // A replay cuts batches elsewhere.
      RTSTREAM_RETURN_IF_ERROR(Doing(what, reading.Drain(i % 4 + 1, Count(rest))));
      RTSTREAM_RETURN_IF_ERROR(WantPartitions(rest, reading.lines(), what));
    }
  }
  return absl::OkStatus();
}

absl::Status ASourceThatWasReadCanBeOpenedAgain(const ErasedSourceSetup& setup) {
  RTSTREAM_ASSIGN_OR_RETURN(const Cuts cuts, ReadInCuts(setup, 2));
  SourceReading reading(setup);
  RTSTREAM_RETURN_IF_ERROR(reading.Open());
  for (size_t i = 0; i < cuts.cuts.size(); ++i) {
    // Some batches more than were committed, then from the commit again.
    for (size_t more = 0; more < 3; ++more) RTSTREAM_RETURN_IF_ERROR(reading.Step(2));
    const auto rest = RestOf(cuts.all, cuts.cuts[i].read);
    RTSTREAM_RETURN_IF_ERROR(reading.Open(cuts.cuts[i].positions));
    RTSTREAM_RETURN_IF_ERROR(reading.Drain(3, Count(rest)));
    RTSTREAM_RETURN_IF_ERROR(WantPartitions(rest, reading.lines(), "records of a source that was opened again"));
  }
  RTSTREAM_RETURN_IF_ERROR(reading.Open());
  RTSTREAM_RETURN_IF_ERROR(reading.Drain(3, Count(cuts.all)));
  return WantPartitions(cuts.all, reading.lines(), "records of a source that was opened again without a commit");
}

absl::Status AReplayFromAReplayIsTheSame(const ErasedSourceSetup& setup) {
  // A process that dies after each batch, as long as there is one.
  RTSTREAM_ASSIGN_OR_RETURN(const Cuts cuts, ReadInCuts(setup, 1));
  std::map<std::string, std::string> positions;
  std::map<std::string, std::vector<std::string>> lines;
  for (size_t lives = 0; Count(lines) < Count(cuts.all); ++lives) {
    if (lives > 4 * kMostCrashes + 4 * Count(cuts.all)) return Broken("processes that die have read no more");
    SourceReading reading(setup);
    RTSTREAM_RETURN_IF_ERROR(reading.Open(positions));
    do {
      RTSTREAM_RETURN_IF_ERROR(reading.Step(2));
    } while (reading.last() == PollResult::kIdle);
    if (reading.last() == PollResult::kFinished) break;
    reading.Forget();
    positions = reading.positions();
    for (const auto& [name, read] : reading.lines()) {
      lines[name].insert(lines[name].end(), read.begin(), read.end());
    }
  }
  return WantPartitions(cuts.all, lines, "records of processes that die after each batch");
}

absl::Status PartitionsWithoutAPositionBeginAtTheirStart(const ErasedSourceSetup& setup) {
  RTSTREAM_ASSIGN_OR_RETURN(const Cuts cuts, ReadInCuts(setup, 3));
  if (cuts.cuts.empty()) return absl::OkStatus();
  const auto& [positions, read] = cuts.cuts.front();
  SourceReading reading(setup);
  RTSTREAM_RETURN_IF_ERROR(reading.Open(positions));
  const auto rest = RestOf(cuts.all, read);
  RTSTREAM_RETURN_IF_ERROR(reading.Drain(3, Count(rest)));
  return WantPartitions(rest, reading.lines(), "records where one partition has a position");
}

absl::Status APositionThatIsNoneIsRefused(const ErasedSourceSetup& setup) {
  RTSTREAM_ASSIGN_OR_RETURN(const Cuts cuts, ReadInCuts(setup, 2));
  if (cuts.cuts.empty()) return absl::OkStatus();
  for (const std::string& wrong : {std::string("\xff no position"), std::string()}) {
    std::map<std::string, std::string> positions = cuts.cuts.front().positions;
    for (auto& [name, resume] : positions) resume = wrong;
    SourceReading reading(setup);
    if (positions.empty() || !reading.Open(positions).ok()) continue;
    return Broken(Concat("Open took a position of ", wrong.size(), " bytes that no batch has given"));
  }
  return absl::OkStatus();
}

absl::Status ToBeToldOfACommitChangesNothing(const ErasedSourceSetup& setup) {
  SourceReading untold(setup), told(setup);
  for (SourceReading* reading : {&untold, &told}) RTSTREAM_RETURN_IF_ERROR(reading->Open());
  RTSTREAM_RETURN_IF_ERROR(untold.Drain(2, CountRecords(setup)));
  while (told.records() < CountRecords(setup)) {
    RTSTREAM_RETURN_IF_ERROR(told.Step(2));
    if (told.last() == PollResult::kFinished) break;
    std::vector<CommittedPosition> positions;
    for (const auto& [name, resume] : told.positions()) positions.push_back({name, resume});
    told.source().base().OnCommitted(positions);
  }
  return WantPartitions(untold.lines(), told.lines(), "records of a source that is told of commits");
}

absl::Status APartitionIsForgottenOnceAndNotReadAgain(const ErasedSourceSetup& setup) {
  SourceReading reading(setup);
  RTSTREAM_RETURN_IF_ERROR(reading.Open());
  std::set<std::string> forgotten;
  std::map<std::string, std::string> positions;
  for (bool is_over = false; !is_over;) {
    RTSTREAM_RETURN_IF_ERROR(reading.Step(2));
    for (const std::string& name : reading.source().base().TakeForgotten()) {
      if (!forgotten.insert(name).second) return Broken(Concat("partition '", name, "' was forgotten twice"));
    }
    is_over = reading.last() == PollResult::kFinished || reading.records() >= CountRecords(setup);
  }
  for (const auto& [name, resume] : reading.positions()) {
    if (forgotten.count(name) == 0) positions.emplace(name, resume);
  }
  SourceReading again(setup);
  RTSTREAM_RETURN_IF_ERROR(again.Open(positions));
  RTSTREAM_RETURN_IF_ERROR(again.Drain(2, 0));
  return WantPartitions({}, again.lines(), "records behind a commit of the whole input");
}

}  // namespace

std::vector<std::pair<std::string, SourceCheck>> SourceReplayRules() {
  return {{"ReadingGoesOnBehindEveryBatch", ReadingGoesOnBehindEveryBatch},
          {"ASourceThatWasReadCanBeOpenedAgain", ASourceThatWasReadCanBeOpenedAgain},
          {"AReplayFromAReplayIsTheSame", AReplayFromAReplayIsTheSame},
          {"PartitionsWithoutAPositionBeginAtTheirStart", PartitionsWithoutAPositionBeginAtTheirStart},
          {"APositionThatIsNoneIsRefused", APositionThatIsNoneIsRefused},
          {"ToBeToldOfACommitChangesNothing", ToBeToldOfACommitChangesNothing},
          {"APartitionIsForgottenOnceAndNotReadAgain", APartitionIsForgottenOnceAndNotReadAgain}};
}

}  // namespace rtstream::testing::internal
