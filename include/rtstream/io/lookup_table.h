#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "absl/status/status.h"
#include "absl/types/span.h"

namespace rtstream {

// Reference data that Enrich asks: values by text key. Implemented by plug-ins.
//
// Called by one lane's thread, once a batch.
template <typename V>
class LookupTable {
 public:
  virtual ~LookupTable() = default;

  // Sets found[i] to the value of keys[i], or leaves it null if there is none. The values stay where
  // they are until the next call. A key may come more than once.
  // REQUIRES: found is as long as keys and all null.
  // On error the call is repeated (Unavailable and the like, with backoff) or the run ends.
  virtual absl::Status Lookup(absl::Span<const std::string_view> keys,
                              absl::Span<const V*> found) = 0;
};

// Reference data in memory.
//
// Not thread-safe: filled before the run.
template <typename V>
class MemoryTable final : public LookupTable<V> {
 public:
  // Replaces the value that the key had.
  void Put(std::string key, V value) { map_.insert_or_assign(std::move(key), std::move(value)); }
  size_t size() const { return map_.size(); }

  absl::Status Lookup(absl::Span<const std::string_view> keys,
                      absl::Span<const V*> found) override {
    for (size_t i = 0; i < keys.size(); ++i) {
      auto it = map_.find(keys[i]);
      if (it != map_.end()) found[i] = &it->second;
    }
    return absl::OkStatus();
  }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view s) const { return std::hash<std::string_view>()(s); }
  };
  std::unordered_map<std::string, V, Hash, std::equal_to<>> map_;
};

}  // namespace rtstream
