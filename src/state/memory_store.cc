#include "rtstream/state/memory_store.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "rtstream/base/text.h"

namespace rtstream {
namespace {

using Map = std::map<std::string, Versioned, std::less<>>;

absl::Status ScanMap(const Map& map, std::string_view prefix, StateReader::Visitor visit) {
  for (auto it = map.lower_bound(prefix); it != map.end(); ++it) {
    if (std::string_view(it->first).substr(0, prefix.size()) != prefix) break;
    if (absl::Status s = visit(it->first, it->second.value); !s.ok()) return s;
  }
  return absl::OkStatus();
}

class MapReader final : public StateReader {
 public:
  explicit MapReader(Map map) : map_(std::move(map)) {}
  absl::StatusOr<std::optional<Versioned>> Get(std::string_view key) const override {
    auto it = map_.find(key);
    if (it == map_.end()) return std::nullopt;
    return it->second;
  }
  absl::Status Scan(std::string_view prefix, Visitor visit) const override {
    return ScanMap(map_, prefix, visit);
  }

 private:
  Map map_;
};

absl::Status ClosedError() { return absl::FailedPreconditionError("the state store is closed"); }

}  // namespace

absl::StatusOr<std::optional<Versioned>> MemoryStateStore::Get(std::string_view key) const {
  const std::lock_guard lock(mutex_);
  if (closed_) return ClosedError();
  auto it = map_.find(key);
  if (it == map_.end()) return std::nullopt;
  return it->second;
}

absl::Status MemoryStateStore::Scan(std::string_view prefix, Visitor visit) const {
  // The visitor runs on a copy: no lock is held while it does.
  std::vector<std::pair<std::string, std::string>> found;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return ClosedError();
    absl::Status s = ScanMap(map_, prefix, [&](std::string_view key, std::string_view value) {
      found.emplace_back(key, value);
      return absl::OkStatus();
    });
    if (!s.ok()) return s;
  }
  for (const auto& [key, value] : found) {
    if (absl::Status s = visit(key, value); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status MemoryStateStore::Apply(const StateBatch& batch) {
  const std::lock_guard lock(mutex_);
  if (closed_) return ClosedError();
  for (const StateWrite& w : batch.writes()) {
    if (!w.expected_version) continue;
    auto it = map_.find(w.key);
    const uint64_t version = it == map_.end() ? 0 : it->second.version;
    if (version != *w.expected_version) {
      return absl::AbortedError(Concat("a key has version ", version, ", expected ",
                                             *w.expected_version));
    }
  }
  for (const StateWrite& w : batch.writes()) {
    switch (w.kind) {
      case StateWrite::Kind::kPut:
        map_[w.key] = {w.value, w.version};
        break;
      case StateWrite::Kind::kDelete:
        map_.erase(w.key);
        break;
      case StateWrite::Kind::kDeleteRange:
        if (w.key < w.value) map_.erase(map_.lower_bound(w.key), map_.lower_bound(w.value));
        break;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<StateReader>> MemoryStateStore::Snapshot() {
  const std::lock_guard lock(mutex_);
  if (closed_) return ClosedError();
  return std::unique_ptr<StateReader>(new MapReader(map_));
}

absl::Status MemoryStateStore::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  return absl::OkStatus();
}

}  // namespace rtstream
