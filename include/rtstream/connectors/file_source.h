#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtstream/core/batch.h"
#include "rtstream/io/source.h"

namespace rtstream {

// What a FileSource reads, and how.
struct FileSourceOptions {
  // Files to read, each from its beginning to its end, in this order; "-" is standard input. Each
  // once.
  std::vector<std::string> paths = {};
  // The first line that every file must have, such as the names of a CSV file's columns; it is no
  // record. A byte order mark before it and a CR behind it are passed over. Empty: no header. A file
  // without any bytes has no records and is accepted.
  std::string header = {};
  // A line end inside a quoted CSV field (RFC 4180) does not end the record: quotes are counted. Off,
  // because then one stray quote costs its line, not everything up to the next quote.
  bool quoted_newlines = false;
  // Go on when the end is reached, as tail -F does, until the run is stopped. A last line waits for
  // its LF. While a file has more, the others wait.
  bool follow = false;
  // A longer record is not kept whole: RowMeta::kOversize, with its true length (up to 4 GiB - 1) and
  // its first bytes, at most DeadLetter::kMaxBytes. Memory is twice this and more.
  size_t max_record = 1 << 20;
  // Bytes of one read. Larger ones fall out of the nearest caches.
  size_t chunk_bytes = 1 << 20;
};

// A file that was not read to its end before another took its place.
struct UnreadRest {
  std::string path;    // absolute
  int64_t offset = 0;  // where the next record would have begun

  bool operator==(const UnreadRest&) const = default;  // of the same file, from the same place
};

// Which file a committed partition of a file source is: for reading a state offline.
struct FilePartition {
  std::string path;         // empty: a standard input
  uint64_t generation = 1;  // 1: the first file that was read at its path, 2: the one after it, ...
};
// DataLoss: the position is no file source's.
absl::StatusOr<FilePartition> DescribeFilePartition(const CommittedPosition& position);

// Reads files line by line: NDJSON, CSV, anything with one record a line.
//
//   rt::FileSource sales({.paths = {"/var/log/sales.ndjson"}, .follow = true});
//   rt::Pipeline pipeline = rt::From(sales) | rt::ParseJson<Sale>("parse") | ...
//
// Records are views of the file's bytes, without LF or CR LF; lines with nothing else are no records.
// Position is the offset of the line's first byte, ordinal the number of the line in the file from 1,
// label the file's base name. A last line without LF is a record at the end of the input; what is
// written behind it later is another one.
//
// A file is a partition. It is known by its absolute path and a hash of its beginning (4096 bytes, or
// all it has), so after a restart a file that has grown goes on, and another one at the same path is
// read from its start; what the first had left is told by unread_rests(). Two files that begin alike as
// far as they were read cannot be told apart.
//
// Under `follow`, when the path goes to another file, the old one is read to its end first, then its
// last line needs no LF; a file that became shorter than what was read of it begins anew. After a
// restart the rest of the old file is looked for beside the path, under names that begin with its
// base name. A rotated file that was read to its end leaves the commits once the next one has a
// position. Not seen, as with tail -F: a file that came and went while nobody looked, and one that was
// cut and grew past where it was between two looks.
//
// Without `follow` a file whose path goes to another stays in the commits, some 100 bytes each: it may
// come back, and is not read again then.
//
// Standard input is the partition "-" with positions from 0. It cannot be read again: what was read
// and not committed when the process dies is lost. Each later process names it "-#2", "-#3", ..., its
// label too, so that positions of one stream are never taken for another's.
//
// Errors name the path. NotFound, PermissionDenied: it cannot be opened. InvalidArgument: it is no
// regular file, or given twice. FailedPrecondition: another header, or fewer bytes than committed.
//
// Poll never waits, except for the disk. Owned by the host; called from one thread at a time, but for
// lag_bytes().
class FileSource final : public Source<Bytes> {
 public:
  // Opens nothing: Open() does, and returns what is wrong with the options.
  explicit FileSource(FileSourceOptions options);
  ~FileSource() override;

  absl::Status Open(absl::Span<const CommittedPosition> committed) override;
  absl::StatusOr<PollResult> Poll(size_t max_rows, Batch<Bytes>& batch) override;
  std::string PartitionName(uint32_t index) const override;
  bool IsFinished(uint32_t index) const override;
  std::vector<std::string> TakeForgotten() override;

  // Inputs that the last commit had not at their end, and that are no longer at their path: what
  // stands behind `offset`, if anything, is not read, unless the file comes back. Complete once every
  // input was opened, so that it may grow while the source is read. By the thread that polls.
  std::vector<UnreadRest> unread_rests() const;

  // Bytes known to be there that no batch has covered yet: as of the last look at each file. Any
  // thread.
  uint64_t lag_bytes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rtstream
