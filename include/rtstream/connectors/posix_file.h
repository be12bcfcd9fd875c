#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace rtstream {

// Owns a file descriptor.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}  // owns `fd`; -1: none
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd();

  int get() const { return fd_; }  // -1: there is none

 private:
  int fd_ = -1;
};

// "cannot <what> <path>: <reason>", with the code that fits errno.
absl::Status ErrnoStatus(int error, std::string_view what, std::string_view path);

// What the connectors ask of an open file. InvalidArgument if it is no regular file: only those have
// a size and can be read again.
struct FileStat {
  uint64_t size = 0;    // bytes
  uint64_t device = 0;  // that holds the file
  uint64_t inode = 0;   // its number there

  // Whether both are one file, whatever its names.
  bool IsSameFile(const FileStat& other) const {
    return device == other.device && inode == other.inode;
  }
};
// InvalidArgument: the open file is no regular one.
absl::StatusOr<FileStat> StatRegularFile(int fd, std::string_view path);

// Opens with open(2)'s `flags`; never waits, also not for the other end of a named pipe.
absl::StatusOr<UniqueFd> OpenFile(const std::string& path, int flags);

// Makes the names in a directory durable: a file or directory that was made in it, or renamed.
absl::Status SyncDirectory(const std::string& directory);

// Reads at most `size` bytes at `offset`; fewer only at the end of the file.
absl::StatusOr<size_t> ReadAt(int fd, std::string_view path, char* out, size_t size,
                              uint64_t offset);

}  // namespace rtstream
