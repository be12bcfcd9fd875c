// What a commit of many changed keys costs the lane and the disk, by store; see `--help`.

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "benchmarks/durability/changes.h"
#include "benchmarks/durability/stores.h"
#include "benchmarks/runner/process.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/rtstream.h"

namespace bench {

namespace {

struct Flags {
  std::vector<std::string> stores = {"memory", "rocksdb", "log"};
  uint64_t keys = 1'000'000;
  int epochs = 12;
  std::string dir = "/tmp";
};

double Ms(rt::Duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

absl::Status Measure(const Flags& flags, const std::string& kind) {
  const TemporaryDirectory dir(flags.dir);
  RTSTREAM_ASSIGN_OR_RETURN(const std::unique_ptr<rt::StateStore> store, OpenStore(kind, dir.Path("state")));
  Changes changes(flags.keys, flags.keys, flags.keys * static_cast<uint64_t>(flags.epochs));
  rt::RunOptions options;
  options.commit_interval = std::chrono::hours(1);
  options.max_epoch_bytes = flags.keys;  // a change counts as a byte
  rt::Runner runner(MakeSums(changes), *store, options);
  RTSTREAM_RETURN_IF_ERROR(runner.Open());
  rt::SystemClock clock;
  std::vector<double> cuts, stalls, commits;  // milliseconds
  const uint64_t bytes_before = DiskBytesWritten();
  const double cpu_before = CpuSeconds();
  for (int epoch = 0; epoch < flags.epochs; ++epoch) {
    rt::Duration cut{0};
    for (uint64_t done = 0; done < flags.keys;) {
      const uint64_t n = std::min<uint64_t>(512, flags.keys - done);
      const rt::Duration begin = clock.Monotonic();
      RTSTREAM_RETURN_IF_ERROR(runner.Step().status());
      const rt::Duration step = clock.Monotonic() - begin;
      done += n;
      // The tables grow in the first epoch; the second is the first whose commit has bases.
      if (epoch == 0) continue;
      (done == flags.keys ? cuts : stalls).push_back(Ms(step));
      if (done == flags.keys) cut = clock.Monotonic();
    }
    // As if the lane had nothing to do: what a commit takes is not what it takes the lane.
    if (epoch == 0) cut = clock.Monotonic();
    RTSTREAM_RETURN_IF_ERROR(runner.Commit());
    if (epoch > 0) commits.push_back(Ms(clock.Monotonic() - cut));
  }
  RTSTREAM_RETURN_IF_ERROR(store->Close());
  const auto changed = static_cast<double>(flags.keys * static_cast<uint64_t>(flags.epochs));
  const double bytes = static_cast<double>(DiskBytesWritten() - bytes_before) / changed;
  constexpr double kEntry = sizeof(uint64_t) + sizeof(Sums);
  std::printf(
      "{\"benchmark\":\"commit\",\"store\":\"%s\",\"keys\":%llu,\"commits\":%zu,\"cut_ms_median\":%.2f,"
      "\"cut_ms_max\":%.2f,\"other_step_ms_max\":%.2f,\"durable_after_ms_median\":%.1f,"
      "\"durable_after_ms_max\":%.1f,\"disk_bytes_per_changed_key\":%.1f,\"disk_bytes_over_table_bytes\":%.2f,"
      "\"cpu_ns_per_changed_key\":%.1f}\n",
      kind.c_str(), static_cast<unsigned long long>(flags.keys), cuts.size(), Percentile(cuts, 0.5),
      Percentile(cuts, 1), Percentile(stalls, 1), Percentile(commits, 0.5), Percentile(commits, 1), bytes,
      bytes / kEntry, (CpuSeconds() - cpu_before) * 1e9 / changed);
  return absl::OkStatus();
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  bench::Flags flags;
  CLI::App app("Changes every key of a table in each epoch and commits; prints a line of JSON for each store.");
  app.add_option("--stores", flags.stores, "Of memory, rocksdb, log")->delimiter(',');
  app.add_option("--keys", flags.keys, "Changed by each commit; a key and its sums are 32 bytes");
  app.add_option("--epochs", flags.epochs, "Commits; the first is not timed")->check(CLI::Range(2, 1000));
  app.add_option("--dir", flags.dir, "Where directories of state are made");
  CLI11_PARSE(app, argc, argv);
  for (const std::string& kind : flags.stores) {
    if (const absl::Status status = bench::Measure(flags, kind); !status.ok()) {
      std::fprintf(stderr, "bench_commit: %s\n", std::string(rtstream::MessageOf(status)).c_str());
      return 1;
    }
  }
  return 0;
}
