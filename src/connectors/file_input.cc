#include "file_input.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"

namespace rtstream {
namespace {

std::string BaseName(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

// The newest of `known` that may be read on and that a file which begins with `prefix` may be.
KnownFile* Match(const std::vector<KnownFile*>& known, std::string_view prefix) {
  KnownFile* best = nullptr;
  for (KnownFile* file : known) {
    const FilePosition& position = file->position;
    if (position.state == FilePosition::State::kRotated || !position.identity.Matches(prefix)) {
      continue;
    }
    if (best == nullptr || best->position.generation < position.generation) best = file;
  }
  return best;
}

}  // namespace

FileInput::FileInput(std::string path, bool follow, const LineOptions& options,
                     ReadBuffers& buffers, PartitionList& partitions)
    : path_(std::move(path)),
      label_(BaseName(path_)),
      follow_(follow),
      options_(&options),
      buffers_(&buffers),
      partitions_(&partitions) {}

absl::StatusOr<FileInput::Candidate> FileInput::OpenCandidate(const std::string& path) {
  Candidate file;
  RTSTREAM_ASSIGN_OR_RETURN(file.fd, OpenFile(path, O_RDONLY));
  RTSTREAM_ASSIGN_OR_RETURN(file.stat, StatRegularFile(file.fd.get(), path));
  file.prefix.resize(FileIdentity::kMaxPrefix);
  RTSTREAM_ASSIGN_OR_RETURN(
      const size_t n, ReadAt(file.fd.get(), path, file.prefix.data(), file.prefix.size(), 0));
  file.prefix.resize(n);
  return file;
}

absl::Status FileInput::Open(std::vector<KnownFile*> known) {
  known_ = std::move(known);
  for (KnownFile* file : known_) {
    file->is_wanted = true;
    if (file->position.generation < last_generation_) continue;
    last_generation_ = file->position.generation;
    const bool is_rotated = file->position.state == FilePosition::State::kRotated;
    rotated_ = is_rotated ? file->partition : std::string();
  }
  absl::Status status = OpenWhereCommitted();
  // A path that was read before may be between two files just now.
  if (absl::IsNotFound(status) && follow_ && !known_.empty()) return absl::OkStatus();
  return status;
}

absl::Status FileInput::OpenWhereCommitted() {
  // Of the time before the file was parked.
  for (KnownFile* file : known_) file->is_read = false;
  absl::StatusOr<Candidate> file = OpenCandidate(path_);
  KnownFile* match = file.ok() ? Match(known_, file->prefix) : nullptr;
  if (follow_ && (file.ok() || absl::IsNotFound(file.status()))) {
    auto newest = std::max_element(known_.begin(), known_.end(), [](auto* a, auto* b) {
      return a->position.generation < b->position.generation;
    });
    if (newest != known_.end() && *newest != match &&
        (*newest)->position.state != FilePosition::State::kRotated) {
      if (std::optional<Candidate> rotated = FindRotated((*newest)->position)) {
        is_last_look_ = true;
        return Begin(*std::move(rotated), *newest);
      }
    }
  }
  RTSTREAM_RETURN_IF_ERROR(file.status());
  return Begin(*std::move(file), match);
}

// The file of a committed position, where a rotation has put it: beside the path.
std::optional<FileInput::Candidate> FileInput::FindRotated(const FilePosition& position) const {
  std::vector<std::string> paths;
  std::error_code error;
  std::filesystem::directory_iterator entry(std::filesystem::path(path_).parent_path(), error), end;
  for (; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.size() > label_.size() && name.starts_with(label_)) {
      paths.push_back(entry->path().string());
    }
  }
  std::sort(paths.begin(), paths.end());
  for (const std::string& path : paths) {
    absl::StatusOr<Candidate> file = OpenCandidate(path);
    if (file.ok() && position.identity.Matches(file->prefix) &&
        file->stat.size >= static_cast<uint64_t>(position.offset)) {
      return *std::move(file);
    }
  }
  return std::nullopt;
}

absl::Status FileInput::Begin(Candidate file, KnownFile* known) {
  position_ = {};
  partition_name_.clear();
  if (known != nullptr) {
    if (file.stat.size < static_cast<uint64_t>(known->position.offset)) {
      return absl::FailedPreconditionError(Concat("file ", path_, " has ", file.stat.size,
                                                  " bytes, fewer than the ",
                                                  known->position.offset, " committed"));
    }
    position_ = known->position;
    partition_name_ = known->partition;
    known->is_read = true;
  } else {
    position_.generation = last_generation_ + 1;
  }
  fd_ = std::move(file.fd);
  stat_ = file.stat;
  prefix_ = std::move(file.prefix);
  partition_ = kNoPartition;
  is_at_end_ = false;
  reader_.emplace(*options_, *buffers_);
  reader_->Seek(position_.offset, position_.line);
  return absl::OkStatus();
}

void FileInput::Park() {
  reader_.reset();
  fd_ = UniqueFd();
}

absl::StatusOr<PollResult> FileInput::Poll(size_t max_rows, Batch<Bytes>& batch) {
  while (!is_done_) {
    if (!reader_) {
      absl::Status status;
      if (wants_next_file_) {
        absl::StatusOr<Candidate> file = OpenCandidate(path_);
        status = file.ok() ? Begin(*std::move(file), nullptr) : file.status();
      } else {
        status = OpenWhereCommitted();
      }
      if (absl::IsNotFound(status) && follow_) return PollResult::kIdle;
      RTSTREAM_RETURN_IF_ERROR(status);
    }
    absl::StatusOr<bool> has_batch = reader_->Next(max_rows, is_at_end_, batch);
    if (!has_batch.ok()) {
      return absl::Status(has_batch.status().code(),
                          Concat("file ", path_, ": ", MessageOf(has_batch.status())));
    }
    if (*has_batch) {
      Describe(batch);
      return PollResult::kBatch;
    }
    if (is_at_end_) {
      // A partition that was open in the last batch or commit is said to be finished.
      const bool was_open =
          !partition_name_.empty() && position_.state == FilePosition::State::kOpen;
      if (was_open) {
        batch.Begin(0, {}, reader_->offset(), reader_->line());
        Describe(batch);
        return PollResult::kBatch;
      }
      EndFile();
      continue;
    }
    RTSTREAM_ASSIGN_OR_RETURN(const size_t n, Read());
    if (n > 0) continue;
    RTSTREAM_ASSIGN_OR_RETURN(const bool goes_on, LooksAtEnd());
    if (!goes_on) return PollResult::kIdle;
  }
  return PollResult::kFinished;
}

absl::StatusOr<size_t> FileInput::Read() {
  const absl::Span<char> space = reader_->Space();
  const auto at = static_cast<uint64_t>(reader_->read_offset());
  RTSTREAM_ASSIGN_OR_RETURN(const size_t n,
                            ReadAt(fd_.get(), path_, space.data(), space.size(), at));
  if (n == 0) return n;
  // Has the system fetch what will be read some chunks later: only a hint, whatever comes of it.
  constexpr uint64_t kChunksAhead = 4;
  posix_fadvise(fd_.get(), static_cast<off_t>(at + kChunksAhead * space.size()),
                static_cast<off_t>(space.size()), POSIX_FADV_WILLNEED);
  if (prefix_.size() < FileIdentity::kMaxPrefix && at <= prefix_.size()) {
    // The identity grows with the file until it is full.
    const std::string_view read(space.data(), n);
    const size_t known = std::min(n, prefix_.size() - static_cast<size_t>(at));
    prefix_.append(read.substr(known, FileIdentity::kMaxPrefix - prefix_.size()));
  }
  RTSTREAM_ASSIGN_OR_RETURN(stat_, StatRegularFile(fd_.get(), path_));
  reader_->Fill(n);
  return n;
}

// Nothing was there to read: whether to go on all the same, because this is the end, or because the
// path has gone to another file and what was written to the old one meanwhile is to be read.
absl::StatusOr<bool> FileInput::LooksAtEnd() {
  RTSTREAM_ASSIGN_OR_RETURN(stat_, StatRegularFile(fd_.get(), path_));
  const auto read = static_cast<uint64_t>(reader_->read_offset());
  if (!follow_) {
    if (stat_.size < read) {
      return absl::FailedPreconditionError(Concat("file ", path_, " has ", stat_.size,
                                                  " bytes, fewer than the ", read, " read"));
    }
    return is_at_end_ = true;
  }
  if (is_last_look_ || stat_.size < read) return is_at_end_ = true;
  struct stat there;
  if (stat(path_.c_str(), &there) != 0) {
    if (errno == ENOENT) return false;  // between two files
    return ErrnoStatus(errno, "look at", path_);
  }
  return is_last_look_ = !stat_.IsSameFile({0, there.st_dev, there.st_ino});
}

// Says of a batch what the reader does not know, and remembers what was said.
void FileInput::Describe(Batch<Bytes>& batch) {
  if (!follow_ && !reader_->has_pending() &&
      static_cast<uint64_t>(reader_->offset()) >= stat_.size) {
    is_at_end_ = true;
  }
  if (position_.identity.prefix_size != prefix_.size()) {
    position_.identity = FileIdentity::Of(prefix_);
  }
  if (partition_ == kNoPartition) {
    const bool is_new = partition_name_.empty();
    partition_ = is_new
                     ? partitions_->AddNew(FilePartitionName(path_, position_.identity))
                     : partitions_->AddKnown(partition_name_);
    partition_name_ = partitions_->name(partition_);
    if (position_.generation > last_generation_) {
      last_generation_ = position_.generation;
      if (!rotated_.empty()) partitions_->Forget(std::exchange(rotated_, {}));
    }
  }
  const bool is_finished = is_at_end_ && !reader_->has_pending();
  partitions_->SetFinished(partition_, is_finished);
  batch.frame().partition = partition_;
  batch.frame().label = label_;
  batch.input_bytes = static_cast<uint64_t>(reader_->offset() - position_.offset);
  position_.offset = reader_->offset();
  position_.line = reader_->line();
  position_.state = !is_finished ? FilePosition::State::kOpen
                    : follow_    ? FilePosition::State::kRotated
                                 : FilePosition::State::kAtEnd;
  EncodeFilePosition(position_, batch.resume);
}

void FileInput::EndFile() {
  const bool is_last = !partition_name_.empty() && position_.generation == last_generation_;
  if (is_last && position_.state == FilePosition::State::kRotated) rotated_ = partition_name_;
  Park();
  is_last_look_ = false;
  wants_next_file_ = follow_;
  is_done_ = !follow_;
}

uint64_t FileInput::lag_bytes() const {
  const bool is_between_files = is_done_ || (wants_next_file_ && !reader_);
  const auto offset = static_cast<uint64_t>(position_.offset);
  return is_between_files || stat_.size < offset ? 0 : stat_.size - offset;
}

}  // namespace rtstream
