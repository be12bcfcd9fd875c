#include "examples/retail/check.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "examples/retail/committed_file.h"
#include "examples/retail/dead_letter_check.h"
#include "examples/retail/encode.h"
#include "examples/retail/output_files.h"
#include "examples/retail/output_record.h"
#include "examples/retail/recount.h"
#include "examples/retail/rules.h"
#include "examples/retail/summary.h"
#include "rtstream/base/hash.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/core/json_reader.h"
#include "rtstream/state/checkpoint.h"

namespace retail {
namespace {

// What items began with, as the settings of the state say.
absl::StatusOr<InitialStock> InitialStockOf(const rt::CommitRecord& commit) {
  const auto setting = [&](const char* name) {
    auto it = commit.settings.find(name);
    return it == commit.settings.end() ? std::string() : it->second;
  };
  const std::string all = setting("--initial-stock");
  int64_t number = 0;
  if (std::from_chars(all.data(), all.data() + all.size(), number).ec != std::errc()) {
    return absl::FailedPreconditionError("the state does not say what --initial-stock was");
  }
  InitialStock stock(number);
  const std::string file = setting("--stock");
  const size_t content = file.rfind(" (content ");
  if (content == std::string::npos) return stock;
  RTSTREAM_RETURN_IF_ERROR(stock.ReadFile(file.substr(0, content)));
  if (file.substr(content) != rt::Concat(" (content ", rt::OrderedHex(stock.fingerprint()), ")")) {
    return absl::FailedPreconditionError(
        rt::Concat(file.substr(0, content), " is not the file that the state was made with"));
  }
  return stock;
}

// A multiset of lines, by 64 bits of hash: ten million of them have two that are taken for one another
// with a chance of 3 in a million.
class LineSet {
 public:
  void Add(std::string_view line) {
    ++count_[rt::StableHash(line)];
    ++size_;
  }
  // False: it is not there.
  bool Remove(std::string_view line) {
    const auto it = count_.find(rt::StableHash(line));
    if (it == count_.end()) return false;
    if (--it->second == 0) count_.erase(it);
    --size_;
    return true;
  }
  size_t size() const { return size_; }

 private:
  std::unordered_map<uint64_t, uint32_t> count_;
  size_t size_ = 0;
};

// The walk through the five files. Lines of one store are in input order in each; how the stores alternate
// may differ from file to file, if the run had several lanes.
class Walk {
 public:
  Walk(CommittedFile facts, CommittedFile failed, CommittedFile hot, CommittedFile cold,
       CommittedFile dead_letters, Recount& recount)
      : facts_(std::move(facts)),
        failed_(std::move(failed)),
        hot_(std::move(hot)),
        cold_(std::move(cold)),
        dead_letters_(std::move(dead_letters)),
        recount_(&recount) {}

  // Before ReadFacts().
  absl::Status ReadRefused() {
    std::string_view line;
    for (;;) {
      RTSTREAM_ASSIGN_OR_RETURN(const bool has_line, failed_.Next(line));
      if (!has_line) return absl::OkStatus();
      RTSTREAM_RETURN_IF_ERROR(ReadRecord(failed_, line));
      if (record_.sale.is_return() || record_.on_hand - record_.reserved >= record_.sale.quantity) {
        return failed_.Difference("the stock that it met was enough");
      }
      NoteIdentity();
      recount_->AddRefused(record_);
      StockOutcome outcome;
      outcome.record = &record_.sale;
      outcome.result = rt::MovementResult::kNotEnoughFree;
      outcome.stock = {record_.on_hand, record_.reserved};
      text_.Clear();
      HotLine()(outcome, text_);
      refusals_.Add(text_.view());
    }
  }

  absl::Status ReadFacts() {
    std::string_view line;
    for (;;) {
      RTSTREAM_ASSIGN_OR_RETURN(const bool has_line, facts_.Next(line));
      if (!has_line) break;
      RTSTREAM_RETURN_IF_ERROR(ReadRecord(facts_, line));
      NoteIdentity();
      const StockOutcome outcome = recount_->Apply(record_.sale);
      if (outcome.stock.on_hand < 0) return facts_.Difference("the item is oversold");
      text_.Clear();
      if (IsHot(outcome)) {
        HotLine()(outcome, text_);
        RTSTREAM_RETURN_IF_ERROR(Expect(hot_, text_.view(), hot_ahead_));
      } else {
        ColdLine()(outcome, text_);
        RTSTREAM_RETURN_IF_ERROR(Expect(cold_, text_.view(), cold_ahead_));
      }
    }
    RTSTREAM_RETURN_IF_ERROR(ExpectEnd(hot_, hot_ahead_));
    if (refusals_.size() > 0) {
      return absl::DataLossError(rt::Concat(refusals_.size(), " refusals of ", failed_.name(),
                                            " are not in ", hot_.name()));
    }
    return ExpectEnd(cold_, cold_ahead_);
  }

  absl::Status ReadDeadLetters(DeadLetterCheck check, uint64_t rejected) {
    std::string_view line;
    uint64_t lines = 0;
    for (;; ++lines) {
      RTSTREAM_ASSIGN_OR_RETURN(const bool has_line, dead_letters_.Next(line));
      if (!has_line) break;
      if (absl::Status status = check.Add(line); !status.ok()) {
        return dead_letters_.Difference(rt::MessageOf(status));
      }
    }
    if (lines == rejected) return absl::OkStatus();
    return absl::DataLossError(rt::Concat("dead_letters.ndjson has ", lines,
                                          " lines, the state counts ", rejected, " rejected"));
  }

  // No record may stand in the files twice.
  absl::Status CheckIdentities() {
    std::sort(identities_.begin(), identities_.end());
    if (std::adjacent_find(identities_.begin(), identities_.end()) == identities_.end()) {
      return absl::OkStatus();
    }
    return absl::DataLossError("a record is in facts.ndjson and failed.ndjson more than once");
  }

  std::string Counts() const {
    return rt::Concat("{\"agrees\":true,\"facts\":", facts_.line_number(), ",\"failed\":",
                      failed_.line_number(), ",\"hot\":", hot_.line_number(), ",\"cold\":",
                      cold_.line_number(), ",\"dead_letters\":", dead_letters_.line_number(), "}\n");
  }

 private:
  absl::Status ReadRecord(const CommittedFile& file, std::string_view line) {
    arena_.Clear();
    absl::Status status = ReadOutputRecord(line, arena_, record_);
    return status.ok() ? status : file.Difference(rt::MessageOf(status));
  }

  // 64 bits tell ten million records apart but for a chance of 3 in a million.
  void NoteIdentity() {
    identities_.push_back(
        rt::StableHash(rt::Concat(record_.processing_id, "\n", record_.sale.event_id)));
  }

  // The line is in the file: it is the next one, or another of the rest, or one of those passed on the way,
  // which are `ahead`. Refusals are passed.
  absl::Status Expect(CommittedFile& file, std::string_view want, LineSet& ahead) {
    if (ahead.Remove(want)) return absl::OkStatus();
    std::string_view line;
    for (;;) {
      RTSTREAM_ASSIGN_OR_RETURN(const bool has_line, NextApplied(file, line));
      if (!has_line) {
        return absl::DataLossError(rt::Concat(file.name(), " has no line ", want, ", which ",
                                              facts_.name(), ", line ", facts_.line_number(), " gives"));
      }
      if (line == want) return absl::OkStatus();
      ahead.Add(line);
    }
  }

  absl::Status ExpectEnd(CommittedFile& file, const LineSet& ahead) {
    std::string_view line;
    RTSTREAM_ASSIGN_OR_RETURN(const bool has_line, NextApplied(file, line));
    if (has_line) return file.Difference("want no more lines, by what the other files say");
    if (ahead.size() == 0) return absl::OkStatus();
    return absl::DataLossError(
        rt::Concat(file.name(), " has ", ahead.size(), " lines that the other files do not give"));
  }

  // The next line that is no refusal; refusals on the way must be those of failed.ndjson.
  absl::StatusOr<bool> NextApplied(CommittedFile& file, std::string_view& line) {
    constexpr std::string_view kRefused = "{\"outcome\":\"refused\"";
    for (;;) {
      RTSTREAM_ASSIGN_OR_RETURN(const bool has_line, file.Next(line));
      if (!has_line || &file != &hot_ || line.substr(0, kRefused.size()) != kRefused) return has_line;
      if (!refusals_.Remove(line)) return file.Difference("the refusal is not in failed.ndjson");
    }
  }

  CommittedFile facts_, failed_, hot_, cold_, dead_letters_;
  Recount* recount_;
  LineSet refusals_;                // of failed.ndjson, as hot.ndjson has them, and not found there yet
  LineSet hot_ahead_, cold_ahead_;  // read, and not wanted yet
  rt::Arena arena_;
  OutputRecord record_;
  rt::ByteBuffer text_;
  std::vector<uint64_t> identities_;
};

}  // namespace

absl::Status Check(const rt::StateReader& store, const std::string& output_dir,
                   absl::FunctionRef<absl::Status(std::string_view)> write) {
  RTSTREAM_ASSIGN_OR_RETURN(const std::optional<rt::CommitRecord> commit, rt::ReadCommit(store));
  if (!commit) return absl::NotFoundError("the state holds no commit");
  RTSTREAM_ASSIGN_OR_RETURN(const InitialStock initial, InitialStockOf(*commit));
  RTSTREAM_ASSIGN_OR_RETURN(const Summary summary, ReadSummary(store));
  const auto open = [&](std::string_view name) {
    return CommittedFile::Open(output_dir, name, *commit);
  };
  RTSTREAM_ASSIGN_OR_RETURN(CommittedFile facts, open(kFacts));
  RTSTREAM_ASSIGN_OR_RETURN(CommittedFile failed, open(kFailed));
  RTSTREAM_ASSIGN_OR_RETURN(CommittedFile hot, open(kHot));
  RTSTREAM_ASSIGN_OR_RETURN(CommittedFile cold, open(kCold));
  RTSTREAM_ASSIGN_OR_RETURN(CommittedFile dead_letters, open(kDeadLetters));
  Recount recount(initial);
  Walk walk(std::move(facts), std::move(failed), std::move(hot), std::move(cold),
            std::move(dead_letters), recount);
  RTSTREAM_RETURN_IF_ERROR(walk.ReadRefused());
  RTSTREAM_RETURN_IF_ERROR(walk.ReadFacts());
  RTSTREAM_RETURN_IF_ERROR(walk.CheckIdentities());
  RTSTREAM_RETURN_IF_ERROR(recount.Compare(store));
  RTSTREAM_ASSIGN_OR_RETURN(DeadLetterCheck letters, DeadLetterCheck::Of(*commit));
  RTSTREAM_RETURN_IF_ERROR(walk.ReadDeadLetters(std::move(letters), summary.rejected));
  return write(walk.Counts());
}

}  // namespace retail
