// Deduplicates more ids than memory holds, with commits, then opens the state again:
//
//   bench_dedup_disk --dir=DIR [--ids=1000000000] [--budget-mib=4096] [--commit-ms=200] [--window-share=0.95]
//
// Ids spread evenly over `window-share` of a window of 7 days; one of a hundred is a copy of one of the ids
// before, chosen evenly; they come in every tenth batch, so that the others tell what a new id costs. Each
// outcome is checked: a wrong one ends the program. Prints JSON.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>

#include "rtstream/connectors/blob_directory.h"
#include "rtstream/connectors/rocksdb_store.h"
#include "rtstream/state/claim_table.h"

namespace {

namespace rt = rtstream;
using SteadyClock = std::chrono::steady_clock;

constexpr size_t kBatch = 512;

double Seconds(SteadyClock::time_point from) {
  return std::chrono::duration<double>(SteadyClock::now() - from).count();
}

[[noreturn]] void Fail(const std::string& why) {
  std::fprintf(stderr, "bench_dedup_disk: %s\n", why.c_str());
  std::exit(1);
}
void Check(const absl::Status& status) {
  if (!status.ok()) Fail(std::string(status.message()));
}

uint64_t Mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}
rt::Word128 IdOf(uint64_t n) { return {Mix(2 * n + 1), Mix(2 * n + 2)}; }

// Applies one batch at a time beside the lane, as a runner's commit thread does.
class Commits {
 public:
  explicit Commits(rt::StateStore& store) : store_(&store), thread_([this] { Loop(); }) {}
  ~Commits() {
    {
      const std::lock_guard lock(mutex_);
      is_closing_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  bool is_busy() {
    const std::lock_guard lock(mutex_);
    return batch_.has_value();
  }
  void Submit(rt::StateBatch batch) {
    Wait();
    const std::lock_guard lock(mutex_);
    batch_ = std::move(batch);
    changed_.notify_all();
  }
  void Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !batch_.has_value(); });
    Check(status_);
  }
  rt::PagePool& pages() { return pages_; }

 private:
  void Loop() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait_for(lock, std::chrono::milliseconds(1),
                        [this] { return batch_.has_value() || is_closing_; });
      if (!batch_ && is_closing_) return;
      lock.unlock();
      absl::Status applied;
      if (batch_) applied = store_->Apply(*batch_);
      pages_.Fill();
      lock.lock();
      if (!batch_) continue;
      status_.Update(applied);
      batch_.reset();
      changed_.notify_all();
    }
  }

  rt::StateStore* store_;
  rt::PagePool pages_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<rt::StateBatch> batch_;  // guarded by mutex_; the thread's while it is there
  absl::Status status_;                  // guarded by mutex_
  bool is_closing_ = false;              // guarded by mutex_
  std::thread thread_;
};

struct Times {
  std::vector<float> ns;  // an id, of each batch
  double longest = 0;     // seconds
  void Add(double seconds) {
    ns.push_back(static_cast<float>(seconds * 1e9 / kBatch));
    longest = std::max(longest, seconds);
  }
  double Quantile(double q) {
    if (ns.empty()) return 0;
    const auto at = static_cast<ptrdiff_t>(q * static_cast<double>(ns.size() - 1));
    std::nth_element(ns.begin(), ns.begin() + at, ns.end());
    return static_cast<double>(ns[static_cast<size_t>(at)]);
  }
};

struct Lane {
  rt::ClaimTable table;
  rt::IdBatch ids;
  std::vector<uint64_t> numbers;

  // Claims `numbers`: those below `known` are copies. Returns the seconds.
  double Claim(uint64_t known, rt::Time event_time, rt::Time watermark) {
    ids.Clear();
    for (const uint64_t n : numbers) ids.AddNumber(IdOf(n));
    const auto begin = SteadyClock::now();
    Check(table.Prepare(ids));
    uint64_t wrong = 0;
    for (size_t i = 0; i < numbers.size(); ++i) {
      table.PrefetchAhead(i);
      const bool is_new =
          table.Claim(ids, i, 0, event_time, watermark) == rt::ClaimTable::Outcome::kNew;
      wrong += is_new != (numbers[i] >= known);
    }
    table.Settle([](size_t) { return false; });
    table.Expire(watermark);
    const double seconds = Seconds(begin);
    if (wrong > 0) Fail("outcomes are wrong: " + std::to_string(wrong));
    return seconds;
  }
};

double PeakMib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Deduplicates more ids than memory holds");
  std::string dir;
  uint64_t ids = 1'000'000'000, budget_mib = 4096, commit_ms = 200;
  double share = 0.95;
  app.add_option("--dir", dir, "an empty directory")->required();
  app.add_option("--ids", ids);
  app.add_option("--budget-mib", budget_mib);
  app.add_option("--commit-ms", commit_ms);
  app.add_option("--window-share", share);
  CLI11_PARSE(app, argc, argv);

  const rt::Duration window = std::chrono::hours(24 * 7);
  auto blobs = rt::BlobDirectory::Make(dir + "/runs");
  Check(blobs.status());
  const rt::ClaimOptions options{
      .window = window, .memory_budget = budget_mib << 20, .blobs = blobs->get()};
  const auto time_of = [&](uint64_t n) {
    return rt::Time(rt::Duration(static_cast<int64_t>(static_cast<double>(n) / static_cast<double>(ids) * share *
                                                      static_cast<double>(window.count()))));
  };

  double claim_seconds = 0, longest_cut = 0, longest_wait = 0;
  uint64_t known = 0, store_bytes = 0, copies = 0, reads = 0, vain = 0;
  Times times, with_copies;  // of batches of new ids, and of those with copies
  double ingest = 0;
  {
    auto store = rt::RocksDbStore::Open(dir + "/state");
    Check(store.status());
    Commits commits(**store);
    Lane lane;
    lane.table.Attach({.pages = &commits.pages()});
    Check(lane.table.Open(options));
    Check(lane.table.Restore(rt::CheckpointReader("s/dedup/", **store)));
    const auto begin = SteadyClock::now();
    auto last_commit = begin, last_print = begin;
    uint64_t epoch = 0, random = 1, batches = 0;
    const auto commit = [&] {
      const auto cut = SteadyClock::now();
      rt::StateBatch batch;
      rt::CheckpointWriter out(++epoch, "s/dedup/", batch);
      Check(lane.table.Checkpoint(out));
      longest_cut = std::max(longest_cut, Seconds(cut));
      store_bytes += batch.bytes();
      const auto handed = SteadyClock::now();
      commits.Submit(std::move(batch));
      longest_wait = std::max(longest_wait, Seconds(handed));
      last_commit = SteadyClock::now();
    };
    while (known < ids) {
      lane.numbers.clear();
      uint64_t next = known;
      const bool has_copies = known > 0 && batches++ % 10 == 0;
      for (size_t i = 0; i < kBatch; ++i) {
        random = Mix(random + 0x9e3779b97f4a7c15);
        if (has_copies && random % 10 == 0) {
          lane.numbers.push_back(random / 128 % known);
          ++copies;
        } else {
          lane.numbers.push_back(next++);
        }
      }
      const double seconds = lane.Claim(known, time_of(known), time_of(known));
      (has_copies ? with_copies : times).Add(seconds);
      claim_seconds += seconds;
      known = next;
      if (Seconds(last_commit) * 1e3 >= static_cast<double>(commit_ms) && !commits.is_busy()) commit();
      if (Seconds(last_print) >= 10) {
        last_print = SteadyClock::now();
        std::fprintf(stderr, "%5.0f s: %llu M ids, %.0f MiB in the budget, %.0f MiB at most, %llu M in runs\n",
                     Seconds(begin), static_cast<unsigned long long>(known / 1'000'000),
                     static_cast<double>(lane.table.memory()) / 1048576.0, PeakMib(),
                     static_cast<unsigned long long>(lane.table.runs()->ids() / 1'000'000));
      }
    }
    commit();
    commits.Wait();
    ingest = Seconds(begin);
    reads = lane.table.runs()->reads();
    vain = lane.table.runs()->vain_reads();
  }
  const double peak = PeakMib();

  const auto begin = SteadyClock::now();
  auto store = rt::RocksDbStore::Open(dir + "/state");
  Check(store.status());
  Lane lane;
  Check(lane.table.Open(options));
  Check(lane.table.Restore(rt::CheckpointReader("s/dedup/", **store)));
  const double reopen = Seconds(begin);
  if (lane.table.size() != known) Fail("ids are missing after opening again");
  // Copies of everything, evenly, and new ids.
  uint64_t random = 7;
  for (int round = 0; round < 200; ++round) {
    lane.numbers.clear();
    for (size_t i = 0; i < kBatch; ++i) {
      random = Mix(random + 0x9e3779b97f4a7c15);
      lane.numbers.push_back(i % 2 == 0 ? random % known : ids + 1'000'000 + static_cast<size_t>(round) * kBatch + i);
    }
    lane.Claim(known, time_of(known), time_of(known));
  }
  std::printf(
      "{\"ids\": %llu, \"copies\": %llu, \"budget_mib\": %llu, \"seconds\": %.1f, \"ns_an_id\": %.1f, "
      "\"ns_an_id_mean\": %.1f, \"ns_an_id_p99\": %.1f, \"ns_an_id_p999\": %.1f, \"ns_an_id_one_of_ten_a_copy\": %.1f, \"longest_batch_ms\": %.2f, \"longest_cut_ms\": %.2f, "
      "\"longest_wait_for_commit_ms\": %.1f, \"reads\": %llu, \"vain_reads\": %llu, \"bytes_to_store_an_id\": %.1f, "
      "\"peak_rss_mib\": %.0f, \"memory_mib\": %.0f, \"reopen_seconds\": %.2f, \"ids_in_runs\": %llu}\n",
      static_cast<unsigned long long>(known), static_cast<unsigned long long>(copies),
      static_cast<unsigned long long>(budget_mib), ingest, times.Quantile(0.5),
      claim_seconds * 1e9 / static_cast<double>(known + copies), times.Quantile(0.99), times.Quantile(0.999), with_copies.Quantile(0.5),
      std::max(times.longest, with_copies.longest) * 1e3, longest_cut * 1e3, longest_wait * 1e3, static_cast<unsigned long long>(reads),
      static_cast<unsigned long long>(vain), static_cast<double>(store_bytes) / static_cast<double>(known), peak,
      static_cast<double>(lane.table.memory()) / 1048576.0, reopen,
      static_cast<unsigned long long>(lane.table.runs()->ids()));
  return 0;
}
