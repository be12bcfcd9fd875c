#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "line_reader.h"
#include "source_input.h"

#pragma GCC visibility push(hidden)

namespace rtstream {

// The process' standard input: see FileSource for what it promises.
class StandardInput final : public SourceInput {
 public:
  // References must outlive the input. The name must not be that of an earlier process' stream.
  StandardInput(std::string partition_name, const LineOptions& options, ReadBuffers& buffers,
                PartitionList& partitions);

  // The source was opened again: the stream goes on where it stands. `is_open`: the last commit has
  // the partition, and not as finished.
  void Reopen(bool is_open) {
    partition_ = kNoPartition;
    is_open_ = is_open;
  }
  const std::string& partition_name() const { return partition_name_; }

  absl::StatusOr<PollResult> Poll(size_t max_rows, Batch<Bytes>& batch) override;
  uint64_t lag_bytes() const override;

 private:
  absl::StatusOr<PollResult> Read();
  void Describe(Batch<Bytes>& batch);

  std::string partition_name_;
  PartitionList* partitions_;
  LineReader reader_;
  uint32_t partition_ = kNoPartition;
  int64_t told_offset_ = 0;
  bool is_at_end_ = false;
  bool is_open_ = false;  // the last batch said so
};

}  // namespace rtstream

#pragma GCC visibility pop
