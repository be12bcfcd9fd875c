// What StoreContract asks of batches.
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/testing/random.h"
#include "store_rules.h"

namespace rtstream::testing::internal {
namespace {

absl::Status PutReplacesValueAndVersion(StoreTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(Put(trial.store(), "a", "1", 7));
  RTSTREAM_RETURN_IF_ERROR(Put(trial.store(), "a", "2", 9));
  return WantValue(trial.store(), "a", "2", 9);
}

absl::Status LaterWritesOfABatchWin(StoreTrial& trial) {
  StateBatch batch;
  batch.Put("put last", "1");
  batch.Delete("put last");
  batch.Put("put last", "2");
  batch.Put("deleted last", "1");
  batch.Delete("deleted last");
  RTSTREAM_RETURN_IF_ERROR(trial.store().Apply(batch));
  return WantContent({PairLine("put last", "2")}, trial.store(), "one batch that puts and deletes");
}

absl::Status DeletingWhatIsNotThereIsNoError(StoreTrial& trial) {
  StateBatch batch;
  batch.Delete("a");
  batch.DeleteRange("b", "c");
  return Doing("a batch that deletes what is not there", trial.store().Apply(batch));
}

absl::Status EmptyBatchIsNoError(StoreTrial& trial) {
  return Doing("an empty batch", trial.store().Apply(StateBatch()));
}

absl::Status DeleteRangeTakesItsBeginningAndLeavesItsEnd(StoreTrial& trial) {
  for (const char* key : {"a", "b", "ba", "c", "d"}) RTSTREAM_RETURN_IF_ERROR(Put(trial.store(), key, "1"));
  StateBatch batch;
  batch.DeleteRange("b", "c");
  RTSTREAM_RETURN_IF_ERROR(trial.store().Apply(batch));
  return WantContent({"a=1", "c=1", "d=1"}, trial.store(), "DeleteRange of [b, c)");
}

absl::Status DeleteRangeLeavesWhatTheBatchPutsAfterIt(StoreTrial& trial) {
  StateBatch batch;
  batch.Put("b1", "before");
  batch.Put("b2", "before");
  batch.DeleteRange("b", "c");
  batch.Put("b2", "after");
  RTSTREAM_RETURN_IF_ERROR(trial.store().Apply(batch));
  return WantContent({"b2=after"}, trial.store(), "a batch that puts before and after DeleteRange");
}

absl::Status EmptyOrReversedRangeDeletesNothing(StoreTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(Put(trial.store(), "b", "1"));
  StateBatch batch;
  batch.DeleteRange("b", "b");
  batch.DeleteRange("c", "a");
  RTSTREAM_RETURN_IF_ERROR(trial.store().Apply(batch));
  return WantContent({"b=1"}, trial.store(), "DeleteRange of [b, b) and [c, a)");
}

absl::Status ExpectedVersionThatFitsIsTaken(StoreTrial& trial) {
  StateBatch batch;
  batch.PutIf("a", "1", 0);
  RTSTREAM_RETURN_IF_ERROR(Doing("PutIf of a new key", trial.store().Apply(batch)));
  batch.Clear();
  batch.PutIf("a", "2", 1);
  RTSTREAM_RETURN_IF_ERROR(Doing("PutIf of version 1", trial.store().Apply(batch)));
  return WantValue(trial.store(), "a", "2", 2);
}

absl::Status OneExpectedVersionThatDoesNotFitStopsTheWholeBatch(StoreTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(Put(trial.store(), "a", "1", 3));
  RTSTREAM_RETURN_IF_ERROR(Put(trial.store(), "d", "1"));
  StateBatch batch;
  batch.Put("b", "1");
  batch.DeleteRange("d", "e");
  batch.PutIf("a", "2", 2);
  RTSTREAM_RETURN_IF_ERROR(
      WantCode(absl::StatusCode::kAborted, trial.store().Apply(batch), "PutIf of another version"));
  return WantContent({"a=1", "d=1"}, trial.store(), "after a batch that was aborted");
}

absl::Status KeyThatMustNotExistStopsTheBatchIfItDoes(StoreTrial& trial) {
  RTSTREAM_RETURN_IF_ERROR(Put(trial.store(), "a", "1", 1));
  StateBatch batch;
  batch.PutIf("a", "2", 0);
  return WantCode(absl::StatusCode::kAborted, trial.store().Apply(batch), "PutIf of a key that is there");
}

absl::Status AStoreGoesOnAfterAnAbortedBatch(StoreTrial& trial) {
  StateBatch batch;
  batch.PutIf("a", "1", 8);
  RTSTREAM_RETURN_IF_ERROR(
      WantCode(absl::StatusCode::kAborted, trial.store().Apply(batch), "PutIf of a key that is not there"));
  RTSTREAM_RETURN_IF_ERROR(Put(trial.store(), "b", "1"));
  return WantContent({"b=1"}, trial.store(), "a batch after an aborted one");
}

absl::Status ABatchOfManyWritesIsTakenWhole(StoreTrial& trial) {
  constexpr int kWrites = 10'000;
  StateBatch batch;
  std::vector<std::string> want;
  for (int i = 0; i < kWrites; ++i) {
    std::string key = Concat("key", 100'000 + i);
    want.push_back(PairLine(key, "value"));
    batch.Put(std::move(key), "value");
  }
  RTSTREAM_RETURN_IF_ERROR(Doing("a batch of 10,000 writes", trial.store().Apply(batch)));
  return WantContent(want, trial.store(), "after a batch of 10,000 writes");
}

// Few keys, so that they are met again.
class RandomBatches {
 public:
  explicit RandomBatches(uint64_t seed) : random_(seed) {}

  absl::Status Step(StateStore& store) {
    StateBatch batch;
    std::map<std::string, Versioned> next = content_;
    const int64_t writes = random_.Between(0, 8);
    for (int64_t i = 0; i < writes; ++i) Draw(batch, next);
    bool fits = true;
    for (const StateWrite& write : batch.writes()) {
      if (!write.expected_version) continue;
      const auto found = content_.find(write.key);
      fits &= *write.expected_version == (found == content_.end() ? 0 : found->second.version);
    }
    const absl::Status status = store.Apply(batch);
    RTSTREAM_RETURN_IF_ERROR(WantCode(fits ? absl::StatusCode::kOk : absl::StatusCode::kAborted, status,
                                      "a random batch"));
    if (fits) content_ = std::move(next);
    return WantAll(store);
  }

 private:
  std::string Key() { return Concat("k", random_.Below(12)); }

  void Draw(StateBatch& batch, std::map<std::string, Versioned>& next) {
    const std::string key = Key(), value = Concat("v", random_.Below(1'000'000));
    switch (random_.Below(5)) {
      case 0:
      case 1: {
        const uint64_t version = random_.Below(4);
        batch.Put(key, value, version);
        next[key] = {value, version};
        break;
      }
      case 2: {
        // Mostly the version that it has.
        const auto found = content_.find(key);
        uint64_t version = found == content_.end() ? 0 : found->second.version;
        if (random_.Chance(0.2)) ++version;
        batch.PutIf(key, value, version);
        next[key] = {value, version + 1};
        break;
      }
      case 3:
        batch.Delete(key);
        next.erase(key);
        break;
      default: {
        const std::string end = Key();
        batch.DeleteRange(key, end);
        if (key < end) next.erase(next.lower_bound(key), next.lower_bound(end));
        break;
      }
    }
  }

  absl::Status WantAll(StateStore& store) {
    std::vector<std::string> want;
    for (const auto& [key, value] : content_) want.push_back(PairLine(key, value.value));
    RTSTREAM_RETURN_IF_ERROR(WantContent(want, store, "after random batches"));
    for (const auto& [key, value] : content_) {
      RTSTREAM_RETURN_IF_ERROR(WantValue(store, key, value.value, value.version));
    }
    return absl::OkStatus();
  }

  Random random_;
  std::map<std::string, Versioned> content_;
};

absl::Status RandomBatchesGiveWhatAMapGives(StoreTrial& trial) {
  RandomBatches batches(trial.setup().seed);
  for (size_t i = 0; i < trial.setup().random_batches; ++i) {
    RTSTREAM_RETURN_IF_ERROR(
        Doing(Concat("seed ", trial.setup().seed, ", batch ", i), batches.Step(trial.store())));
    if (!trial.setup().is_durable || i % 16 != 15) continue;
    RTSTREAM_RETURN_IF_ERROR(trial.Open());
  }
  return absl::OkStatus();
}

}  // namespace

Contract StoreBatchRules(const std::shared_ptr<const StoreSetup>& setup) {
  return {
      StoreRule(setup, "PutReplacesValueAndVersion", PutReplacesValueAndVersion),
      StoreRule(setup, "LaterWritesOfABatchWin", LaterWritesOfABatchWin),
      StoreRule(setup, "DeletingWhatIsNotThereIsNoError", DeletingWhatIsNotThereIsNoError),
      StoreRule(setup, "EmptyBatchIsNoError", EmptyBatchIsNoError),
      StoreRule(setup, "DeleteRangeTakesItsBeginningAndLeavesItsEnd",
                DeleteRangeTakesItsBeginningAndLeavesItsEnd),
      StoreRule(setup, "DeleteRangeLeavesWhatTheBatchPutsAfterIt", DeleteRangeLeavesWhatTheBatchPutsAfterIt),
      StoreRule(setup, "EmptyOrReversedRangeDeletesNothing", EmptyOrReversedRangeDeletesNothing),
      StoreRule(setup, "ExpectedVersionThatFitsIsTaken", ExpectedVersionThatFitsIsTaken),
      StoreRule(setup, "OneExpectedVersionThatDoesNotFitStopsTheWholeBatch",
                OneExpectedVersionThatDoesNotFitStopsTheWholeBatch),
      StoreRule(setup, "KeyThatMustNotExistStopsTheBatchIfItDoes", KeyThatMustNotExistStopsTheBatchIfItDoes),
      StoreRule(setup, "AStoreGoesOnAfterAnAbortedBatch", AStoreGoesOnAfterAnAbortedBatch),
      StoreRule(setup, "ABatchOfManyWritesIsTakenWhole", ABatchOfManyWritesIsTakenWhole),
      StoreRule(setup, "RandomBatchesGiveWhatAMapGives", RandomBatchesGiveWhatAMapGives)};
}

}  // namespace rtstream::testing::internal
