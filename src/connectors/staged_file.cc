#include "rtstream/connectors/staged_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/state/byte_io.h"

namespace rtstream {
namespace {

constexpr uint8_t kMarkFormat = 1;

struct Mark {
  uint64_t length = 0;
  uint64_t begin = 0;     // of the last step that added bytes
  uint64_t checksum = 0;  // of [begin, length)
};

std::string Encode(const Mark& mark) {
  ByteWriter writer;
  writer.U8(kMarkFormat);
  writer.Varint(mark.length);
  writer.Varint(mark.begin);
  writer.U64(mark.checksum);
  return std::move(writer).Take();
}

absl::StatusOr<Mark> Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  const uint8_t format = reader.U8();
  Mark mark{reader.Varint(), reader.Varint(), reader.U64()};
  if (!reader.ok() || !reader.done() || format != kMarkFormat || mark.begin > mark.length) {
    return absl::DataLossError(Concat("a file's mark of ", bytes.size(), " bytes in format ", format,
                                      " cannot be read, want format ", kMarkFormat));
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
  direct_ = UniqueFd();
  buffer_.Clear();
  carried_ = 0;
  cut_bytes_ = 0;
  {
    const std::lock_guard lock(mutex_);
    pieces_.clear();
    hashed_ = 0;
    checksum_.Reset();
  }
  write_status_ = absl::OkStatus();
  RTSTREAM_RETURN_IF_ERROR(committed ? OpenAt(*committed) : OpenNew());
  // The block that the file ends in is written again with what follows.
  tail_at_ = length_ / kBlock * kBlock;
  synced_ = length_;
  tail_.resize(length_ - tail_at_);
  RTSTREAM_RETURN_IF_ERROR(ReadAt(fd_.get(), path_, tail_.data(), tail_.size(), tail_at_).status());
  buffer_.Append(tail_);
  carried_ = tail_.size();
  if (absl::StatusOr<UniqueFd> direct = OpenFile(path_, O_WRONLY | O_DIRECT); direct.ok()) {
    direct_ = *std::move(direct);
  }
  return absl::OkStatus();
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
  opened_at_ = length_ = begin_ = 0;
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
  opened_at_ = length_ = begin_ = mark->length;
  mark_.assign(committed);
  return absl::OkStatus();
}

void StagedFile::SetAside() {
  Piece piece{std::move(buffer_), carried_, length_ - carried_};
  length_ += piece.bytes.size() - carried_;
  carried_ = piece.bytes.size() % kBlock;
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      buffer_ = std::move(free_.back());
      free_.pop_back();
    }
  }
  // A full piece is followed by others: they need not grow.
  if (piece.bytes.size() >= kPieceBytes) buffer_.Room(kPieceRoom);
  buffer_.Append(piece.bytes.view().substr(piece.bytes.size() - carried_));
  const std::lock_guard lock(mutex_);
  pieces_.push_back(std::move(piece));
}

absl::StatusOr<std::string> StagedFile::Cut() {
  if (fd_.get() < 0) return absl::FailedPreconditionError(Concat(path_, " is not open"));
  if (buffer_.size() > carried_) SetAside();
  // Nothing was added: the last mark still says everything, and its bytes are checked at the next
  // Open().
  if (length_ == begin_) return mark_;
  const std::lock_guard lock(mutex_);
  HashPieces();
  mark_ = Encode({length_, begin_, checksum_.value()});
  begin_ = length_;
  checksum_.Reset();
  return mark_;
}

void StagedFile::HashPieces() {
  for (; hashed_ < pieces_.size(); ++hashed_) {
    checksum_.Add(pieces_[hashed_].bytes.view().substr(pieces_[hashed_].carried));
  }
}

absl::Status StagedFile::Write(int fd, std::string_view bytes, uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t n = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      return ErrnoStatus(n == 0 ? ENOSPC : errno, Concat("write ", bytes.size(), " bytes to"), path_);
    }
    bytes.remove_prefix(static_cast<size_t>(n));
    offset += static_cast<uint64_t>(n);
  }
  return absl::OkStatus();
}

// Writes the whole blocks that are there, and keeps the rest.
absl::Status StagedFile::WriteBlocks(const Piece& piece) {
  // A small write waits less for the cache than for the disk.
  constexpr size_t kLeastDirect = 128 << 10;
  const std::string_view bytes = piece.bytes.view();
  const std::string_view blocks = bytes.substr(0, bytes.size() / kBlock * kBlock);
  absl::Status status = absl::InvalidArgumentError("not direct");
  if (direct_.get() >= 0 && blocks.size() >= kLeastDirect) {
    status = Write(direct_.get(), blocks, piece.offset);
    // Some file systems open a file for direct writes and then refuse them, and a write that the system
    // took in parts need not go on at a block.
    if (absl::IsInvalidArgument(status)) direct_ = UniqueFd();
  }
  if (absl::IsInvalidArgument(status)) status = Write(fd_.get(), blocks, piece.offset);
  tail_.assign(bytes.substr(blocks.size()));
  tail_at_ = piece.offset + blocks.size();
  return status;
}

absl::Status StagedFile::WritePieces() {
  RTSTREAM_RETURN_IF_ERROR(write_status_);
  std::vector<Piece> pieces;
  for (bool has_more = true; has_more;) {
    // A piece at a time, so that the lane never waits for more than one.
    const std::lock_guard lock(mutex_);
    has_more = hashed_ < pieces_.size();
    if (has_more) {
      checksum_.Add(pieces_[hashed_].bytes.view().substr(pieces_[hashed_].carried));
      ++hashed_;
    } else {
      pieces.swap(pieces_);
      hashed_ = 0;
    }
  }
  for (Piece& piece : pieces) {
    if (write_status_.ok()) write_status_ = WriteBlocks(piece);
    if (piece.bytes.capacity() > kPieceRoom) continue;
    piece.bytes.Clear();
    const std::lock_guard lock(mutex_);
    if (free_.size() < kMaxFree) free_.push_back(std::move(piece.bytes));
  }
  return write_status_;
}

void StagedFile::WriteAhead() { WritePieces().IgnoreError(); }

absl::Status StagedFile::Sync() {
  RTSTREAM_RETURN_IF_ERROR(WritePieces());
  const uint64_t end = tail_at_ + tail_.size();
  if (end == synced_) return absl::OkStatus();
  write_status_ = Write(fd_.get(), tail_, tail_at_);
  RTSTREAM_RETURN_IF_ERROR(write_status_);
  if (fdatasync(fd_.get()) != 0) {
    write_status_ = ErrnoStatus(errno, "sync", path_);
    return write_status_;
  }
  synced_ = end;
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> StagedFile::CommittedLength(std::string_view mark) {
  RTSTREAM_ASSIGN_OR_RETURN(const Mark decoded, Decode(mark));
  return decoded.length;
}

}  // namespace rtstream
