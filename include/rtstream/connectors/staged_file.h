#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtstream/base/byte_buffer.h"
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
// the file system allows it (O_DIRECT), from the memory that the lane filled: it begins where a block of the
// file does. A large file so costs no copy and no pages of the cache, and no other file's sync waits for it.
// The last bytes of a commit, less than a block, go through the cache; the lane begins its next memory with
// them, so that they are written again with the rest of their block.
//
// Used by the lane's thread, but for WriteAhead() and Sync().
class StagedFile {
 public:
  // Bytes behind the last commit may or may not be in the file when it is destroyed.
  explicit StagedFile(std::string path);

  // Opens at `committed`. DataLoss: the file is gone, shorter than committed, or another.
  // nullopt: makes the file, in a directory that must exist; FailedPrecondition if it has bytes, which
  // are some other run's. An error leaves the file as it was.
  absl::Status Open(const std::optional<std::string>& committed);

  // Where to append: add to the end, then call Push(). What stands before is the file's.
  ByteBuffer& buffer() { return buffer_; }

  // Sets the buffer aside when it is large.
  void Push() {
    if (buffer_.size() >= kPieceBytes) SetAside();
  }
  // Both, for bytes that stand elsewhere.
  void Append(std::string_view bytes) {
    buffer_.Append(bytes);
    Push();
  }

  // Returns the mark behind everything appended so far. Does not touch the disk. FailedPrecondition:
  // not open.
  absl::StatusOr<std::string> Cut();

  // Writes the pieces that are set aside. Any one thread, while another appends. A failure is told by
  // Sync().
  void WriteAhead();

  // Writes everything before the last Cut() and makes it durable. The thread of WriteAhead().
  // ResourceExhausted: the disk is full. A failure is final: every later call fails too, because a file
  // that failed to reach the disk may be reported clean the next time.
  absl::Status Sync();

  // Bytes appended since it was opened.
  uint64_t bytes_appended() const { return length_ - opened_at_ + buffer_.size() - carried_; }
  // Uncommitted bytes that Open() cut off.
  uint64_t cut_bytes() const { return cut_bytes_; }
  const std::string& path() const { return path_; }  // as it was given

  // How long a file is that was opened at `mark`. DataLoss: the bytes are no mark.
  static absl::StatusOr<uint64_t> CommittedLength(std::string_view mark);

 private:
  // A piece is set aside when it is filled so far that a row may not fit any more: large enough for the
  // disk's full rate, in one page of memory. Files that get less between commits have smaller ones.
  static constexpr size_t kPieceRoom = 2 << 20;
  static constexpr size_t kPieceBytes = kPieceRoom - (128 << 10);
  // Pieces that are kept to be filled again, none larger than that: what comes while a commit is on its way.
  static constexpr size_t kMaxFree = 16;
  static constexpr size_t kBlock = 4096;

  // Bytes of the file from `offset`, the beginning of a block, on; the first `carried` of them stand in the
  // piece before it, too.
  struct Piece {
    ByteBuffer bytes;
    size_t carried = 0;
    uint64_t offset = 0;
  };

  absl::Status OpenNew();
  absl::Status OpenAt(std::string_view mark);
  void SetAside();
  void HashPieces();  // the caller holds mutex_
  absl::Status WritePieces();
  absl::Status WriteBlocks(const Piece& piece);
  absl::Status Write(int fd, std::string_view bytes, uint64_t offset);

  std::string path_;
  UniqueFd fd_;
  ByteBuffer buffer_;   // begins with a block
  size_t carried_ = 0;  // bytes at its beginning that length_ counts already
  std::string mark_;
  uint64_t opened_at_ = 0;
  uint64_t length_ = 0;       // of the file and all pieces
  uint64_t begin_ = 0;        // where the bytes after the last mark begin
  uint64_t cut_bytes_ = 0;

  // Used by WriteAhead() and Sync().
  UniqueFd direct_;         // for whole blocks, past the cache; none where that cannot be
  std::string tail_;        // of what was set aside, behind the last whole block
  uint64_t tail_at_ = 0;    // where it goes: the beginning of a block
  uint64_t synced_ = 0;     // how much of the file is known to be on the disk
  absl::Status write_status_;

  std::mutex mutex_;
  std::vector<Piece> pieces_;     // set aside, to be written; guarded by mutex_
  size_t hashed_ = 0;             // of these; guarded by mutex_
  RollingChecksum checksum_;      // of the bytes since begin_, as far as hashed; guarded by mutex_
  std::vector<ByteBuffer> free_;  // written, to be filled again; guarded by mutex_
};

}  // namespace rtstream
