#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "log_format.h"
#include "rtstream/base/pages.h"
#include "rtstream/connectors/log_io.h"
#include "rtstream/connectors/posix_file.h"

#pragma GCC visibility push(hidden)

namespace rtstream::internal {

// An error of reading, or "state directory ...: the disk is full", or DataLoss: what it means for a log.
absl::Status WriteFailure(int error, std::string_view what, const std::string& path);

// A file of the log that can be read. Thread-safe.
class LogSegment {
 public:
  static std::string PathOf(const std::string& dir, uint64_t number, bool is_moved);
  static absl::StatusOr<std::shared_ptr<LogSegment>> Open(const std::string& dir, uint64_t number,
                                                          bool is_moved);

  LogSegment(uint64_t number, std::string path, bool is_moved, UniqueFd fd)
      : number_(number), path_(std::move(path)), is_moved_(is_moved), fd_(std::move(fd)) {}

  // Reads a value into `out`. DataLoss: it does not fit its checksum.
  absl::Status Read(const LogPlace& place, std::string& out) const;
  // Reads up to `size` bytes; fewer at the end of the file.
  absl::Status ReadBytes(uint64_t offset, uint64_t size, std::string& out) const;

  uint64_t number() const { return number_; }
  const std::string& path() const { return path_; }
  bool is_moved() const { return is_moved_; }
  absl::StatusOr<uint64_t> Size() const;

 private:
  uint64_t number_;
  std::string path_;
  bool is_moved_;
  UniqueFd fd_;
};

// A file of the log that is being written, in whole blocks, past the system's cache where the file system
// lets it. One thread at a time.
class LogWriter {
 public:
  // Makes the file with `size` bytes set aside, and the directory's entry durable.
  static absl::StatusOr<std::unique_ptr<LogWriter>> Create(const std::string& dir, const LogName& name,
                                                           bool is_moved, uint64_t size, LogIo& io);
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // Appends bytes, which reach the file with the next Sync() at the latest.
  absl::Status Append(std::string_view bytes);
  // Fills the block up and makes everything durable.
  absl::Status Sync();
  // Cuts off what was set aside and not used.
  absl::Status Trim();

  const std::shared_ptr<LogSegment>& segment() const { return segment_; }
  // Where the next bytes go; behind Sync() the beginning of a block.
  uint64_t end() const { return written_ + used_; }
  uint64_t capacity() const { return capacity_; }
  // Bytes handed to the system.
  uint64_t written() const { return written_; }

 private:
  LogWriter(std::shared_ptr<LogSegment> segment, UniqueFd fd, uint64_t capacity, LogIo& io);
  absl::Status Flush();

  std::shared_ptr<LogSegment> segment_;
  UniqueFd fd_;
  uint64_t capacity_;
  LogIo* io_;
  Pages buffer_;  // aligned, and few pages for the system to hold while it writes
  uint64_t used_ = 0;
  uint64_t written_ = 0;
};

}  // namespace rtstream::internal

#pragma GCC visibility pop
