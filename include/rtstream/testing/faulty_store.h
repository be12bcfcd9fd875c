#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtstream/runtime/commit_record.h"
#include "rtstream/state/state_store.h"
#include "rtstream/testing/simulation.h"

namespace rtstream::testing {

// A state store through which a simulation's faults strike, and which looks at every commit: epochs
// go up by one, watermarks never back, the lineage stays, and no commit names staged bytes that are
// not durable.
//
// One thread. `store` must outlive it.
class FaultyStore final : public StateStore {
 public:
  // Stands before `store`; both must outlive it.
  FaultyStore(Simulation& simulation, StateStore& store)
      : simulation_(&simulation), store_(&store) {}

  // How far a staged sink is durable: whether its mark may be in a commit.
  void AddStaged(std::string name, std::function<bool(const std::string& mark)> is_durable) {
    staged_[std::move(name)] = std::move(is_durable);
  }

  absl::StatusOr<std::optional<Versioned>> Get(std::string_view key) const override;
  absl::Status Scan(std::string_view prefix, Visitor visit) const override;
  absl::Status Apply(const StateBatch& batch) override;
  absl::StatusOr<std::unique_ptr<StateReader>> Snapshot() override { return store_->Snapshot(); }
  absl::Status Close() override { return store_->Close(); }

  // What is behind it, where nothing strikes.
  StateStore& store() { return *store_; }
  // The last commit in the store; nullopt: there is none.
  std::optional<CommitRecord> last() const;
  // Chunks of outboxes that wait to be acknowledged.
  size_t unsent() const;
  // Whether a commit holds this chunk.
  bool HoldsChunk(std::string_view sink, std::string_view token, std::string_view bytes) const;

 private:
  absl::Status ApplyWhole(const StateBatch& batch);
  void CheckCommit(const std::optional<CommitRecord>& before);
  // The value as it is read: now and then with a wrong bit.
  std::string Read(std::string value) const;

  Simulation* simulation_;
  StateStore* store_;
  std::map<std::string, std::function<bool(const std::string&)>> staged_;
};

}  // namespace rtstream::testing
