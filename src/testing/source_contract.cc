// What SourceContract asks of reading an input once.
#include "rtstream/testing/source_contract.h"

#include <algorithm>
#include <set>
#include <thread>
#include <utility>

#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "source_reading.h"

namespace rtstream::testing::internal {
namespace {

constexpr size_t kSizes[] = {1, 2, 3, 7, Frame::kMaxRows};

absl::Status EveryRecordComesOnceInOrder(const ErasedSourceSetup& setup) {
  SourceReading reading(setup);
  RTSTREAM_RETURN_IF_ERROR(reading.Open());
  RTSTREAM_RETURN_IF_ERROR(reading.Drain(3, CountRecords(setup)));
  // Partitions have names that the setup does not know: they are told by what they hold.
  std::vector<std::vector<std::string>> want = setup.records, got;
  for (const auto& [name, texts] : reading.texts()) got.push_back(texts);
  std::erase_if(want, [](const auto& partition) { return partition.empty(); });
  std::sort(want.begin(), want.end());
  std::sort(got.begin(), got.end());
  const auto flat = [](const auto& partitions) {
    std::vector<std::string> lines;
    for (const auto& partition : partitions) {
      lines.push_back("(a partition)");
      lines.insert(lines.end(), partition.begin(), partition.end());
    }
    return lines;
  };
  return WantLines(flat(want), flat(got), "records of the whole input");
}

absl::Status ABatchHoldsAtMostWhatWasAskedFor(const ErasedSourceSetup& setup) {
  for (const size_t size : kSizes) {
    SourceReading reading(setup);
    RTSTREAM_RETURN_IF_ERROR(reading.Open());
    RTSTREAM_RETURN_IF_ERROR(Doing(Concat("batches of ", size), reading.Drain(size, CountRecords(setup))));
  }
  return absl::OkStatus();
}

absl::Status RecordsDoNotDependOnTheSizeOfBatches(const ErasedSourceSetup& setup) {
  SourceReading whole(setup);
  RTSTREAM_RETURN_IF_ERROR(whole.Open());
  RTSTREAM_RETURN_IF_ERROR(whole.Drain(Frame::kMaxRows, CountRecords(setup)));
  for (const size_t size : kSizes) {
    SourceReading reading(setup);
    RTSTREAM_RETURN_IF_ERROR(reading.Open());
    RTSTREAM_RETURN_IF_ERROR(reading.Drain(size, CountRecords(setup)));
    RTSTREAM_RETURN_IF_ERROR(
        WantPartitions(whole.lines(), reading.lines(), Concat("batches of ", size, " and of ", Frame::kMaxRows)));
  }
  return absl::OkStatus();
}

absl::Status NamesOfPartitionsAreUniqueAndStable(const ErasedSourceSetup& setup) {
  std::set<std::string> first_names;
  for (int round = 0; round < 2; ++round) {
    SourceReading reading(setup);
    RTSTREAM_RETURN_IF_ERROR(reading.Open());
    RTSTREAM_RETURN_IF_ERROR(reading.Drain(2, CountRecords(setup)));
    std::set<std::string> names;
    for (const auto& [index, name] : reading.names()) {
      if (name.empty()) return Broken(Concat("partition ", index, " has no name"));
      if (!names.insert(name).second) return Broken(Concat("two partitions are named '", name, "'"));
      if (reading.source().base().PartitionName(index) != name) {
        return Broken(Concat("partition ", index, " has another name than '", name, "' at the end"));
      }
    }
    if (round == 0) first_names = names;
    RTSTREAM_RETURN_IF_ERROR(
        Want(names == first_names, "a second source over the input gives its partitions other names"));
  }
  return absl::OkStatus();
}

absl::Status RowsStayWhileLaterBatchesAreRead(const ErasedSourceSetup& setup) {
  SourceReading reading(setup);
  RTSTREAM_RETURN_IF_ERROR(reading.Open());
  std::vector<std::string> taken[ErasedSource::kSlots];
  const size_t records = CountRecords(setup);
  for (size_t slot = 0; reading.records() < records; slot = (slot + 1) % ErasedSource::kSlots) {
    do {
      RTSTREAM_RETURN_IF_ERROR(reading.Step(2, slot));
    } while (reading.last() == PollResult::kIdle);
    if (reading.last() == PollResult::kFinished) break;
    taken[slot] = reading.source().Texts(slot);
    for (size_t other = 0; other < ErasedSource::kSlots; ++other) {
      RTSTREAM_RETURN_IF_ERROR(
          WantLines(taken[other], reading.source().Texts(other), "rows of a batch after later ones were read"));
    }
  }
  return absl::OkStatus();
}

absl::Status TheEndIsForGood(const ErasedSourceSetup& setup) {
  SourceReading reading(setup);
  RTSTREAM_RETURN_IF_ERROR(reading.Open());
  RTSTREAM_RETURN_IF_ERROR(reading.Drain(2, CountRecords(setup)));
  for (int again = 0; again < 3; ++again) {
    RTSTREAM_RETURN_IF_ERROR(Doing("Poll behind the end", reading.Step(2)));
    RTSTREAM_RETURN_IF_ERROR(
        Want(reading.last() == PollResult::kFinished, "want kFinished from every Poll behind the end"));
  }
  for (const auto& [index, name] : reading.names()) {
    if (!reading.source().base().IsFinished(index)) {
      return Broken(Concat("partition '", name, "' is not finished at the end of the input"));
    }
  }
  return absl::OkStatus();
}

absl::Status NoPartitionIsFinishedBeforeItsLastRecord(const ErasedSourceSetup& setup) {
  SourceReading reading(setup);
  RTSTREAM_RETURN_IF_ERROR(reading.Open());
  std::map<std::string, size_t> at_end;
  const size_t records = CountRecords(setup);
  while (reading.records() < records) {
    RTSTREAM_RETURN_IF_ERROR(reading.Step(1));
    if (reading.last() == PollResult::kFinished) break;
    for (const auto& [index, name] : reading.names()) {
      const auto texts = reading.texts().find(name);
      const size_t read = texts == reading.texts().end() ? 0 : texts->second.size();
      if (const auto end = at_end.find(name); end != at_end.end() && end->second != read) {
        return Broken(Concat("partition '", name, "' gave another record after it was finished"));
      }
      if (reading.source().base().IsFinished(index)) at_end.emplace(name, read);
    }
  }
  return absl::OkStatus();
}

absl::Status AnyThreadMayPoll(const ErasedSourceSetup& setup) {
  SourceReading alone(setup);
  RTSTREAM_RETURN_IF_ERROR(alone.Open());
  RTSTREAM_RETURN_IF_ERROR(alone.Drain(1, CountRecords(setup)));
  SourceReading reading(setup);
  RTSTREAM_RETURN_IF_ERROR(reading.Open());
  absl::Status status;
  while (status.ok() && reading.records() < CountRecords(setup)) {
    std::thread other([&] { status = reading.Step(1); });
    other.join();
    if (reading.last() == PollResult::kFinished) break;
  }
  RTSTREAM_RETURN_IF_ERROR(Doing("Poll from a thread of its own", status));
  return WantPartitions(alone.lines(), reading.lines(), "records polled by a new thread each time");
}

absl::Status AFailedPollLosesNothing(const ErasedSourceSetup& setup) {
  SourceReading whole(setup);
  RTSTREAM_RETURN_IF_ERROR(whole.Open());
  RTSTREAM_RETURN_IF_ERROR(whole.Drain(1, CountRecords(setup)));
  SourceReading reading(setup);
  RTSTREAM_RETURN_IF_ERROR(reading.Open());
  size_t failures = 0;
  while (reading.records() < CountRecords(setup)) {
    reading.source().FailNext();
    if (const absl::Status failed = reading.Step(1); !failed.ok()) {
      if (absl::IsFailedPrecondition(failed)) return failed;  // a rule is broken
      ++failures;
      RTSTREAM_RETURN_IF_ERROR(Doing("Poll after one that failed", reading.Step(1)));
    }
    if (reading.last() == PollResult::kFinished) break;
  }
  RTSTREAM_RETURN_IF_ERROR(Want(failures > 0, "no Poll failed that should have"));
  return WantPartitions(whole.lines(), reading.lines(), "records between polls that failed");
}

}  // namespace

Contract SourceRules(ErasedSourceSetup setup) {
  std::vector<std::pair<std::string, SourceCheck>> checks = {
      {"EveryRecordComesOnceInOrder", EveryRecordComesOnceInOrder},
      {"ABatchHoldsAtMostWhatWasAskedFor", ABatchHoldsAtMostWhatWasAskedFor},
      {"RecordsDoNotDependOnTheSizeOfBatches", RecordsDoNotDependOnTheSizeOfBatches},
      {"NamesOfPartitionsAreUniqueAndStable", NamesOfPartitionsAreUniqueAndStable},
      {"RowsStayWhileLaterBatchesAreRead", RowsStayWhileLaterBatchesAreRead},
      {"NoPartitionIsFinishedBeforeItsLastRecord", NoPartitionIsFinishedBeforeItsLastRecord},
      {"AnyThreadMayPoll", AnyThreadMayPoll}};
  if (setup.is_finite) checks.emplace_back("TheEndIsForGood", TheEndIsForGood);
  if (setup.can_fail) checks.emplace_back("AFailedPollLosesNothing", AFailedPollLosesNothing);
  for (auto& rule : SourceReplayRules()) checks.push_back(std::move(rule));
  const auto shared = std::make_shared<const ErasedSourceSetup>(std::move(setup));
  Contract contract;
  for (auto& [name, check] : checks) {
    contract.push_back({std::move(name), [shared, check = std::move(check)] { return check(*shared); }});
  }
  return contract;
}

}  // namespace rtstream::testing::internal
