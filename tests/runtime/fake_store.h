#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "rtstream/state/memory_store.h"
#include "tests/runtime/fake_sinks.h"

namespace rtstream {

// A store in memory whose writes may fail, before or after they took effect.
class FakeStore final : public StateStore {
 public:
  absl::StatusOr<std::optional<Versioned>> Get(std::string_view key) const override {
    return store_.Get(key);
  }
  absl::Status Scan(std::string_view prefix, Visitor visit) const override {
    return store_.Scan(prefix, visit);
  }
  absl::Status Apply(const StateBatch& batch) override {
    if (on_apply) on_apply();
    if (absl::Status status = before_apply.Take(); !status.ok()) return status;
    if (absl::Status status = store_.Apply(batch); !status.ok()) return status;
    ++applied;
    return after_apply.Take();
  }
  absl::StatusOr<std::unique_ptr<StateReader>> Snapshot() override { return store_.Snapshot(); }
  absl::Status Close() override { return store_.Close(); }

  Faults before_apply, after_apply;
  std::function<void()> on_apply;
  int applied = 0;

 private:
  MemoryStateStore store_;
};

}  // namespace rtstream
