#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtstream/base/hash.h"
#include "rtstream/connectors/posix_file.h"

namespace rtstream {

// A file that grows in steps, each named by a mark that a commit holds: the bytes behind the last
// committed mark are nobody's and are cut off when it is opened again. This is StagedSinkBase's
// contract for bytes; FileSink puts rows on top.
//
// A mark says how long the file was, and where the last step that added bytes begins and what their
// XXH3 is: a file that was exchanged, cut or damaged there is found out. Bytes of older steps are not
// read again. A mark of no bytes tells nothing: a host that may give one file to two states keeps them
// apart itself (examples/retail/output_directory.h does). While a pipeline runs, readers must not look
// behind the committed mark.
//
// The lane only fills memory. The rest is left to the commit's thread, while the epoch grows, so that
// little is left for the commit itself: checksums, and writes of whole blocks past the system's cache where
// the file system allows it (O_DIRECT). A large file so costs one copy and no pages of the cache, and no
// other file's sync waits for it. The last bytes of a commit, less than a block, go through the cache, and
// are written again with the rest of their block.
//
// Used by the lane's thread, but for WriteAhead() and Sync().
class StagedFile {
 public:
  explicit StagedFile(std::string path);
  // Closes; bytes behind the last commit may or may not be in the file.
  ~StagedFile();

  // Opens at `committed`. DataLoss: the file is gone, shorter than committed, or another.
  // nullopt: makes the file, in a directory that must exist; FailedPrecondition if it has bytes, which
  // are some other run's. An error leaves the file as it was.
  absl::Status Open(const std::optional<std::string>& committed);

  // Bytes to be appended: add to the end, then call Push().
  std::string& buffer() { return buffer_; }

  // Sets the buffer aside when it is large.
  void Push() {
    if (buffer_.size() >= kPieceBytes) SetAside();
  }

  // Returns the mark behind everything appended so far. Does not touch the disk. FailedPrecondition:
  // not open.
  absl::StatusOr<std::string> Cut();

  // Writes the pieces that are set aside, but for the last 2 MiB at most. Any one thread, while another
  // appends. A failure is told by Sync().
  void WriteAhead();

  // Writes everything before the last Cut() and makes it durable. The thread of WriteAhead().
  // ResourceExhausted: the disk is full. A failure is final: every later call fails too, because a file
  // that failed to reach the disk may be reported clean the next time.
  absl::Status Sync();

  // Bytes appended since it was opened.
  uint64_t bytes_appended() const { return length_ - opened_at_ + buffer_.size(); }
  // Uncommitted bytes that Open() cut off.
  uint64_t cut_bytes() const { return cut_bytes_; }
  const std::string& path() const { return path_; }

  // How long a file is that was opened at `mark`. DataLoss: the bytes are no mark.
  static absl::StatusOr<uint64_t> CommittedLength(std::string_view mark);

 private:
  // Large enough that a write costs nothing beside its copy, small enough to be in the cache still when
  // it is full and its checksum is taken.
  static constexpr size_t kPieceBytes = 256 << 10;
  // Pieces that are kept to be filled again, none of them much larger than they begin: 10 MiB.
  static constexpr size_t kMaxFree = 32;
  static constexpr size_t kPieceRoom = kPieceBytes + kPieceBytes / 4;  // it ends behind a whole row
  static constexpr size_t kBlock = 4096;
  static constexpr size_t kBlocksBytes = 2 << 20;  // of a write: enough for the disk's full rate

  absl::Status OpenNew();
  absl::Status OpenAt(std::string_view mark);
  void SetAside();
  void HashPieces();  // the caller holds mutex_
  absl::Status WritePieces();
  absl::Status Add(std::string_view piece);
  absl::Status WriteBlocks();
  absl::Status Write(int fd, std::string_view bytes, uint64_t offset);

  std::string path_;
  UniqueFd fd_;
  std::string buffer_;
  std::string mark_;
  uint64_t opened_at_ = 0;
  uint64_t length_ = 0;       // of the file and all pieces
  uint64_t begin_ = 0;        // where the bytes after the last mark begin
  uint64_t cut_bytes_ = 0;

  // Used by WriteAhead() and Sync().
  UniqueFd direct_;           // for whole blocks, past the cache; none where that cannot be
  char* blocks_ = nullptr;    // what goes to the file next, in aligned memory
  size_t filled_ = 0;         // of it
  uint64_t blocks_begin_ = 0;  // where it goes: the beginning of a block
  uint64_t synced_ = 0;       // how much of the file is known to be on the disk
  absl::Status write_status_;

  std::mutex mutex_;
  std::vector<std::string> pieces_;  // set aside, to be written; guarded by mutex_
  size_t hashed_ = 0;                // of these; guarded by mutex_
  RollingChecksum checksum_;         // of the bytes since begin_, as far as hashed; guarded by mutex_
  std::vector<std::string> free_;    // written, to be filled again; guarded by mutex_
};

}  // namespace rtstream
