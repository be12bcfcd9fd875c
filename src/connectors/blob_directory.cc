#include "rtstream/connectors/blob_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/connectors/posix_file.h"

namespace rtstream {
namespace {

class FileWriter final : public BlobWriter {
 public:
  FileWriter(UniqueFd fd, std::string path, std::string directory)
      : fd_(std::move(fd)), path_(std::move(path)), directory_(std::move(directory)) {}

  absl::Status Append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t n = write(fd_.get(), bytes.data(), std::min(bytes.size(), kWriteAhead));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return ErrnoStatus(errno, "write", path_);
      bytes.remove_prefix(static_cast<size_t>(n));
      written_ += static_cast<uint64_t>(n);
      // Little at a time goes to the disk: a gigabyte at once would keep reads waiting.
      if (written_ - begun_ < kWriteAhead) continue;
      RTSTREAM_RETURN_IF_ERROR(WriteBack(done_, begun_, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                                                            SYNC_FILE_RANGE_WAIT_AFTER));
      done_ = begun_;
      RTSTREAM_RETURN_IF_ERROR(WriteBack(begun_, written_, SYNC_FILE_RANGE_WRITE));
      begun_ = written_;
    }
    return absl::OkStatus();
  }
  absl::Status Finish() override {
    if (fdatasync(fd_.get()) != 0) return ErrnoStatus(errno, "sync", path_);
    return SyncDirectory(directory_);
  }

 private:
  static constexpr size_t kWriteAhead = size_t{4} << 20;

  // The kernel tells of a write that failed once: here, and Finish() would not hear of it.
  absl::Status WriteBack(uint64_t begin, uint64_t end, unsigned how) {
    if (sync_file_range(fd_.get(), static_cast<off_t>(begin), static_cast<off_t>(end - begin), how) == 0) {
      return absl::OkStatus();
    }
    // Not every file system can.
    if (errno == ENOSYS || errno == EINVAL || errno == ESPIPE) return absl::OkStatus();
    return ErrnoStatus(errno, "write back", path_);
  }

  UniqueFd fd_;
  std::string path_, directory_;
  uint64_t written_ = 0, begun_ = 0, done_ = 0;
};

class FileReader final : public BlobReader {
 public:
  FileReader(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  absl::Status Read(uint64_t offset, size_t size, char* out) const override {
    RTSTREAM_ASSIGN_OR_RETURN(const size_t n, ReadAt(fd_.get(), path_, out, size, offset));
    if (n == size) return absl::OkStatus();
    return absl::DataLossError(Concat("want ", size, " bytes at ", offset, " of ", path_, ", got ", n));
  }
  bool TryRead(uint64_t offset, size_t size, char* out) const override {
    const iovec to{out, size};
    return preadv2(fd_.get(), &to, 1, static_cast<off_t>(offset), RWF_NOWAIT) == static_cast<ssize_t>(size);
  }
  void WillNeed(uint64_t offset, size_t size) const override {
    posix_fadvise(fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(size), POSIX_FADV_WILLNEED);
  }

 private:
  UniqueFd fd_;
  std::string path_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<BlobDirectory>> BlobDirectory::Make(std::string path) {
  if (mkdir(path.c_str(), 0700) == 0) {
    RTSTREAM_RETURN_IF_ERROR(SyncDirectory(Concat(path, "/..")));
  } else if (errno != EEXIST) {
    return ErrnoStatus(errno, "make directory", path);
  }
  RTSTREAM_RETURN_IF_ERROR(SyncDirectory(path));
  return std::unique_ptr<BlobDirectory>(new BlobDirectory(std::move(path)));
}

absl::StatusOr<std::unique_ptr<BlobWriter>> BlobDirectory::Create(const std::string& name) {
  std::string path = PathOf(name);
  RTSTREAM_ASSIGN_OR_RETURN(UniqueFd fd,
                            OpenFile(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW));
  return std::unique_ptr<BlobWriter>(new FileWriter(std::move(fd), std::move(path), path_));
}

absl::StatusOr<std::unique_ptr<BlobReader>> BlobDirectory::Open(const std::string& name) {
  std::string path = PathOf(name);
  RTSTREAM_ASSIGN_OR_RETURN(UniqueFd fd, OpenFile(path, O_RDONLY | O_NOFOLLOW));
  // Blocks are read at random.
  posix_fadvise(fd.get(), 0, 0, POSIX_FADV_RANDOM);
  return std::unique_ptr<BlobReader>(new FileReader(std::move(fd), std::move(path)));
}

absl::Status BlobDirectory::Remove(const std::string& name) {
  const std::string path = PathOf(name);
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return ErrnoStatus(errno, "remove", path);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> BlobDirectory::List() {
  DIR* const directory = opendir(path_.c_str());
  if (directory == nullptr) return ErrnoStatus(errno, "read directory", path_);
  std::vector<std::string> names;
  while (const dirent* const entry = readdir(directory)) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  closedir(directory);
  return names;
}

}  // namespace rtstream
