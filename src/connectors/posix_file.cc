#include "rtstream/connectors/posix_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"

namespace rtstream {

UniqueFd::~UniqueFd() {
  if (fd_ >= 0) close(fd_);
}

absl::Status ErrnoStatus(int error, std::string_view what, std::string_view path) {
  return absl::ErrnoToStatus(error, Concat("cannot ", what, " ", path));
}

absl::StatusOr<FileStat> StatRegularFile(int fd, std::string_view path) {
  struct stat st;
  if (fstat(fd, &st) != 0) return ErrnoStatus(errno, "look at", path);
  if (S_ISDIR(st.st_mode)) return absl::InvalidArgumentError(Concat(path, " is a directory"));
  if (!S_ISREG(st.st_mode)) {
    return absl::InvalidArgumentError(Concat(path, " is not a regular file"));
  }
  return FileStat{static_cast<uint64_t>(st.st_size), st.st_dev, st.st_ino};
}

absl::StatusOr<UniqueFd> OpenFile(const std::string& path, int flags) {
  constexpr mode_t kMode = 0666;  // less the process' umask
  const int fd = open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, kMode);
  if (fd < 0) {
    if (errno == EISDIR) return absl::InvalidArgumentError(Concat(path, " is a directory"));
    return ErrnoStatus(errno, "open", path);
  }
  return UniqueFd(fd);
}

absl::Status SyncDirectory(const std::string& directory) {
  RTSTREAM_ASSIGN_OR_RETURN(const UniqueFd fd, OpenFile(directory, O_RDONLY | O_DIRECTORY));
  if (fsync(fd.get()) != 0) return ErrnoStatus(errno, "sync directory", directory);
  return absl::OkStatus();
}

absl::StatusOr<size_t> ReadAt(int fd, std::string_view path, char* out, size_t size,
                              uint64_t offset) {
  size_t done = 0;
  while (done < size) {
    const ssize_t n = pread(fd, out + done, size - done, static_cast<off_t>(offset + done));
    if (n == 0) break;
    if (n < 0) {
      if (errno == EINTR) continue;
      return ErrnoStatus(errno, "read", path);
    }
    done += static_cast<size_t>(n);
  }
  return done;
}

}  // namespace rtstream
