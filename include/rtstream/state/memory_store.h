#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "rtstream/state/state_store.h"

namespace rtstream {

// A state store in memory: the reference of what a store must do, for tests and for pipelines whose
// state may die with the process. Outlives pipelines, so a restart can be tried without a disk.
class MemoryStateStore final : public StateStore {
 public:
  absl::StatusOr<std::optional<Versioned>> Get(std::string_view key) const override;
  // As of the call's beginning: `visit` may call the store.
  absl::Status Scan(std::string_view prefix, Visitor visit) const override;
  absl::Status Apply(const StateBatch& batch) override;
  absl::StatusOr<std::unique_ptr<StateReader>> Snapshot() override;
  absl::Status Close() override;

 private:
  using Map = std::map<std::string, Versioned, std::less<>>;
  mutable std::mutex mutex_;
  Map map_;              // guarded by mutex_
  bool closed_ = false;  // guarded by mutex_
};

}  // namespace rtstream
