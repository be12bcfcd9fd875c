#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

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
// read again. While a pipeline runs, readers must not look behind the committed mark.
//
// Used by the lane's thread, but for Sync().
class StagedFile {
 public:
  explicit StagedFile(std::string path);
  // Closes; bytes behind the last Cut() may or may not be in the file.
  ~StagedFile() = default;

  // Opens at `committed`. DataLoss: the file is gone, shorter than committed, or another.
  // nullopt: makes the file, in a directory that must exist; FailedPrecondition if it has bytes, which
  // are some other run's. An error leaves the file as it was.
  absl::Status Open(const std::optional<std::string>& committed);

  // Bytes to be appended: add to the end, then call Push().
  std::string& buffer() { return buffer_; }

  // Gives the buffer to the operating system when it is large. ResourceExhausted: the disk is full.
  // On error nothing of the buffer is lost, and the next call tries the rest again.
  absl::Status Push() { return buffer_.size() < kPieceBytes ? absl::OkStatus() : WriteBuffer(); }

  // Gives all of the buffer to the operating system; returns the mark behind it. Does not wait for
  // the disk.
  absl::StatusOr<std::string> Cut();

  // Makes everything before the last Cut() durable. Any one thread, while others append. A failure is
  // final: every later call fails too, because the kernel tells it once only.
  absl::Status Sync();

  // Bytes given to the file since it was opened. Any thread.
  uint64_t bytes_written() const { return bytes_written_.load(std::memory_order_relaxed); }
  // Uncommitted bytes that Open() cut off.
  uint64_t cut_bytes() const { return cut_bytes_; }
  const std::string& path() const { return path_; }

  // How long a file is that was opened at `mark`. DataLoss: the bytes are no mark.
  static absl::StatusOr<uint64_t> CommittedLength(std::string_view mark);

 private:
  // Large enough that the call costs nothing beside the copy.
  static constexpr size_t kPieceBytes = 256 << 10;

  absl::Status OpenNew();
  absl::Status OpenAt(std::string_view mark);
  absl::Status WriteBuffer();

  std::string path_;
  UniqueFd fd_;
  std::string buffer_;
  std::string mark_;
  uint64_t length_ = 0;  // of the file
  uint64_t begin_ = 0;   // where the bytes after the last mark begin
  RollingChecksum checksum_;  // of those
  uint64_t cut_bytes_ = 0;
  std::atomic<uint64_t> bytes_written_{0};
  std::atomic<bool> needs_sync_{false};
  absl::Status sync_status_;  // used by Sync()
};

}  // namespace rtstream
