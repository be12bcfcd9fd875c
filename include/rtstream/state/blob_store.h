#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace rtstream {

// A blob that is being written, by one thread. Destroyed before Finish() it is as if it had never been, or
// stays as a name that List() shows.
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;
  // ResourceExhausted: the disk is full.
  virtual absl::Status Append(std::string_view bytes) = 0;
  // OK: the blob survives kill -9 and power loss.
  virtual absl::Status Finish() = 0;
};

// A finished blob. Thread-safe.
class BlobReader {
 public:
  virtual ~BlobReader() = default;
  // Fills all of `out`; DataLoss if the blob ends before.
  virtual absl::Status Read(uint64_t offset, size_t size, char* out) const = 0;
  // The same if it need not wait for a disk; false: it would have to, or failed.
  virtual bool TryRead(uint64_t offset, size_t size, char* out) const {
    (void)offset, (void)size, (void)out;
    return false;
  }
  // These bytes will be read soon: whoever can, fetches them meanwhile.
  virtual void WillNeed(uint64_t offset, size_t size) const = 0;
};

// Where state that is too large for a StateStore's values is kept: named immutable blobs. Which of them
// count, a commit says; the others are removed by who finds them.
//
// Implemented by plug-ins. Thread-safe: a background thread writes while another reads.
class BlobStore {
 public:
  virtual ~BlobStore() = default;
  // A blob of the same name that is there is replaced. `name`: letters, digits, '_', '-', '.'.
  virtual absl::StatusOr<std::unique_ptr<BlobWriter>> Create(const std::string& name) = 0;
  // NotFound: no such blob. It can be read until the reader is destroyed, also if it is removed.
  virtual absl::StatusOr<std::unique_ptr<BlobReader>> Open(const std::string& name) = 0;
  // OK if there is no such blob.
  virtual absl::Status Remove(const std::string& name) = 0;
  // All names, also of blobs that were never finished.
  virtual absl::StatusOr<std::vector<std::string>> List() = 0;
};

}  // namespace rtstream
