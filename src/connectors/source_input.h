#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "file_identity.h"
#include "rtstream/core/batch.h"
#include "rtstream/io/source.h"

#pragma GCC visibility push(hidden)

namespace rtstream {

// A partition of the last commit.
struct KnownFile {
  std::string partition;
  std::string_view path;  // of `partition`; empty: standard input
  FilePosition position;
  bool was_open = false;   // in the commit
  bool is_wanted = false;  // an input has its path
  bool is_read = false;    // an input goes on with it
};

// The partitions that a file source has named since it was opened, by their index.
class PartitionList {
 public:
  // No new partition gets this name: a committed one has it.
  void Reserve(const std::string& name) { taken_.insert(name); }
  // Adds a committed partition.
  uint32_t AddKnown(const std::string& name);
  // Adds one that has `name`, or a name like it that nobody has.
  uint32_t AddNew(const std::string& name);

  // The committed position of `name` is not needed any more.
  void Forget(std::string name) { forgotten_.push_back(std::move(name)); }
  std::vector<std::string> TakeForgotten() { return std::exchange(forgotten_, {}); }

  void SetFinished(uint32_t index, bool is_finished) { all_[index].is_finished = is_finished; }
  bool is_finished(uint32_t index) const { return all_[index].is_finished; }
  const std::string& name(uint32_t index) const { return all_[index].name; }

 private:
  struct Partition {
    std::string name;
    bool is_finished = false;
  };
  std::vector<Partition> all_;
  std::set<std::string> taken_;
  std::vector<std::string> forgotten_;
};

// One path of a file source, or standard input.
class SourceInput {
 public:
  static constexpr uint32_t kNoPartition = ~uint32_t{0};

  virtual ~SourceInput() = default;

  // As Source::Poll; kFinished: this input has nothing more.
  virtual absl::StatusOr<PollResult> Poll(size_t max_rows, Batch<Bytes>& batch) = 0;

  // Bytes known to be there that no batch has covered yet.
  virtual uint64_t lag_bytes() const = 0;
};

}  // namespace rtstream

#pragma GCC visibility pop
