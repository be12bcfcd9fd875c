#include "rtstream/connectors/staged_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <memory>
#include <utility>

#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/state/byte_io.h"

namespace rtstream {
namespace {

constexpr uint8_t kFormat = 1;

struct Mark {
  uint64_t length = 0;
  uint64_t begin = 0;     // of the last step that added bytes
  uint64_t checksum = 0;  // of [begin, length)
};

std::string Encode(const Mark& mark) {
  ByteWriter writer;
  writer.U8(kFormat);
  writer.Varint(mark.length);
  writer.Varint(mark.begin);
  writer.U64(mark.checksum);
  return std::move(writer).Take();
}

absl::StatusOr<Mark> Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  const uint8_t format = reader.U8();
  Mark mark{reader.Varint(), reader.Varint(), reader.U64()};
  if (!reader.ok() || !reader.done() || format != kFormat || mark.begin > mark.length) {
    return absl::DataLossError(Concat("a file's mark of ", bytes.size(), " bytes in format ", format,
                                      " cannot be read, want format ", kFormat));
  }
  return mark;
}

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

absl::StatusOr<uint64_t> ChecksumOf(int fd, const std::string& path, uint64_t begin, uint64_t end) {
  constexpr uint64_t kPiece = 1 << 20;
  const auto piece = std::make_unique<char[]>(kPiece);
  RollingChecksum checksum;
  while (begin < end) {
    const auto want = static_cast<size_t>(std::min(kPiece, end - begin));
    RTSTREAM_ASSIGN_OR_RETURN(const size_t n, ReadAt(fd, path, piece.get(), want, begin));
    if (n == 0) return absl::DataLossError(Concat(path, " became shorter while it was read"));
    checksum.Add({piece.get(), n});
    begin += n;
  }
  return checksum.value();
}

}  // namespace

StagedFile::StagedFile(std::string path) : path_(std::move(path)) {}

absl::Status StagedFile::Open(const std::optional<std::string>& committed) {
  fd_ = UniqueFd();
  buffer_.clear();
  checksum_.Reset();
  cut_bytes_ = 0;
  {
    const std::lock_guard lock(mutex_);
    pieces_.clear();
  }
  write_status_ = absl::OkStatus();
  return committed ? OpenAt(*committed) : OpenNew();
}

absl::Status StagedFile::OpenNew() {
  absl::StatusOr<UniqueFd> opened = OpenFile(path_, O_RDWR | O_CREAT);
  if (absl::IsNotFound(opened.status())) {
    return absl::NotFoundError(Concat("the directory of output file ", path_, " does not exist"));
  }
  RTSTREAM_RETURN_IF_ERROR(opened.status());
  UniqueFd fd = *std::move(opened);
  RTSTREAM_ASSIGN_OR_RETURN(const FileStat stat, StatRegularFile(fd.get(), path_));
  if (stat.size > 0) {
    return absl::FailedPreconditionError(Concat("output file ", path_, " has ", stat.size,
                                                " bytes of another run, want a new file"));
  }
  RTSTREAM_RETURN_IF_ERROR(SyncDirectory(DirectoryOf(path_)));
  fd_ = std::move(fd);
  opened_at_ = length_ = begin_ = written_ = synced_ = 0;
  mark_ = Encode({});
  return absl::OkStatus();
}

absl::Status StagedFile::OpenAt(std::string_view committed) {
  absl::StatusOr<Mark> mark = Decode(committed);
  if (!mark.ok()) {
    return absl::DataLossError(Concat("output file ", path_, ": ", MessageOf(mark.status())));
  }
  absl::StatusOr<UniqueFd> fd = OpenFile(path_, O_RDWR);
  if (absl::IsNotFound(fd.status())) {
    return absl::DataLossError(
        Concat("output file ", path_, " is gone, ", mark->length, " bytes were committed"));
  }
  RTSTREAM_RETURN_IF_ERROR(fd.status());
  RTSTREAM_ASSIGN_OR_RETURN(const FileStat stat, StatRegularFile(fd->get(), path_));
  if (stat.size < mark->length) {
    return absl::DataLossError(Concat("output file ", path_, " has ", stat.size,
                                      " bytes, fewer than the ", mark->length, " committed"));
  }
  RTSTREAM_ASSIGN_OR_RETURN(const uint64_t checksum,
                            ChecksumOf(fd->get(), path_, mark->begin, mark->length));
  if (mark->begin < mark->length && checksum != mark->checksum) {
    return absl::DataLossError(Concat("output file ", path_, " differs from what was committed in bytes ",
                                      mark->begin, " to ", mark->length));
  }
  if (stat.size > mark->length && ftruncate(fd->get(), static_cast<off_t>(mark->length)) != 0) {
    return ErrnoStatus(errno, "cut", path_);
  }
  cut_bytes_ = stat.size - mark->length;
  fd_ = *std::move(fd);
  opened_at_ = length_ = begin_ = written_ = synced_ = mark->length;
  mark_.assign(committed);
  return absl::OkStatus();
}

void StagedFile::SetAside() {
  checksum_.Add(buffer_);
  length_ += buffer_.size();
  {
    const std::lock_guard lock(mutex_);
    pieces_.push_back(std::exchange(buffer_, {}));
    if (!free_.empty()) {
      buffer_ = std::move(free_.back());
      free_.pop_back();
    }
  }
  buffer_.reserve(kPieceRoom);
}

absl::StatusOr<std::string> StagedFile::Cut() {
  if (fd_.get() < 0) return absl::FailedPreconditionError(Concat(path_, " is not open"));
  if (!buffer_.empty()) SetAside();
  // Nothing was added: the last mark still says everything, and its bytes are checked at the next
  // Open().
  if (length_ == begin_) return mark_;
  mark_ = Encode({length_, begin_, checksum_.value()});
  begin_ = length_;
  checksum_.Reset();
  return mark_;
}

absl::Status StagedFile::Write(std::string_view piece) {
  while (!piece.empty()) {
    const ssize_t n =
        pwrite(fd_.get(), piece.data(), piece.size(), static_cast<off_t>(written_));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      return ErrnoStatus(n == 0 ? ENOSPC : errno, Concat("write ", piece.size(), " bytes to"), path_);
    }
    piece.remove_prefix(static_cast<size_t>(n));
    written_ += static_cast<uint64_t>(n);
  }
  return absl::OkStatus();
}

absl::Status StagedFile::WritePieces() {
  RTSTREAM_RETURN_IF_ERROR(write_status_);
  std::vector<std::string> pieces;
  {
    const std::lock_guard lock(mutex_);
    pieces.swap(pieces_);
  }
  for (const std::string& piece : pieces) {
    if (write_status_.ok()) write_status_ = Write(piece);
  }
  const std::lock_guard lock(mutex_);
  for (std::string& piece : pieces) {
    if (free_.size() == kMaxFree) break;
    if (piece.capacity() > 2 * kPieceRoom) continue;
    piece.clear();
    free_.push_back(std::move(piece));
  }
  return write_status_;
}

void StagedFile::WriteAhead() {
  const uint64_t before = written_;
  if (!WritePieces().ok() || written_ == before) return;
  // Only a hint: Sync() waits for the disk, whatever came of it.
  sync_file_range(fd_.get(), static_cast<off_t>(before), static_cast<off_t>(written_ - before),
                  SYNC_FILE_RANGE_WRITE);
}

absl::Status StagedFile::Sync() {
  RTSTREAM_RETURN_IF_ERROR(WritePieces());
  if (written_ == synced_) return absl::OkStatus();
  if (fdatasync(fd_.get()) != 0) {
    write_status_ = ErrnoStatus(errno, "sync", path_);
    return write_status_;
  }
  synced_ = written_;
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> StagedFile::CommittedLength(std::string_view mark) {
  RTSTREAM_ASSIGN_OR_RETURN(const Mark decoded, Decode(mark));
  return decoded.length;
}

}  // namespace rtstream
