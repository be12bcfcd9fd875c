#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/state/checkpoint.h"
#include "rtstream/state/state_store.h"

namespace rtstream {

// A state whose content after commit n is known: commit n puts "last" and one of kSlots slots, each with
// a value that names n.
struct NumberedCommits {
  static constexpr uint64_t kSlots = 7;
  using Content = std::map<std::string, std::string>;

  static std::string Value(uint64_t n, size_t size) {
    return OrderedHex(n) + std::string(size, static_cast<char>('a' + n % 26));
  }

  // Commits first..last.
  static absl::Status Apply(StateStore& store, uint64_t first, uint64_t last, size_t size = 100) {
    for (uint64_t n = first; n <= last; ++n) {
      StateBatch batch;
      batch.Put("last", Value(n, 0));
      batch.Put("slot " + std::to_string(n % kSlots), Value(n, size));
      RTSTREAM_RETURN_IF_ERROR(store.Apply(batch));
    }
    return absl::OkStatus();
  }

  static Content After(uint64_t last, size_t size = 100) {
    Content content;
    for (uint64_t n = last > kSlots ? last - kSlots + 1 : 1; n <= last; ++n) {
      content["last"] = Value(n, 0);
      content["slot " + std::to_string(n % kSlots)] = Value(n, size);
    }
    return content;
  }
};

inline absl::StatusOr<NumberedCommits::Content> ReadAll(const StateReader& reader) {
  NumberedCommits::Content content;
  RTSTREAM_RETURN_IF_ERROR(
      reader.Scan("", [&](std::string_view key, std::string_view value) {
        content.emplace(key, value);
        return absl::OkStatus();
      }));
  return content;
}

}  // namespace rtstream
