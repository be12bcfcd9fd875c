// How long W1's records take from when they were due to the last operator, or until they are published;
// see `--help`.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks/durability/stores.h"
#include "benchmarks/pipelines/w1.h"
#include "benchmarks/workload/row_binary.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/connectors/staged_file.h"
#include "rtstream/rtstream.h"

namespace bench {
namespace {

using Outcomes = rt::InventoryOutcome<Sale>;

struct Flags {
  uint64_t events = 2'000'000;
  double seconds = 3;
  double warm_up = 0.25;
  std::vector<double> loads = {0.1, 0.5, 0.9};
  std::string dir = "/tmp";
};

int64_t Nanos() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

// When line i is due: `rate` lines a second from when the first was asked for. A rate of 0: all at once.
class Schedule {
 public:
  explicit Schedule(double rate) : rate_(rate) {}
  void Begin() {
    if (begin_ == 0) begin_ = Nanos();
  }
  int64_t DueAt(uint64_t i) const {
    return begin_ + (rate_ > 0 ? static_cast<int64_t>(static_cast<double>(i) * 1e9 / rate_) : 0);
  }
  // How many lines are due.
  uint64_t DueBy(int64_t now) const {
    return rate_ > 0 ? static_cast<uint64_t>(static_cast<double>(now - begin_) * rate_ / 1e9) : UINT64_MAX;
  }
  int64_t begin() const { return begin_; }

 private:
  double rate_;
  int64_t begin_ = 0;
};

// Lines that come when they are due, whether or not somebody takes them; a row's position is its number.
class OpenLoopLines final : public rt::Source<rt::Bytes> {
 public:
  OpenLoopLines(std::string_view text, uint64_t most, Schedule& schedule)
      : text_(text), most_(most), schedule_(schedule) {}

  absl::Status Open(absl::Span<const rt::CommittedPosition>) override { return absl::OkStatus(); }
  std::string PartitionName(uint32_t) const override { return "memory"; }
  bool IsFinished(uint32_t) const override { return is_done(); }
  absl::StatusOr<rt::PollResult> Poll(size_t max_rows, rt::Batch<rt::Bytes>& batch) override {
    schedule_.Begin();
    if (is_done()) return rt::PollResult::kFinished;
    const uint64_t due = std::min(schedule_.DueBy(Nanos()), most_);
    if (due <= number_) return rt::PollResult::kIdle;
    batch.Begin(0, "memory", static_cast<int64_t>(number_), 0);
    const char* const begin = text_.data() + at_;
    const char* const end = text_.data() + text_.size();
    const char* p = begin;
    const uint64_t rows = std::min<uint64_t>(max_rows, due - number_);
    uint32_t i = 0;
    for (; i < rows && p < end; ++i) {
      for (size_t k = 0; k < 4; ++k) __builtin_prefetch(p + 2048 + 64 * k);
      const auto* const lf = static_cast<const char*>(std::memchr(p, '\n', static_cast<size_t>(end - p)));
      rt::RowMeta meta;
      meta.position = meta.ordinal = i;
      meta.raw_offset = static_cast<uint32_t>(p - begin);
      meta.raw_size = static_cast<uint32_t>(lf - p);
      batch.Append({p, static_cast<size_t>(lf - p)}, meta);
      p = lf + 1;
    }
    const auto size = static_cast<size_t>(p - begin);
    batch.frame().HoldBytes(std::shared_ptr<const char[]>(std::shared_ptr<void>(), begin), {begin, size});
    at_ += size;
    number_ += i;
    batch.resume = rt::Concat(at_);
    batch.input_bytes = size;
    return rt::PollResult::kBatch;
  }
  uint64_t number() const { return number_; }

 private:
  bool is_done() const { return at_ == text_.size() || number_ == most_; }
  std::string_view text_;
  uint64_t most_;
  Schedule& schedule_;
  uint64_t at_ = 0, number_ = 0;
};

// Every eighth row is looked at, behind those that find the process's memory untouched.
struct Samples {
  int64_t begin = 0;
  bool Has(int64_t position) const { return position % 8 == 0 && position >= begin; }
};

// Rows at the last operator.
class ArrivalSink final : public rt::PlainSink<Outcomes> {
 public:
  ArrivalSink(const Schedule& schedule, Samples samples) : schedule_(schedule), samples_(samples) {}
  std::string_view name() const override { return "rows"; }
  uint64_t bytes_written() const override { return 0; }
  absl::Status Write(const rt::Rows<Outcomes>& rows) override {
    bytes_.clear();
    for (size_t i = 0; i < rows.size(); ++i) AppendRow(*rows[i].record, bytes_);
    const int64_t now = Nanos();
    for (size_t i = 0; i < rows.size(); ++i) {
      if (!samples_.Has(rows.position(i))) continue;
      ms_.push_back(static_cast<double>(now - schedule_.DueAt(static_cast<uint64_t>(rows.position(i)))) / 1e6);
    }
    return absl::OkStatus();
  }
  absl::Status Flush() override { return absl::OkStatus(); }
  std::vector<double>& ms() { return ms_; }

 private:
  const Schedule& schedule_;
  Samples samples_;
  std::string bytes_;
  std::vector<double> ms_;
};

// Rows in a file, when the commit that holds them is published.
class PublishedSink final : public rt::StagedSink<Outcomes> {
 public:
  PublishedSink(std::string path, const Schedule& schedule, Samples samples)
      : file_(std::move(path)), schedule_(schedule), samples_(samples) {}
  std::string_view name() const override { return "rows"; }
  uint64_t bytes_written() const override { return file_.bytes_appended(); }
  absl::Status Write(const rt::Rows<Outcomes>& rows) override {
    for (size_t i = 0; i < rows.size(); ++i) {
      row_.clear();
      AppendRow(*rows[i].record, row_);
      file_.Append(row_);
      if (samples_.Has(rows.position(i))) due_.push_back(schedule_.DueAt(static_cast<uint64_t>(rows.position(i))));
    }
    return absl::OkStatus();
  }
  absl::Status Open(const std::optional<std::string>& committed) override { return file_.Open(committed); }
  absl::StatusOr<std::string> Cut() override {
    cuts_.emplace_back(due_.size());
    return file_.Cut();
  }
  void WriteAhead() override { file_.WriteAhead(); }
  absl::Status Sync() override { return file_.Sync(); }
  // One commit at a time is under way: what was cut first is published first.
  absl::Status Publish(const std::string&) override {
    const int64_t now = Nanos();
    for (; published_ < cuts_.front(); ++published_) {
      ms_.push_back(static_cast<double>(now - due_[published_]) / 1e6);
    }
    cuts_.erase(cuts_.begin());
    return absl::OkStatus();
  }
  std::vector<double>& ms() { return ms_; }

 private:
  rt::StagedFile file_;
  std::string row_;
  const Schedule& schedule_;
  Samples samples_;
  std::vector<int64_t> due_;
  std::vector<size_t> cuts_;
  size_t published_ = 0;
  std::vector<double> ms_;
};

struct Case {
  const char* to;       // "sink" or "published"
  size_t batch_rows;
  int commit_ms;        // 0: no commits
};

struct Result {
  double rate = 0;  // events a second
  std::vector<double> ms;
};

absl::StatusOr<Result> RunOnce(const Flags& flags, const W1Input& input, const Case& c, double rate) {
  const TemporaryDirectory dir(flags.dir);
  Schedule schedule(rate);
  const uint64_t most =
      rate > 0 ? std::min(input.lines.count(), static_cast<uint64_t>(rate * flags.seconds)) : input.lines.count();
  OpenLoopLines lines(input.lines.text(), most, schedule);
  rt::MemoryTable<std::string> region, category;
  for (const auto& [key, text] : input.region_of_store) region.Put(key, text);
  for (const auto& [key, text] : input.category_of_sku) category.Put(key, text);
  const Samples samples{static_cast<int64_t>(static_cast<double>(most) * flags.warm_up)};
  ArrivalSink arrivals(schedule, samples);
  PublishedSink published(dir.Path("rows"), schedule, samples);
  rt::Sink<Outcomes>* sink = &arrivals;
  if (c.commit_ms > 0) sink = &published;
  rt::RunOptions options;
  options.batch_rows = c.batch_rows;
  std::unique_ptr<rt::StateStore> store;
  std::unique_ptr<rt::Runner> runner;
  rt::Pipeline pipeline = MakeW1Pipeline(lines, region, category, *sink, W1Sizes(input.lines.count()));
  if (c.commit_ms > 0) {
    options.commit_interval = std::chrono::milliseconds(c.commit_ms);
    RTSTREAM_ASSIGN_OR_RETURN(store, OpenStore("log", dir.Path("state")));
    runner = std::make_unique<rt::Runner>(std::move(pipeline), *store, options);
  } else {
    runner = std::make_unique<rt::Runner>(std::move(pipeline), options);
  }
  RTSTREAM_RETURN_IF_ERROR(runner->Run());
  Result result;
  result.rate = static_cast<double>(lines.number()) * 1e9 / static_cast<double>(Nanos() - schedule.begin());
  result.ms = std::move(c.commit_ms > 0 ? published.ms() : arrivals.ms());
  return result;
}

absl::Status Measure(const Flags& flags) {
  RTSTREAM_ASSIGN_OR_RETURN(const W1Input input, MakeW1Input(flags.events, ""));
  for (const Case& c : {Case{"sink", 512, 0}, Case{"sink", 64, 0}, Case{"published", 512, 200},
                        Case{"published", 512, 5}}) {
    RTSTREAM_ASSIGN_OR_RETURN(const Result top, RunOnce(flags, input, c, 0));
    for (const double load : flags.loads) {
      RTSTREAM_ASSIGN_OR_RETURN(Result result, RunOnce(flags, input, c, top.rate * load));
      std::printf(
          "{\"benchmark\":\"latency\",\"to\":\"%s\",\"batch_rows\":%zu,\"commit_ms\":%d,"
          "\"top_events_per_second\":%.0f,\"load\":%.2f,\"events_per_second\":%.0f,\"samples\":%zu,"
          "\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"p999_ms\":%.3f,\"max_ms\":%.3f}\n",
          c.to, c.batch_rows, c.commit_ms, top.rate, load, result.rate, result.ms.size(),
          Percentile(result.ms, 0.5), Percentile(result.ms, 0.99), Percentile(result.ms, 0.999),
          Percentile(result.ms, 1));
      std::fflush(stdout);
    }
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  bench::Flags flags;
  CLI::App app(
      "Feeds W1 at shares of the rate that it reaches unhindered. Records come by a schedule that waits for "
      "nobody, and count from when they were due. Prints a line of JSON for each case and load.");
  app.add_option("--events", flags.events, "Lines of the input, at most those of --seconds");
  app.add_option("--seconds", flags.seconds, "Of each run");
  app.add_option("--warm-up", flags.warm_up, "Share of each run, at its beginning, that does not count");
  app.add_option("--loads", flags.loads, "Shares of the top rate")->delimiter(',');
  app.add_option("--dir", flags.dir, "Where state and output files are made");
  CLI11_PARSE(app, argc, argv);
  if (const absl::Status status = bench::Measure(flags); !status.ok()) {
    std::fprintf(stderr, "bench_latency: %s\n", std::string(rtstream::MessageOf(status)).c_str());
    return 1;
  }
  return 0;
}
