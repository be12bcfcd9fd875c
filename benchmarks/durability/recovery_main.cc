// How long a state takes to be opened and restored, by its size and by how much was committed since it was
// filled; see `--help`.

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "benchmarks/durability/changes.h"
#include "benchmarks/durability/stores.h"
#include "rtstream/base/status_macros.h"

namespace bench {
namespace {

constexpr uint64_t kChangesOfACommit = 50'000;

struct Flags {
  std::vector<std::string> stores = {"rocksdb", "log"};
  std::vector<uint64_t> keys = {100'000, 1'000'000, 4'000'000};
  std::vector<uint64_t> commits = {1, 40, 400};
  std::string dir = "/tmp";
};

// Fills a state of `keys` keys, and changes some in each of `commits` commits more.
absl::Status Fill(rt::StateStore& store, uint64_t keys, uint64_t commits) {
  Changes changes(keys, kChangesOfACommit, keys + commits * kChangesOfACommit);
  rt::RunOptions options;
  options.commit_interval = std::chrono::hours(1);
  options.max_epoch_bytes = kChangesOfACommit;
  rt::Runner runner(MakeSums(changes), store, options);
  RTSTREAM_RETURN_IF_ERROR(runner.Run());
  return store.Close();
}

// Bytes of the files, which are no longer in the system's cache.
uint64_t Forget(const std::string& dir) {
  uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    if (!entry.is_regular_file()) continue;
    bytes += entry.file_size();
    const int fd = open(entry.path().c_str(), O_RDONLY);
    if (fd < 0) continue;
    fsync(fd);
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
  }
  return bytes;
}

double SecondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

absl::Status Measure(const Flags& flags, const std::string& kind, uint64_t keys, uint64_t commits) {
  const TemporaryDirectory dir(flags.dir);
  {
    RTSTREAM_ASSIGN_OR_RETURN(const std::unique_ptr<rt::StateStore> store, OpenStore(kind, dir.Path("state")));
    RTSTREAM_RETURN_IF_ERROR(Fill(*store, keys, commits));
  }
  const uint64_t bytes = Forget(dir.Path("state"));
  const auto begin = std::chrono::steady_clock::now();
  RTSTREAM_ASSIGN_OR_RETURN(const std::unique_ptr<rt::StateStore> store, OpenStore(kind, dir.Path("state")));
  const double opened = SecondsSince(begin);
  Changes nothing(keys, kChangesOfACommit, 0);
  rt::Runner runner(MakeSums(nothing), *store, {});
  RTSTREAM_RETURN_IF_ERROR(runner.Open());
  std::printf(
      "{\"benchmark\":\"recovery\",\"store\":\"%s\",\"keys\":%llu,\"commits_since\":%llu,"
      "\"stored_bytes\":%llu,\"open_s\":%.4f,\"restored_s\":%.4f}\n",
      kind.c_str(), static_cast<unsigned long long>(keys), static_cast<unsigned long long>(commits),
      static_cast<unsigned long long>(bytes), opened, SecondsSince(begin));
  return absl::OkStatus();
}

absl::Status MeasureAll(const Flags& flags) {
  for (const uint64_t keys : flags.keys) {
    for (const uint64_t commits : flags.commits) {
      for (const std::string& kind : flags.stores) {
        RTSTREAM_RETURN_IF_ERROR(Measure(flags, kind, keys, commits));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  bench::Flags flags;
  CLI::App app(
      "Opens and restores states of some sizes, behind some commits of 50,000 changes each; prints a line of "
      "JSON for each.");
  app.add_option("--stores", flags.stores, "Of rocksdb, log")->delimiter(',');
  app.add_option("--keys", flags.keys, "Keys of 32 bytes with their sums")->delimiter(',');
  app.add_option("--commits", flags.commits, "Behind the filling")->delimiter(',');
  app.add_option("--dir", flags.dir, "Where directories of state are made");
  CLI11_PARSE(app, argc, argv);
  if (const absl::Status status = bench::MeasureAll(flags); !status.ok()) {
    std::fprintf(stderr, "bench_recovery: %s\n", std::string(rtstream::MessageOf(status)).c_str());
    return 1;
  }
  return 0;
}
