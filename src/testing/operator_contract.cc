#include "rtstream/testing/operator_contract.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "rtstream/base/status_macros.h"
#include "rtstream/testing/pipeline_driver.h"

namespace rtstream::testing::internal {
namespace {

// An operator in a pipeline that is driven by hand.
class OperatorTrial {
 public:
  explicit OperatorTrial(const ErasedOperatorSetup& setup, size_t batch_rows = 1, uint32_t lanes = 1)
      : setup_(&setup), world_(setup.make()), driver_([this] { return world_->Compose(); }, Options(batch_rows, lanes)) {}

  void PushAll() { world_->Push(setup_->records + 1); }
  void Push(size_t n) { world_->Push(n); }
  PipelineDriver& driver() { return driver_; }
  const std::vector<OutputRow>& outputs() const { return world_->outputs(); }

  absl::Status Steps(size_t n) {
    for (size_t i = 0; i < n; ++i) RTSTREAM_RETURN_IF_ERROR(Doing("a step", driver_.Step().status()));
    return absl::OkStatus();
  }
  // To the end of the input.
  absl::Status Finish() {
    PushAll();
    RTSTREAM_RETURN_IF_ERROR(Doing("Drain", driver_.Drain()));
    return Doing("Commit", driver_.Commit());
  }

  std::vector<std::string> OutputLines() const {
    std::vector<std::string> lines;
    for (const OutputRow& row : world_->outputs()) lines.push_back(row.text);
    return lines;
  }
  std::vector<std::string> RefusedLines() const {
    std::vector<std::string> lines;
    for (const DeadLetter& letter : driver_.dead_letters()) {
      lines.push_back(Concat(letter.op, ": ", absl::StatusCodeToString(letter.code), ": ", letter.message));
    }
    return lines;
  }

 private:
  static RunOptions Options(size_t batch_rows, uint32_t lanes) {
    RunOptions options;
    options.batch_rows = batch_rows;
    options.lanes = lanes;
    return options;
  }

  const ErasedOperatorSetup* setup_;
  std::unique_ptr<ErasedOperator> world_;
  PipelineDriver driver_;
};

// What comes out of the whole input, and what is refused.
struct Outcome {
  std::vector<std::string> outputs, refused;
};

Outcome OutcomeOf(const OperatorTrial& trial) { return {trial.OutputLines(), trial.RefusedLines()}; }

absl::StatusOr<Outcome> Whole(const ErasedOperatorSetup& setup) {
  OperatorTrial trial(setup);
  RTSTREAM_RETURN_IF_ERROR(Doing("the whole input in one run", trial.Finish()));
  return OutcomeOf(trial);
}

absl::Status WantOutcome(const Outcome& want, const Outcome& got, bool is_ordered, std::string_view what) {
  const auto compare = [&](const std::vector<std::string>& a, const std::vector<std::string>& b, std::string_view part) {
    return is_ordered ? WantLines(a, b, Concat(what, part)) : WantSameLines(a, b, Concat(what, part));
  };
  RTSTREAM_RETURN_IF_ERROR(compare(want.outputs, got.outputs, ", outputs"));
  return compare(want.refused, got.refused, ", dead letters");
}

absl::Status OutputsAreThoseExpected(const ErasedOperatorSetup& setup) {
  RTSTREAM_ASSIGN_OR_RETURN(const Outcome got, Whole(setup));
  return WantOutcome({setup.outputs.value_or(got.outputs), setup.refused.value_or(got.refused)}, got,
                     setup.is_ordered, "the whole input");
}

absl::Status TheSameInputGivesTheSameOutput(const ErasedOperatorSetup& setup) {
  RTSTREAM_ASSIGN_OR_RETURN(const Outcome first, Whole(setup));
  RTSTREAM_ASSIGN_OR_RETURN(const Outcome second, Whole(setup));
  return WantOutcome(first, second, true, "the same input again");
}

absl::Status OutputsDoNotDependOnTheSizeOfBatches(const ErasedOperatorSetup& setup) {
  RTSTREAM_ASSIGN_OR_RETURN(const Outcome want, Whole(setup));
  for (const size_t size : {2u, 3u, 7u, 512u}) {
    OperatorTrial trial(setup, size);
    RTSTREAM_RETURN_IF_ERROR(trial.Finish());
    RTSTREAM_RETURN_IF_ERROR(
        WantOutcome(want, OutcomeOf(trial), setup.is_ordered, Concat("batches of ", size, " beside those of 1")));
  }
  return absl::OkStatus();
}

absl::Status OutputsDoNotDependOnWhenInputComes(const ErasedOperatorSetup& setup) {
  RTSTREAM_ASSIGN_OR_RETURN(const Outcome want, Whole(setup));
  OperatorTrial trial(setup, 7);
  for (size_t i = 0; i < setup.records; i += 3) {
    trial.Push(3);
    RTSTREAM_RETURN_IF_ERROR(Doing("Drain", trial.driver().Drain()));
  }
  RTSTREAM_RETURN_IF_ERROR(trial.Finish());
  return WantOutcome(want, OutcomeOf(trial), setup.is_ordered, "input that comes three records at a time");
}

absl::Status ACrashBetweenBatchesChangesNothing(const ErasedOperatorSetup& setup) {
  RTSTREAM_ASSIGN_OR_RETURN(const Outcome want, Whole(setup));
  // So many pairs of a commit and a crash as are tried in a second.
  const size_t stride = setup.records / 16 + 1;
  for (size_t committed = 0; committed < setup.records; committed += stride) {
    for (size_t dead = committed; dead <= setup.records; dead += stride) {
      OperatorTrial trial(setup);
      trial.PushAll();
      RTSTREAM_RETURN_IF_ERROR(trial.Steps(committed));
      RTSTREAM_RETURN_IF_ERROR(trial.driver().Commit());
      RTSTREAM_RETURN_IF_ERROR(trial.Steps(dead - committed));
      const std::string what = Concat("a commit after ", committed, " records and a crash after ", dead);
      RTSTREAM_RETURN_IF_ERROR(Doing(what, trial.driver().Crash()));
      RTSTREAM_RETURN_IF_ERROR(Doing(what, trial.Finish()));
      RTSTREAM_RETURN_IF_ERROR(WantOutcome(want, OutcomeOf(trial), setup.is_ordered, what));
    }
  }
  return absl::OkStatus();
}

absl::Status ACommitAndACrashAfterEveryBatchChangeNothing(const ErasedOperatorSetup& setup) {
  RTSTREAM_ASSIGN_OR_RETURN(const Outcome want, Whole(setup));
  OperatorTrial trial(setup);
  trial.PushAll();
  for (size_t i = 0; i < setup.records; ++i) {
    RTSTREAM_RETURN_IF_ERROR(trial.Steps(1));
    RTSTREAM_RETURN_IF_ERROR(trial.driver().Commit());
    RTSTREAM_RETURN_IF_ERROR(Doing(Concat("a crash after ", i + 1, " records"), trial.driver().Crash()));
  }
  RTSTREAM_RETURN_IF_ERROR(trial.Finish());
  return WantOutcome(want, OutcomeOf(trial), setup.is_ordered, "a commit and a crash after every record");
}

absl::Status ACrashInACommitChangesNothing(const ErasedOperatorSetup& setup) {
  RTSTREAM_ASSIGN_OR_RETURN(const Outcome want, Whole(setup));
  const size_t stride = setup.records / 16 + 1;
  for (const CommitCrash point : {CommitCrash::kBeforeDurable, CommitCrash::kAfterDurable}) {
    for (size_t n = 1; n <= setup.records; n += stride) {
      OperatorTrial trial(setup);
      trial.PushAll();
      RTSTREAM_RETURN_IF_ERROR(trial.Steps(n / 2));
      RTSTREAM_RETURN_IF_ERROR(trial.driver().Commit());
      RTSTREAM_RETURN_IF_ERROR(trial.Steps(n - n / 2));
      trial.driver().CrashInCommit(point);
      const std::string what = Concat("a crash in the commit after ", n, " records, ",
                                      point == CommitCrash::kBeforeDurable ? "before" : "after", " it is durable");
      RTSTREAM_RETURN_IF_ERROR(Want(!trial.driver().Commit().ok(), Concat(what, ": the commit is OK")));
      RTSTREAM_RETURN_IF_ERROR(Doing(what, trial.driver().Crash()));
      RTSTREAM_RETURN_IF_ERROR(Doing(what, trial.Finish()));
      RTSTREAM_RETURN_IF_ERROR(WantOutcome(want, OutcomeOf(trial), setup.is_ordered, what));
    }
  }
  return absl::OkStatus();
}

absl::Status TwoPipelinesShareNoState(const ErasedOperatorSetup& setup) {
  RTSTREAM_ASSIGN_OR_RETURN(const Outcome want, Whole(setup));
  OperatorTrial first(setup), second(setup);
  first.PushAll();
  second.PushAll();
  for (size_t i = 0; i < setup.records; ++i) {
    RTSTREAM_RETURN_IF_ERROR(first.Steps(1));
    RTSTREAM_RETURN_IF_ERROR(second.Steps(1));
  }
  RTSTREAM_RETURN_IF_ERROR(first.Finish());
  RTSTREAM_RETURN_IF_ERROR(second.Finish());
  RTSTREAM_RETURN_IF_ERROR(WantOutcome(want, OutcomeOf(first), true, "the first of two pipelines"));
  return WantOutcome(want, OutcomeOf(second), true, "the second of two pipelines");
}

absl::Status ARefusedRecordEmitsNothing(const ErasedOperatorSetup& setup) {
  OperatorTrial trial(setup, 4);
  RTSTREAM_RETURN_IF_ERROR(trial.Finish());
  std::set<int64_t> refused;
  for (const DeadLetter& letter : trial.driver().dead_letters()) refused.insert(letter.position);
  for (const OutputRow& row : trial.outputs()) {
    if (refused.count(row.position) == 0) continue;
    return Broken(Concat("record ", row.position, " was refused, and emitted ", row.text));
  }
  return absl::OkStatus();
}

absl::Status ARefusalSaysWhy(const ErasedOperatorSetup& setup) {
  OperatorTrial trial(setup);
  RTSTREAM_RETURN_IF_ERROR(trial.Finish());
  for (const DeadLetter& letter : trial.driver().dead_letters()) {
    if (letter.message.empty()) {
      return Broken(Concat("operator '", letter.op, "' refused record ", letter.position, " without a message"));
    }
    if (letter.code == absl::StatusCode::kOk || letter.code == absl::StatusCode::kUnknown) {
      return Broken(Concat("operator '", letter.op, "' refused record ", letter.position, " with code ",
                           absl::StatusCodeToString(letter.code)));
    }
  }
  return absl::OkStatus();
}

absl::Status LanesEmitWhatOneLaneEmits(const ErasedOperatorSetup& setup) {
  RTSTREAM_ASSIGN_OR_RETURN(const Outcome want, Whole(setup));
  for (const uint32_t lanes : {2u, 3u}) {
    OperatorTrial trial(setup, 2, lanes);
    RTSTREAM_RETURN_IF_ERROR(trial.Finish());
    // Rows of different keys alternate as it happens.
    RTSTREAM_RETURN_IF_ERROR(WantOutcome(want, OutcomeOf(trial), false, Concat(lanes, " lanes beside one")));
  }
  return absl::OkStatus();
}

absl::Status ACrashOfLanesChangesNothing(const ErasedOperatorSetup& setup) {
  RTSTREAM_ASSIGN_OR_RETURN(const Outcome want, Whole(setup));
  for (const CommitCrash point : {CommitCrash::kBeforeDurable, CommitCrash::kAfterDurable}) {
    OperatorTrial trial(setup, 2, 2);
    trial.Push(setup.records / 2);
    RTSTREAM_RETURN_IF_ERROR(trial.driver().Drain());
    trial.PushAll();
    trial.driver().CrashInCommit(point);
    RTSTREAM_RETURN_IF_ERROR(Want(!trial.driver().Drain().ok(), "a commit of lanes that die is OK"));
    RTSTREAM_RETURN_IF_ERROR(Doing("a crash of two lanes", trial.driver().Crash()));
    RTSTREAM_RETURN_IF_ERROR(trial.Finish());
    RTSTREAM_RETURN_IF_ERROR(WantOutcome(want, OutcomeOf(trial), false, "two lanes that died in a commit"));
  }
  return absl::OkStatus();
}

}  // namespace

Contract OperatorRules(ErasedOperatorSetup setup) {
  using Check = absl::Status (*)(const ErasedOperatorSetup&);
  std::vector<std::pair<std::string, Check>> checks = {
      {"TheSameInputGivesTheSameOutput", TheSameInputGivesTheSameOutput},
      {"OutputsDoNotDependOnTheSizeOfBatches", OutputsDoNotDependOnTheSizeOfBatches},
      {"OutputsDoNotDependOnWhenInputComes", OutputsDoNotDependOnWhenInputComes},
      {"ACrashBetweenBatchesChangesNothing", ACrashBetweenBatchesChangesNothing},
      {"ACommitAndACrashAfterEveryBatchChangeNothing", ACommitAndACrashAfterEveryBatchChangeNothing},
      {"ACrashInACommitChangesNothing", ACrashInACommitChangesNothing},
      {"TwoPipelinesShareNoState", TwoPipelinesShareNoState},
      {"ARefusedRecordEmitsNothing", ARefusedRecordEmitsNothing},
      {"ARefusalSaysWhy", ARefusalSaysWhy}};
  if (setup.outputs || setup.refused) checks.emplace_back("OutputsAreThoseExpected", OutputsAreThoseExpected);
  if (setup.has_key_by) {
    checks.emplace_back("LanesEmitWhatOneLaneEmits", LanesEmitWhatOneLaneEmits);
    checks.emplace_back("ACrashOfLanesChangesNothing", ACrashOfLanesChangesNothing);
  }
  const auto shared = std::make_shared<const ErasedOperatorSetup>(std::move(setup));
  Contract contract;
  for (const auto& [name, check] : checks) {
    contract.push_back({name, [shared, check = check] { return check(*shared); }});
  }
  return contract;
}

}  // namespace rtstream::testing::internal
