#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "rtstream/state/blob_store.h"

namespace rtstream {

// A blob store in memory, for tests and for state that may die with the process.
class MemoryBlobStore final : public BlobStore {
 public:
  absl::StatusOr<std::unique_ptr<BlobWriter>> Create(const std::string& name) override;
  absl::StatusOr<std::unique_ptr<BlobReader>> Open(const std::string& name) override;
  absl::Status Remove(const std::string& name) override;
  absl::StatusOr<std::vector<std::string>> List() override;

  // Of all blobs, finished or not.
  uint64_t bytes() const;
  // Appending beyond so many bytes in all fails with ResourceExhausted, as on a full disk.
  void set_capacity(uint64_t bytes);
  // Flips a bit of a blob. REQUIRES: the blob is there and longer than `at`.
  void Damage(const std::string& name, uint64_t at);

 private:
  class Writer;
  class Reader;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<std::string>> blobs_;  // guarded by mutex_
  uint64_t capacity_ = ~uint64_t{0};                           // guarded by mutex_
};

}  // namespace rtstream
