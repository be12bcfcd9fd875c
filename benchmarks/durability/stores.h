#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rtstream/state/state_store.h"

namespace bench {

namespace rt = rtstream;

// A directory that is gone with the object.
class TemporaryDirectory {
 public:
  // In `parent`, which decides what disk is measured.
  explicit TemporaryDirectory(const std::string& parent);
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::string Path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// A new state, or the one that is there: "memory", "rocksdb" or "log".
absl::StatusOr<std::unique_ptr<rt::StateStore>> OpenStore(const std::string& kind, const std::string& dir);

// Bytes that this process has given the system for the disk, so far (/proc/self/io).
uint64_t DiskBytesWritten();

// Of numbers that are sorted here: the smallest that is not below a share `p` of them.
double Percentile(std::vector<double>& numbers, double p);

}  // namespace bench
