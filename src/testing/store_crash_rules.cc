// What StoreContract asks of threads, and of what is there after the process that had the store is gone.
#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "store_rules.h"

namespace rtstream::testing::internal {
namespace {

// The n-th of batches that each change every key: what is there tells how many were applied.
StateBatch WholeBatch(uint64_t n) {
  StateBatch batch;
  batch.DeleteRange("old", "ole");
  for (int key = 0; key < 8; ++key) batch.Put(Concat("all", key), Concat(n), n);
  batch.Put(Concat("old", n), "1");
  batch.Put("count", Concat(n), n);
  return batch;
}

std::vector<std::string> AfterWholeBatches(uint64_t n) {
  std::vector<std::string> lines;
  if (n == 0) return lines;
  for (int key = 0; key < 8; ++key) lines.push_back(PairLine(Concat("all", key), Concat(n)));
  lines.push_back(PairLine("count", Concat(n)));
  lines.push_back(PairLine(Concat("old", n), "1"));
  return lines;
}

absl::Status WantWholeBatches(const StateReader& reader, uint64_t n, std::string_view what) {
  RTSTREAM_RETURN_IF_ERROR(WantContent(AfterWholeBatches(n), reader, what));
  return n == 0 ? absl::OkStatus() : WantValue(reader, "all3", Concat(n), n);
}

constexpr uint64_t kBatches = 5;

absl::Status ClosedStateIsThereAgain(StoreTrial& trial) {
  for (uint64_t n = 1; n <= kBatches; ++n) {
    RTSTREAM_RETURN_IF_ERROR(trial.store().Apply(WholeBatch(n)));
    RTSTREAM_RETURN_IF_ERROR(trial.store().Close());
    RTSTREAM_RETURN_IF_ERROR(trial.Open());
    RTSTREAM_RETURN_IF_ERROR(WantWholeBatches(trial.store(), n, "after the store was closed and opened"));
  }
  return absl::OkStatus();
}

absl::Status StateOfADroppedStoreIsThereAgain(StoreTrial& trial) {
  for (uint64_t n = 1; n <= kBatches; ++n) {
    RTSTREAM_RETURN_IF_ERROR(trial.store().Apply(WholeBatch(n)));
    trial.Drop();
    RTSTREAM_RETURN_IF_ERROR(trial.Open());
    RTSTREAM_RETURN_IF_ERROR(WantWholeBatches(trial.store(), n, "after the store was dropped and opened"));
  }
  return absl::OkStatus();
}

absl::Status AnAbortedBatchIsNotThereLater(StoreTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(trial.store().Apply(WholeBatch(1)));
  StateBatch batch = WholeBatch(2);
  batch.PutIf("count", "2", 7);
  RTSTREAM_RETURN_IF_ERROR(
      WantCode(absl::StatusCode::kAborted, trial.store().Apply(batch), "PutIf of another version"));
  trial.Drop();
  RTSTREAM_RETURN_IF_ERROR(trial.Open());
  return WantWholeBatches(trial.store(), 1, "an aborted batch, after the store was opened again");
}

absl::Status ExpectedVersionsHoldOverAnOpening(StoreTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(Put(trial.store(), "a", "1", 41));
  RTSTREAM_RETURN_IF_ERROR(trial.Open());
  StateBatch batch;
  batch.PutIf("a", "wrong", 40);
  RTSTREAM_RETURN_IF_ERROR(
      WantCode(absl::StatusCode::kAborted, trial.store().Apply(batch), "PutIf of another version"));
  batch.Clear();
  batch.PutIf("a", "2", 41);
  RTSTREAM_RETURN_IF_ERROR(Doing("PutIf of the version before the opening", trial.store().Apply(batch)));
  return WantValue(trial.store(), "a", "2", 42);
}

absl::Status AKilledStoreHasEveryBatchThatWasAcknowledged(StoreTrial& trial) {
  // What kill -9 leaves after each batch, and before the first.
  for (uint64_t n = 0; n <= kBatches; ++n) {
    if (n > 0) RTSTREAM_RETURN_IF_ERROR(trial.store().Apply(WholeBatch(n)));
    RTSTREAM_RETURN_IF_ERROR(trial.Copy("state", Concat("killed", n)));
  }
  for (uint64_t n = 0; n <= kBatches; ++n) {
    RTSTREAM_RETURN_IF_ERROR(trial.Open(Concat("killed", n)));
    RTSTREAM_RETURN_IF_ERROR(
        WantWholeBatches(trial.store(), n, Concat("a store that was killed after batch ", n)));
    // And it goes on.
    RTSTREAM_RETURN_IF_ERROR(trial.store().Apply(WholeBatch(n + 1)));
    RTSTREAM_RETURN_IF_ERROR(WantWholeBatches(trial.store(), n + 1, "a batch after a kill"));
  }
  return absl::OkStatus();
}

// The first error of several threads.
class FirstError {
 public:
  void Update(absl::Status status) {
    if (status.ok()) return;
    const std::lock_guard lock(mutex_);
    status_.Update(std::move(status));
    failed_.store(true);
  }
  bool failed() const { return failed_.load(); }
  absl::Status status() const {
    const std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  mutable std::mutex mutex_;
  absl::Status status_;  // guarded by mutex_
  std::atomic<bool> failed_{false};
};

// Every batch writes the same number to all keys.
absl::Status WantOneNumber(const StateReader& reader) {
  RTSTREAM_ASSIGN_OR_RETURN(const std::vector<std::string> got, ReadLines(reader));
  if (got.empty()) return absl::OkStatus();
  uint64_t n = 0;
  const std::string& first = got.front();
  if (!absl::SimpleAtoi(first.substr(first.find('=') + 1), &n)) return Broken(Concat("a scan gave ", first));
  return WantLines(AfterWholeBatches(n), got, "a snapshot taken while batches were applied");
}

absl::Status ReadersSeeWholeBatches(StoreTrial& trial) {
  constexpr int kReads = 20;
  StateStore& store = trial.store();
  FirstError error;
  std::atomic<int> reading = 2;
  std::vector<std::thread> readers;
  for (int t = 0; t < 2; ++t) {
    readers.emplace_back([&, t] {
      for (int i = 0; i < kReads && !error.failed(); ++i) {
        if (t == 0) {
          const auto snapshot = store.Snapshot();
          error.Update(snapshot.ok() ? WantOneNumber(**snapshot) : Doing("Snapshot", snapshot.status()));
        } else {
          error.Update(Doing("a scan while batches were applied", ReadLines(store).status()));
        }
      }
      reading.fetch_sub(1);
    });
  }
  // As long as somebody reads.
  for (uint64_t n = 1; reading.load() > 0 && !error.failed(); ++n) error.Update(store.Apply(WholeBatch(n)));
  for (std::thread& reader : readers) reader.join();
  return error.status();
}

absl::Status OfWritersThatExpectOneVersionOneWins(StoreTrial& trial) {
  constexpr int kThreads = 3, kEach = 10;
  StateStore& store = trial.store();
  FirstError error;
  const auto count_up = [&]() -> absl::Status {
    for (int done = 0; done < kEach && !error.failed();) {
      const auto found = store.Get("count");
      RTSTREAM_RETURN_IF_ERROR(Doing("Get", found.status()));
      const uint64_t version = found->has_value() ? (*found)->version : 0;
      StateBatch batch;
      batch.PutIf("count", Concat(version + 1), version);
      absl::Status status = store.Apply(batch);
      if (absl::IsAborted(status)) continue;
      RTSTREAM_RETURN_IF_ERROR(status);
      ++done;
    }
    return absl::OkStatus();
  };
  std::vector<std::thread> writers;
  for (int t = 0; t < kThreads; ++t) writers.emplace_back([&] { error.Update(count_up()); });
  for (std::thread& writer : writers) writer.join();
  RTSTREAM_RETURN_IF_ERROR(error.status());
  return WantValue(store, "count", Concat(kThreads * kEach), kThreads * kEach);
}

}  // namespace

Contract StoreCrashRules(const std::shared_ptr<const StoreSetup>& setup) {
  Contract rules = {
      StoreRule(setup, "ReadersSeeWholeBatches", ReadersSeeWholeBatches),
      StoreRule(setup, "OfWritersThatExpectOneVersionOneWins", OfWritersThatExpectOneVersionOneWins)};
  if (setup->is_durable) {
    rules.push_back(StoreRule(setup, "ClosedStateIsThereAgain", ClosedStateIsThereAgain));
    rules.push_back(StoreRule(setup, "StateOfADroppedStoreIsThereAgain", StateOfADroppedStoreIsThereAgain));
    rules.push_back(StoreRule(setup, "AnAbortedBatchIsNotThereLater", AnAbortedBatchIsNotThereLater));
    rules.push_back(StoreRule(setup, "ExpectedVersionsHoldOverAnOpening", ExpectedVersionsHoldOverAnOpening));
  }
  if (setup->is_in_files) {
    rules.push_back(StoreRule(setup, "AKilledStoreHasEveryBatchThatWasAcknowledged",
                              AKilledStoreHasEveryBatchThatWasAcknowledged));
  }
  return rules;
}

}  // namespace rtstream::testing::internal
