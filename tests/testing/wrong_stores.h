#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rtstream/state/memory_store.h"
#include "rtstream/testing/store_contract.h"

// A durable store over a disk in memory that keeps the contract, and stores that break one rule each.

namespace rtstream::testing {

// What outlives stores: the batches that reached it, by place.
using Disk = std::map<std::string, std::shared_ptr<MemoryStateStore>>;

class RightStore : public StateStore {
 public:
  explicit RightStore(std::shared_ptr<MemoryStateStore> disk) : disk_(std::move(disk)) {}

  absl::StatusOr<std::optional<Versioned>> Get(std::string_view key) const override {
    if (is_closed_) return Closed();
    return disk_->Get(key);
  }
  absl::Status Scan(std::string_view prefix, Visitor visit) const override {
    return is_closed_ ? Closed() : disk_->Scan(prefix, visit);
  }
  absl::Status Apply(const StateBatch& batch) override { return is_closed_ ? Closed() : disk_->Apply(batch); }
  absl::StatusOr<std::unique_ptr<StateReader>> Snapshot() override {
    if (is_closed_) return Closed();
    return disk_->Snapshot();
  }
  absl::Status Close() override {
    is_closed_ = true;
    return absl::OkStatus();
  }

 protected:
  static absl::Status Closed() { return absl::FailedPreconditionError("the store is closed"); }
  MemoryStateStore& disk() const { return *disk_; }

 private:
  std::shared_ptr<MemoryStateStore> disk_;
  bool is_closed_ = false;
};

// Writes as it goes, up to the condition that does not fit.
class HalfBatchStore final : public RightStore {
 public:
  using RightStore::RightStore;
  absl::Status Apply(const StateBatch& batch) override {
    const std::lock_guard lock(mutex_);
    for (const StateWrite& write : batch.writes()) {
      StateBatch one;
      if (write.kind == StateWrite::Kind::kDelete) one.Delete(write.key);
      if (write.kind == StateWrite::Kind::kDeleteRange) one.DeleteRange(write.key, write.value);
      if (write.kind == StateWrite::Kind::kPut && write.expected_version) {
        one.PutIf(write.key, write.value, *write.expected_version);
      } else if (write.kind == StateWrite::Kind::kPut) {
        one.Put(write.key, write.value, write.version);
      }
      if (absl::Status status = RightStore::Apply(one); !status.ok()) return status;
    }
    return RightStore::Apply({});
  }

 private:
  std::mutex mutex_;
};

// Writes versions only to memory.
class VersionlessStore final : public RightStore {
 public:
  explicit VersionlessStore(const std::shared_ptr<MemoryStateStore>& disk) : RightStore(disk) {
    StateBatch batch;
    const absl::Status status = disk->Scan("", [&](std::string_view key, std::string_view value) {
      batch.Put(std::string(key), std::string(value));
      return absl::OkStatus();
    });
    (void)status;
    (void)disk->Apply(batch);
  }
};

// Acknowledges batches in memory, and writes them when it is closed.
class LateWritingStore final : public RightStore {
 public:
  explicit LateWritingStore(const std::shared_ptr<MemoryStateStore>& disk)
      : RightStore(std::make_shared<MemoryStateStore>()), late_(disk) {
    StateBatch batch;
    const absl::Status status = disk->Scan("", [&](std::string_view key, std::string_view value) {
      batch.Put(std::string(key), std::string(value), (*disk->Get(key))->version);
      return absl::OkStatus();
    });
    (void)status;
    (void)RightStore::Apply(batch);
  }
  absl::Status Close() override {
    StateBatch batch;
    batch.DeleteRange("", "\xff\xff");
    const absl::Status status = disk().Scan("", [&](std::string_view key, std::string_view value) {
      batch.Put(std::string(key), std::string(value), (*disk().Get(key))->version);
      return absl::OkStatus();
    });
    (void)status;
    (void)late_->Apply(batch);
    return RightStore::Close();
  }

 private:
  std::shared_ptr<MemoryStateStore> late_;
};

// Its snapshots are views of what is there now.
class LiveSnapshotStore final : public RightStore {
 public:
  using RightStore::RightStore;
  absl::StatusOr<std::unique_ptr<StateReader>> Snapshot() override {
    RightStore now = *this;
    if (absl::Status status = now.Apply({}); !status.ok()) return status;
    return std::unique_ptr<StateReader>(std::make_unique<RightStore>(now));
  }
};

// Deletes the end of a range as well.
class GreedyRangeStore final : public RightStore {
 public:
  using RightStore::RightStore;
  absl::Status Apply(const StateBatch& batch) override {
    StateBatch wider;
    for (const StateWrite& write : batch.writes()) {
      if (write.kind == StateWrite::Kind::kDelete) wider.Delete(write.key);
      if (write.kind == StateWrite::Kind::kDeleteRange) wider.DeleteRange(write.key, write.value + '\0');
      if (write.kind == StateWrite::Kind::kPut && write.expected_version) {
        wider.PutIf(write.key, write.value, *write.expected_version);
      } else if (write.kind == StateWrite::Kind::kPut) {
        wider.Put(write.key, write.value, write.version);
      }
    }
    return RightStore::Apply(wider);
  }
};

// Ends a scan before the prefix with its last byte counted up, which 0xff overflows.
class OverflowingScanStore final : public RightStore {
 public:
  using RightStore::RightStore;
  absl::Status Scan(std::string_view prefix, Visitor visit) const override {
    std::string end(prefix);
    if (!end.empty()) ++end.back();
    return RightStore::Scan("", [&](std::string_view key, std::string_view value) {
      if (key < prefix || (!end.empty() && key >= end)) return absl::OkStatus();
      return visit(key, value);
    });
  }
};

// A setup whose places are on one disk.
template <typename Store>
StoreSetup SetupOf() {
  auto disk = std::make_shared<Disk>();
  return {.open = [disk](const std::string& place) -> absl::StatusOr<std::unique_ptr<StateStore>> {
    std::shared_ptr<MemoryStateStore>& at = (*disk)[place];
    if (at == nullptr) at = std::make_shared<MemoryStateStore>();
    return std::make_unique<Store>(at);
  }};
}

}  // namespace rtstream::testing
