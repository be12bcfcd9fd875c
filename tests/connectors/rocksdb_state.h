#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/connectors/rocksdb_store.h"
#include "tests/connectors/numbered_commits.h"

namespace rtstream {

inline absl::StatusOr<NumberedCommits::Content> ReadAllReadOnly(const std::string& dir) {
  RTSTREAM_ASSIGN_OR_RETURN(const std::unique_ptr<StateReader> reader,
                            RocksDbStore::OpenReadOnly(dir));
  return ReadAll(*reader);
}

inline absl::StatusOr<NumberedCommits::Content> OpenAndReadAll(const std::string& dir) {
  RTSTREAM_ASSIGN_OR_RETURN(const std::unique_ptr<RocksDbStore> store, RocksDbStore::Open(dir));
  return ReadAll(*store);
}

}  // namespace rtstream
