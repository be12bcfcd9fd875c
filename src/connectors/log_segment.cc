#include "log_segment.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "rtstream/base/hash.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/state/checkpoint.h"

namespace rtstream {

int LogIo::Write(int fd, const char* bytes, size_t size, uint64_t offset) {
  while (size > 0) {
    const ssize_t n = pwrite(fd, bytes, size, static_cast<off_t>(offset));
    if (n < 0) {
      if (errno == EINTR) continue;
      if (errno != EINVAL) return errno;
      // Some file systems open a file for direct writes and then refuse them.
      const int flags = fcntl(fd, F_GETFL);
      if (flags < 0 || (flags & O_DIRECT) == 0 || fcntl(fd, F_SETFL, flags & ~O_DIRECT) != 0) return EINVAL;
      continue;
    }
    if (n == 0) return ENOSPC;
    bytes += n;
    size -= static_cast<size_t>(n);
    offset += static_cast<uint64_t>(n);
  }
  return 0;
}

int LogIo::Sync(int fd) { return fdatasync(fd) == 0 ? 0 : errno; }

LogIo& LogIo::System() {
  static LogIo io;
  return io;
}

namespace internal {
namespace {

// Of a write: large enough for the disk's full rate.
constexpr uint64_t kBufferBytes = uint64_t{4} << 20;

}  // namespace

absl::Status WriteFailure(int error, std::string_view what, const std::string& path) {
  const absl::Status status = ErrnoStatus(error, what, path);
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
    return absl::ResourceExhaustedError(Concat("the disk is full: ", MessageOf(status)));
  }
  return absl::DataLossError(Concat(MessageOf(status)));
}

std::string LogSegment::PathOf(const std::string& dir, uint64_t number, bool is_moved) {
  return Concat(dir, is_moved ? "/moved-" : "/log-", OrderedHex(number));
}

absl::StatusOr<std::shared_ptr<LogSegment>> LogSegment::Open(const std::string& dir, uint64_t number,
                                                             bool is_moved) {
  std::string path = PathOf(dir, number, is_moved);
  RTSTREAM_ASSIGN_OR_RETURN(UniqueFd fd, OpenFile(path, O_RDONLY));
  RTSTREAM_RETURN_IF_ERROR(StatRegularFile(fd.get(), path).status());
  return std::make_shared<LogSegment>(number, std::move(path), is_moved, std::move(fd));
}

absl::StatusOr<uint64_t> LogSegment::Size() const {
  RTSTREAM_ASSIGN_OR_RETURN(const FileStat stat, StatRegularFile(fd_.get(), path_));
  return stat.size;
}

absl::Status LogSegment::ReadBytes(uint64_t offset, uint64_t size, std::string& out) const {
  out.resize(size);
  RTSTREAM_ASSIGN_OR_RETURN(const size_t n, ReadAt(fd_.get(), path_, out.data(), size, offset));
  out.resize(n);
  return absl::OkStatus();
}

absl::Status LogSegment::Read(const LogPlace& place, std::string& out) const {
  RTSTREAM_RETURN_IF_ERROR(ReadBytes(place.offset, place.size, out));
  if (out.size() == place.size && Checksum(out) == place.checksum) return absl::OkStatus();
  return absl::DataLossError(Concat(path_, " is damaged: the value of ", place.size, " bytes at ",
                                    place.offset, " does not fit its checksum"));
}

LogWriter::LogWriter(std::shared_ptr<LogSegment> segment, UniqueFd fd, uint64_t capacity, LogIo& io)
    : segment_(std::move(segment)),
      fd_(std::move(fd)),
      capacity_(capacity),
      io_(&io),
      buffer_(std::min(kBufferBytes, capacity)) {}

absl::StatusOr<std::unique_ptr<LogWriter>> LogWriter::Create(const std::string& dir, const LogName& name,
                                                             bool is_moved, uint64_t size, LogIo& io) {
  const std::string path = LogSegment::PathOf(dir, name.segment, is_moved);
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL;
  absl::StatusOr<UniqueFd> fd = OpenFile(path, kFlags | O_DIRECT);
  if (absl::IsInvalidArgument(fd.status())) {
    unlink(path.c_str());  // the file may have been made all the same
    fd = OpenFile(path, kFlags);
  }
  RTSTREAM_RETURN_IF_ERROR(fd.status());
  const uint64_t capacity = UpToBlock(size);
  // Where the file system cannot set space aside, a full disk is met by a write instead.
  if (fallocate(fd->get(), 0, 0, static_cast<off_t>(capacity)) != 0 && errno != EOPNOTSUPP &&
      errno != ENOSYS) {
    const int error = errno;
    unlink(path.c_str());
    return WriteFailure(error, Concat("set ", capacity, " bytes aside for"), path);
  }
  RTSTREAM_ASSIGN_OR_RETURN(std::shared_ptr<LogSegment> segment,
                            LogSegment::Open(dir, name.segment, is_moved));
  std::unique_ptr<LogWriter> writer(new LogWriter(std::move(segment), *std::move(fd), capacity, io));
  RTSTREAM_RETURN_IF_ERROR(writer->Append(EncodeSegmentHead(name)));
  RTSTREAM_RETURN_IF_ERROR(writer->Sync());
  RTSTREAM_RETURN_IF_ERROR(SyncDirectory(dir));
  return writer;
}

absl::Status LogWriter::Append(std::string_view bytes) {
  const uint64_t room = std::min(kBufferBytes, capacity_);
  while (!bytes.empty()) {
    const uint64_t n = std::min<uint64_t>(room - used_, bytes.size());
    std::memcpy(buffer_.data() + used_, bytes.data(), n);
    used_ += n;
    bytes.remove_prefix(n);
    if (used_ == room) RTSTREAM_RETURN_IF_ERROR(Flush());
  }
  return absl::OkStatus();
}

absl::Status LogWriter::Flush() {
  if (used_ == 0) return absl::OkStatus();
  if (const int error = io_->Write(fd_.get(), buffer_.data(), used_, written_); error != 0) {
    return WriteFailure(error, Concat("write ", used_, " bytes to"), segment_->path());
  }
  written_ += used_;
  used_ = 0;
  return absl::OkStatus();
}

absl::Status LogWriter::Sync() {
  const uint64_t whole = UpToBlock(used_);
  std::memset(buffer_.data() + used_, 0, whole - used_);
  used_ = whole;
  RTSTREAM_RETURN_IF_ERROR(Flush());
  if (const int error = io_->Sync(fd_.get()); error != 0) {
    return WriteFailure(error, "sync", segment_->path());
  }
  return absl::OkStatus();
}

absl::Status LogWriter::Trim() {
  if (end() >= capacity_) return absl::OkStatus();
  if (ftruncate(fd_.get(), static_cast<off_t>(end())) != 0) return ErrnoStatus(errno, "cut", segment_->path());
  return absl::OkStatus();
}

}  // namespace internal
}  // namespace rtstream
