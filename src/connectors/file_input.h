#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "line_reader.h"
#include "rtstream/connectors/posix_file.h"
#include "source_input.h"

#pragma GCC visibility push(hidden)

namespace rtstream {

// The files of one path, one after the other: see FileSource for what it promises.
class FileInput final : public SourceInput {
 public:
  // References must outlive the input. `path` is absolute.
  FileInput(std::string path, bool follow, const LineOptions& options, ReadBuffers& buffers,
            PartitionList& partitions);

  // Opens the path's file where the last commit stands: `known` are the partitions of this path.
  absl::Status Open(std::vector<KnownFile*> known);

  // Closes the file until the next Poll, which opens it as Open() did. REQUIRES: nothing was polled.
  void Park();

  absl::StatusOr<PollResult> Poll(size_t max_rows, Batch<Bytes>& batch) override;
  uint64_t lag_bytes() const override;

 private:
  // A file that was opened and not yet chosen.
  struct Candidate {
    UniqueFd fd;
    FileStat stat;
    std::string prefix;
  };
  static absl::StatusOr<Candidate> OpenCandidate(const std::string& path);

  absl::Status OpenWhereCommitted();
  std::optional<Candidate> FindRotated(const FilePosition& position) const;
  absl::Status Begin(Candidate file, KnownFile* known);
  absl::StatusOr<size_t> Read();
  absl::StatusOr<bool> LooksAtEnd();
  void Describe(Batch<Bytes>& batch);
  void EndFile();

  std::string path_;
  std::string label_;
  bool follow_;
  const LineOptions* options_;
  ReadBuffers* buffers_;
  PartitionList* partitions_;
  std::vector<KnownFile*> known_;
  uint64_t last_generation_ = 0;
  // The partition of the last file, if it was rotated: where generations go on from, until there is a
  // next one.
  std::string rotated_;
  bool wants_next_file_ = false;  // a file of this path was read to its end under follow
  bool is_done_ = false;

  // The file that is being read, if there is a reader.
  std::optional<LineReader> reader_;
  UniqueFd fd_;
  FileStat stat_;
  std::string prefix_;    // its first bytes, up to FileIdentity::kMaxPrefix
  FilePosition position_;  // as told last
  std::string partition_name_;   // empty: it was never named
  uint32_t partition_ = kNoPartition;
  bool is_last_look_ = false;  // the path has gone to another file
  bool is_at_end_ = false;     // nothing more will be read from it
};

}  // namespace rtstream

#pragma GCC visibility pop
