#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "rtstream/state/state_store.h"

// A state store of one's own: everything in memory, and in one file that is written anew by each commit. For
// a state of a few kilobytes; one process at a time. What a store promises: a batch is applied whole or not at
// all, and survives once Apply() has said OK.
class OneFileStore final : public rtstream::StateStore {
 public:
  // NotFound is no error: the state is empty then. DataLoss: the file is damaged.
  static absl::StatusOr<std::unique_ptr<OneFileStore>> Open(std::string path);

  absl::StatusOr<std::optional<rtstream::Versioned>> Get(std::string_view key) const override;
  absl::Status Scan(std::string_view prefix, Visitor visit) const override;
  absl::Status Apply(const rtstream::StateBatch& batch) override;
  absl::StatusOr<std::unique_ptr<StateReader>> Snapshot() override;
  absl::Status Close() override;

 private:
  using Map = std::map<std::string, rtstream::Versioned, std::less<>>;
  class Reader;

  explicit OneFileStore(std::string path) : path_(std::move(path)) {}
  static absl::Status Change(const rtstream::StateBatch& batch, Map& map);
  absl::Status Load();
  absl::Status Save(const Map& map) const;
  absl::StatusOr<std::shared_ptr<const Map>> Current() const;

  std::string path_;
  mutable std::mutex mutex_;
  // Replaced whole, never changed: whoever reads it needs no lock.
  std::shared_ptr<const Map> map_ = std::make_shared<const Map>();  // guarded by mutex_
  absl::Status state_;  // not OK: closed, or a commit failed; guarded by mutex_
};
