#pragma once

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/connectors/log_store.h"
#include "tests/connectors/numbered_commits.h"

namespace rtstream {

// The smallest segments: sixteen blocks.
inline constexpr uint64_t kSmallSegment = uint64_t{64} << 10;

inline absl::StatusOr<NumberedCommits::Content> ReadLogReadOnly(const std::string& dir) {
  RTSTREAM_ASSIGN_OR_RETURN(const std::unique_ptr<StateReader> reader, LogStore::OpenReadOnly(dir));
  return ReadAll(*reader);
}

inline absl::StatusOr<NumberedCommits::Content> OpenAndReadLog(const std::string& dir) {
  RTSTREAM_ASSIGN_OR_RETURN(const std::unique_ptr<LogStore> store, LogStore::Open(dir));
  return ReadAll(*store);
}

// Names of the files in `dir` that begin so, in order.
inline std::vector<std::string> FilesOf(const std::string& dir, std::string_view prefix) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    std::string name = entry.path().filename();
    if (name.substr(0, prefix.size()) == prefix) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace rtstream
