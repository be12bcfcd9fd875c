#include "examples/retail/run.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "examples/retail/default_input.h"
#include "examples/retail/files.h"
#include "examples/retail/output_directory.h"
#include "examples/retail/output_files.h"
#include "examples/retail/pipeline.h"
#include "examples/retail/progress.h"
#include "examples/retail/signals.h"
#include "examples/retail/summary.h"
#include "examples/retail/usage.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/connectors/file_source.h"
#include "rtstream/connectors/log_store.h"
#include "rtstream/connectors/rocksdb_store.h"
#include "rtstream/runtime/runner.h"
#include "rtstream/state/checkpoint.h"
#include "rtstream/state/memory_store.h"

namespace retail {
namespace {

ExitCode Fail(ExitCode code, const absl::Status& status) {
  std::fprintf(stderr, "retail: %s\n", std::string(rt::MessageOf(status)).c_str());
  return code;
}

absl::StatusOr<std::unique_ptr<rt::StateStore>> OpenStore(const RunFlags& flags) {
  if (flags.state == RunFlags::kInMemory) return std::make_unique<rt::MemoryStateStore>();
  RTSTREAM_RETURN_IF_ERROR(MakeDirectory(flags.state));
  const bool is_rocksdb = flags.store == StoreKind::kRocksDb ||
                          (flags.store == StoreKind::kAsMade && !rt::LogStore::Holds(flags.state) &&
                           rt::RocksDbStore::Holds(flags.state));
  if (is_rocksdb) return rt::RocksDbStore::Open(flags.state);
  return rt::LogStore::Open(flags.state);
}

// What the meaning of the state depends on, as the user wrote it.
std::map<std::string, std::string> SettingsOf(const RunFlags& flags, const InitialStock& stock) {
  const Rules& rules = flags.rules;
  std::string max_price;
  rt::AppendDecimal(rules.max_price, max_price);
  return {
      {"--initial-stock", rt::Concat(rules.initial_stock)},
      {"--stock", flags.stock.empty() ? "none"
                                      : rt::Concat(AbsolutePath(flags.stock), " (content ",
                                                   rt::OrderedHex(stock.fingerprint()), ")")},
      {"--max-price", max_price},
      {"--returns", rules.restocks_returns ? "restock" : "reject"},
      {"--dedup-window", rt::Concat(rules.dedup_window.count() / 1000, "ms")},
      {"--format",
       rules.format == InputFormat::kSaleJson ? "sale-json" : "online-retail-csv"},
      {"--output", flags.output == RunFlags::kDiscard ? flags.output : AbsolutePath(flags.output)},
  };
}

// The state of this run, as the output directory knows it.
struct StateIdentity {
  OutputOwner owner;
  bool is_new = false;  // it has no commit yet
};

// FailedPrecondition: the state was made with other settings.
absl::StatusOr<StateIdentity> IdentityOf(const rt::StateReader& store, const std::string& dir,
                                         const std::map<std::string, std::string>& settings) {
  RTSTREAM_ASSIGN_OR_RETURN(const std::optional<rt::CommitRecord> last, rt::ReadCommit(store));
  StateIdentity state;
  state.owner.state = dir == RunFlags::kInMemory ? dir : AbsolutePath(dir);
  if (last) {
    RTSTREAM_RETURN_IF_ERROR(rt::CheckSettings(*last, settings));
    state.owner.lineage = last->lineage;
  } else {
    std::random_device device;
    state.owner.lineage = (uint64_t{device()} << 32 | device()) | 1;
    state.is_new = true;
  }
  return state;
}

absl::StatusOr<Outputs> OpenOutputs(const std::string& dir, const StateIdentity& state) {
  if (dir == RunFlags::kDiscard) return DiscardedOutputs();
  const std::string path = AbsolutePath(dir);
  RTSTREAM_ASSIGN_OR_RETURN(OutputDirectory directory,
                            state.is_new ? OutputDirectory::Take(path, state.owner)
                                         : OutputDirectory::Reopen(path, state.owner));
  return FileOutputs(std::move(directory));
}

rt::FileSourceOptions SourceOptions(const RunFlags& flags) {
  rt::FileSourceOptions options;
  options.paths = flags.inputs;
  options.follow = flags.follow;
  if (flags.rules.format == InputFormat::kOnlineRetailCsv) options.header = kOnlineRetailHeader;
  return options;
}

uint64_t RecordsIn(const rt::CommitRecord& commit) {
  auto source = commit.operators.find("source");
  return source == commit.operators.end() ? 0 : source->second.out;
}

// One run over open parts.
class RetailRun {
 public:
  RetailRun(const RunFlags& flags, const InitialStock& stock, MasterData& master,
            rt::StateStore& store, Outputs& outputs, rt::RunOptions options)
      : store_(store),
        outputs_(outputs),
        events_(SourceOptions(flags)),
        runner_([&] {
                  return MakePipeline({flags.rules, stock, master, events_, *outputs.facts,
                                       *outputs.failed, *outputs.hot, *outputs.cold});
                },
                store, std::move(options)) {}

  absl::Status Open() {
    RTSTREAM_RETURN_IF_ERROR(runner_.Open());
    const rt::CommitRecord last = runner_.committed();
    records_before_ = RecordsIn(last);
    if (last.epoch > 0) {
      std::fprintf(stderr,
                   "retail: goes on from commit %llu, behind %llu records; cut %llu uncommitted bytes "
                   "off the output files\n",
                   static_cast<unsigned long long>(last.epoch),
                   static_cast<unsigned long long>(records_before_),
                   static_cast<unsigned long long>(outputs_.cut_bytes()));
    }
    return absl::OkStatus();
  }

  // Runs to the end; says on standard error what a person should know.
  absl::Status Run(const StopSignals& signals) {
    SayWhatIsUnread();
    const rt::Duration begin = clock_.Monotonic();
    const Usage before = UsageNow();
    absl::Status status;
    {
      StopListener listener(signals, [this] { runner_.RequestStop(); });
      Progress progress([this, begin] { return ProgressLine(begin); });
      status = runner_.Run();
    }
    SayWhatIsUnread();
    RTSTREAM_RETURN_IF_ERROR(status);
    elapsed_ = clock_.Monotonic() - begin;
    const Usage after = UsageNow();
    used_ = {after.cpu_s - before.cpu_s, after.written_mb - before.written_mb};
    if (new_records() == 0) {
      std::fprintf(stderr, "retail: nothing new: all %llu records were processed before\n",
                   static_cast<unsigned long long>(records_before_));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> Summary() const {
    RTSTREAM_ASSIGN_OR_RETURN(const retail::Summary summary, ReadSummary(store_));
    const double seconds = std::max(1e-9, std::chrono::duration<double>(elapsed_).count());
    const auto records = static_cast<double>(new_records());
    const double millions = std::max(1.0, records) / 1e6;
    return SummaryLine(summary, Rates{records / seconds, seconds, used_.cpu_s / millions,
                                      used_.written_mb / millions});
  }

 private:
  // Of each file once. An input may be exchanged while others are read, so that more come to light.
  void SayWhatIsUnread() {
    for (const rt::UnreadRest& rest : events_.unread_rests()) {
      if (std::find(said_.begin(), said_.end(), rest) != said_.end()) continue;
      std::fprintf(stderr,
                   "retail: the file that was read up to byte %lld is no longer at %s: what stood "
                   "behind that, if anything, is not read\n",
                   static_cast<long long>(rest.offset), rest.path.c_str());
      said_.push_back(rest);
    }
  }

  uint64_t new_records() const { return RecordsIn(runner_.committed()) - records_before_; }

  std::string ProgressLine(rt::Duration begin) const {
    uint64_t records = 0, rejected = 0, refused = 0;
    for (const rt::OperatorStats& stats : runner_.Stats()) {
      if (stats.name == "source") records = stats.out;
      if (stats.name == kFailed) refused = stats.in;
      if (stats.name == kDeadLetters) rejected = stats.in;
    }
    const double seconds =
        std::chrono::duration<double>(clock_.Monotonic() - begin).count() + 1e-9;
    char text[160];
    std::snprintf(text, sizeof text,
                  "%.0f events/s, %llu records, %.1f MB behind, %llu refused, %llu rejected",
                  static_cast<double>(records - records_before_) / seconds,
                  static_cast<unsigned long long>(records),
                  static_cast<double>(events_.lag_bytes()) / 1e6,
                  static_cast<unsigned long long>(refused),
                  static_cast<unsigned long long>(rejected));
    return text;
  }

  rt::SystemClock clock_;
  rt::StateStore& store_;
  Outputs& outputs_;
  rt::FileSource events_;
  rt::Runner runner_;
  std::vector<rt::UnreadRest> said_;
  uint64_t records_before_ = 0;
  rt::Duration elapsed_{0};
  Usage used_;
};

ExitCode PrintSummary(const RetailRun& run) {
  absl::StatusOr<std::string> line = run.Summary();
  if (!line.ok()) return Fail(kExitFailed, line.status());
  absl::Status status = Write(stdout, *line + "\n");
  if (status.ok() && std::fflush(stdout) != 0) {
    status = absl::UnavailableError("cannot write the summary to standard output");
  }
  return status.ok() ? kExitDone : Fail(kExitFailed, status);
}

// What is stored may be refused, or something may fail on the way.
ExitCode FailOrRefuse(const absl::Status& status) {
  const bool is_refusal = absl::IsFailedPrecondition(status) || absl::IsDataLoss(status);
  return Fail(is_refusal ? kExitStateRefused : kExitFailed, status);
}

// An input's base name is part of every processingId.
absl::Status CheckNames(const std::vector<std::string>& inputs) {
  for (const std::string& input : inputs) {
    if (!IsUtf8(std::string_view(input).substr(input.rfind('/') + 1))) {
      return absl::InvalidArgumentError(
          rt::Concat("--input ", input, ": want a base name that is UTF-8, for processingId"));
    }
  }
  return absl::OkStatus();
}

void SayWhatStdinCosts(const RunFlags& flags) {
  for (const std::string& input : flags.inputs) {
    if (input != "-") continue;
    std::fputs(
        "retail: standard input cannot be read again: if this process dies, what it has read since "
        "its last commit is lost\n",
        stderr);
    return;
  }
}

}  // namespace

ExitCode Run(const RunFlags& given) {
  StopSignals signals;
  RunFlags flags = given;
  if (flags.inputs.empty()) {
    if (flags.rules.format != InputFormat::kSaleJson) {
      return Fail(kExitUsage, absl::InvalidArgumentError("--format online-retail-csv wants an --input"));
    }
    if (absl::Status status = MakeDefaultInput(); !status.ok()) return Fail(kExitFailed, status);
    flags.inputs = {kDefaultEvents};
    if (flags.master.empty()) flags.master = kDefaultMaster;
  }
  if (flags.rules.format == InputFormat::kOnlineRetailCsv && flags.inputs.size() > 1) {
    return Fail(kExitUsage, absl::InvalidArgumentError(
                                "--format online-retail-csv wants one --input: its event ids are "
                                "line numbers, and two files share them"));
  }
  if (absl::Status status = CheckNames(flags.inputs); !status.ok()) return Fail(kExitUsage, status);
  SayWhatStdinCosts(flags);

  InitialStock stock(flags.rules.initial_stock);
  if (!flags.stock.empty()) {
    if (absl::Status status = stock.ReadFile(flags.stock); !status.ok()) {
      return Fail(kExitFailed, status);
    }
  }
  MasterData master = HashedMasterData();
  if (!flags.master.empty()) {
    absl::StatusOr<MasterData> read = ReadMasterData(flags.master);
    if (!read.ok()) return Fail(kExitFailed, read.status());
    master = *std::move(read);
  }
  auto store = OpenStore(flags);
  if (!store.ok()) return Fail(kExitStateRefused, store.status());
  rt::RunOptions options;
  options.commit_interval = flags.commit_interval;
  options.lanes = flags.lanes;
  options.settings = SettingsOf(flags, stock);
  auto state = IdentityOf(**store, flags.state, options.settings);
  if (!state.ok()) return FailOrRefuse(state.status());
  if (state->is_new) options.seed = state->owner.lineage;
  auto outputs = OpenOutputs(flags.output, *state);
  if (!outputs.ok()) return FailOrRefuse(outputs.status());
  options.dead_letters = outputs->dead_letters.get();

  RetailRun run(flags, stock, master, **store, *outputs, std::move(options));
  if (absl::Status status = run.Open(); !status.ok()) return FailOrRefuse(status);
  if (absl::Status status = run.Run(signals); !status.ok()) return Fail(kExitFailed, status);
  return PrintSummary(run);
}

}  // namespace retail
