#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "log_format.h"

#pragma GCC visibility push(hidden)

namespace rtstream::internal {

// Where in the log something stands.
struct LogPosition {
  uint64_t segment = 0;
  uint64_t offset = 0;
};

// Which keys there are and where their values are, and how much of each segment they take. Not
// thread-safe.
class LogIndex {
 public:
  struct Value {
    uint64_t version = 0;
    LogPlace place;
  };
  using Map = std::map<std::string, Value, std::less<>>;

  void Apply(const LogEntry& entry);

  const Map& values() const { return values_; }
  const Value* Find(std::string_view key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? nullptr : &found->second;
  }
  // Bytes of live values, in all and of a segment.
  uint64_t live_bytes() const { return live_bytes_; }
  uint64_t LiveIn(uint64_t segment) const {
    const auto found = live_.find(segment);
    return found == live_.end() ? 0 : found->second.bytes;
  }
  // Whether a key has its value in the segment, if only one of no bytes.
  bool IsUsed(uint64_t segment) const { return live_.contains(segment); }
  const auto& live() const { return live_; }

 private:
  struct Live {
    uint64_t bytes = 0;
    uint64_t values = 0;
  };
  void Count(const LogPlace& place);
  void Forget(const LogPlace& place);

  Map values_;
  std::map<uint64_t, Live> live_;
  uint64_t live_bytes_ = 0;
};

// The file `index`.
struct StoredIndex {
  uint64_t lineage = 0;
  uint64_t sequence = 0;   // of the last record that it holds
  LogPosition log_begins;  // where the next one is
  LogIndex index;
};
std::string EncodeIndex(uint64_t lineage, uint64_t sequence, LogPosition log_begins, const LogIndex& index);
absl::StatusOr<StoredIndex> DecodeIndex(std::string_view bytes, std::string_view path);

}  // namespace rtstream::internal

#pragma GCC visibility pop
