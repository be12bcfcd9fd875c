#include "rtstream/connectors/file_source.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "file_input.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "standard_input.h"

namespace rtstream {
namespace {

constexpr std::string_view kStandardInput = "-";
// Offsets in a buffer are 32 bits wide.
constexpr size_t kMostBytes = 1 << 30;

absl::Status CheckOptions(const FileSourceOptions& options) {
  if (options.paths.empty()) return absl::InvalidArgumentError("a file source without paths");
  if (options.max_record == 0 || options.max_record > kMostBytes) {
    return absl::InvalidArgumentError(
        Concat("max_record ", options.max_record, ", want 1 to ", kMostBytes));
  }
  if (options.chunk_bytes == 0 || options.chunk_bytes > kMostBytes) {
    return absl::InvalidArgumentError(
        Concat("chunk_bytes ", options.chunk_bytes, ", want 1 to ", kMostBytes));
  }
  if (options.header.size() > options.max_record) {
    return absl::InvalidArgumentError(Concat("a header of ", options.header.size(),
                                             " bytes is longer than max_record ",
                                             options.max_record));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> AbsolutePath(const std::string& path) {
  if (path.empty()) return absl::InvalidArgumentError("an empty path, want a file's");
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  if (error) return ErrnoStatus(error.value(), "find", path);
  // Behind a symbolic link, ".." is not what the text says. Otherwise links stay: what a followed name
  // leads to may be exchanged.
  if (std::find(absolute.begin(), absolute.end(), "..") == absolute.end()) {
    return absolute.lexically_normal().string();
  }
  const std::filesystem::path folder =
      std::filesystem::weakly_canonical(absolute.parent_path(), error);
  return error ? absolute.string() : (folder / absolute.filename()).string();
}

// What earlier processes called their standard inputs: "-", "-#2", ...
bool IsStandardInput(std::string_view partition) {
  return partition == kStandardInput || partition.substr(0, 2) == "-#";
}

}  // namespace

struct [[gnu::visibility("hidden")]] FileSource::Impl {
  explicit Impl(FileSourceOptions o)
      : options(std::move(o)),
        lines{options.header, options.quoted_newlines, options.max_record, options.chunk_bytes},
        buffers(lines.buffer_bytes()) {}

  absl::Status ReadCommitted(absl::Span<const CommittedPosition> committed);
  void ForgetRotated();
  absl::Status OpenPath(const std::string& path);
  void OpenStandardInput();
  void FinishAbsent(Batch<Bytes>& batch);
  void CountLag();

  FileSourceOptions options;
  LineOptions lines;
  ReadBuffers buffers;
  PartitionList partitions;
  std::vector<KnownFile> known;
  std::vector<KnownFile*> absent;  // committed open, and not read in this run
  std::vector<SourceInput*> inputs;
  std::vector<std::unique_ptr<FileInput>> files;
  std::unique_ptr<StandardInput> standard_input;
  size_t turn = 0;
  std::atomic<uint64_t> lag{0};
};

absl::Status FileSource::Impl::ReadCommitted(absl::Span<const CommittedPosition> committed) {
  known.clear();
  partitions = {};
  for (const CommittedPosition& c : committed) {
    absl::StatusOr<FilePosition> position = DecodeFilePosition(c.resume);
    KnownFile file;
    file.partition = c.partition;
    if (!position.ok()) {
      return absl::Status(position.status().code(),
                          Concat("partition ", c.partition, ": ", MessageOf(position.status())));
    }
    if (!IsStandardInput(c.partition) && PathOfPartition(c.partition).empty()) {
      return absl::FailedPreconditionError(
          Concat("committed partition '", c.partition, "' is no file's"));
    }
    file.position = *position;
    file.was_open = position->state == FilePosition::State::kOpen;
    known.push_back(std::move(file));
    partitions.Reserve(c.partition);
  }
  for (KnownFile& file : known) file.path = PathOfPartition(file.partition);
  ForgetRotated();
  return absl::OkStatus();
}

// A rotated file is never gone on with: if it comes back to its path it is read as a new one, whether or
// not it is known. Only the newest of a path tells something: that there is no older one to look for, and
// where generations go on from.
void FileSource::Impl::ForgetRotated() {
  std::map<std::string_view, uint64_t> newest;
  for (const KnownFile& file : known) {
    uint64_t& generation = newest[file.path];
    generation = std::max(generation, file.position.generation);
  }
  for (const KnownFile& file : known) {
    const FilePosition& position = file.position;
    if (position.state != FilePosition::State::kRotated) continue;
    if (position.generation < newest[file.path]) partitions.Forget(file.partition);
  }
}

absl::Status FileSource::Impl::OpenPath(const std::string& path) {
  std::vector<KnownFile*> of_path;
  for (KnownFile& file : known) {
    if (file.path == path) of_path.push_back(&file);
  }
  files.push_back(
      std::make_unique<FileInput>(path, options.follow, lines, buffers, partitions));
  inputs.push_back(files.back().get());
  return files.back()->Open(std::move(of_path));
}

void FileSource::Impl::OpenStandardInput() {
  if (standard_input == nullptr) {
    const auto streams = std::count_if(known.begin(), known.end(), [](const KnownFile& file) {
      return IsStandardInput(file.partition);
    });
    standard_input = std::make_unique<StandardInput>(
        streams == 0 ? std::string(kStandardInput) : Concat(kStandardInput, "#", streams + 1),
        lines, buffers, partitions);
  }
  bool is_open = false;
  for (KnownFile& file : known) {
    if (file.partition != standard_input->partition_name()) continue;
    file.is_read = true;
    is_open = file.position.state == FilePosition::State::kOpen;
  }
  standard_input->Reopen(is_open);
  inputs.push_back(standard_input.get());
}

// Says of a partition that this run does not read that it holds no watermark back.
void FileSource::Impl::FinishAbsent(Batch<Bytes>& batch) {
  KnownFile& file = *absent.back();
  absent.pop_back();
  const uint32_t index = partitions.AddKnown(file.partition);
  partitions.SetFinished(index, true);
  batch.Begin(index, {}, file.position.offset, file.position.line);
  file.position.state = FilePosition::State::kAtEnd;
  EncodeFilePosition(file.position, batch.resume);
}

void FileSource::Impl::CountLag() {
  uint64_t sum = 0;
  for (const SourceInput* input : inputs) sum += input->lag_bytes();
  lag.store(sum, std::memory_order_relaxed);
}

FileSource::FileSource(FileSourceOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}
FileSource::~FileSource() = default;

absl::Status FileSource::Open(absl::Span<const CommittedPosition> committed) {
  Impl& impl = *impl_;
  RTSTREAM_RETURN_IF_ERROR(CheckOptions(impl.options));
  impl.inputs.clear();
  impl.files.clear();
  impl.absent.clear();
  impl.turn = 0;
  RTSTREAM_RETURN_IF_ERROR(impl.ReadCommitted(committed));
  std::set<std::string> seen;
  for (const std::string& given : impl.options.paths) {
    std::string path = given;
    if (given != kStandardInput) {
      RTSTREAM_ASSIGN_OR_RETURN(path, AbsolutePath(given));
    }
    if (!seen.insert(path).second) {
      return absl::InvalidArgumentError(Concat("input ", path, " is given twice"));
    }
    if (path == kStandardInput) {
      impl.OpenStandardInput();
    } else {
      RTSTREAM_RETURN_IF_ERROR(impl.OpenPath(path));
      // Read in turn: many files need not be open at once.
      if (!impl.options.follow) impl.files.back()->Park();
    }
  }
  for (KnownFile& file : impl.known) {
    if (!file.is_read && file.position.state == FilePosition::State::kOpen) {
      impl.absent.push_back(&file);
    }
  }
  impl.CountLag();
  return absl::OkStatus();
}

absl::StatusOr<PollResult> FileSource::Poll(size_t max_rows, Batch<Bytes>& batch) {
  Impl& impl = *impl_;
  batch.Clear();
  if (!impl.absent.empty()) {
    impl.FinishAbsent(batch);
    return PollResult::kBatch;
  }
  bool is_idle = false;
  for (size_t tried = 0; tried < impl.inputs.size(); ++tried) {
    RTSTREAM_ASSIGN_OR_RETURN(
        const PollResult result,
        impl.inputs[impl.turn]->Poll(std::clamp<size_t>(max_rows, 1, Frame::kMaxRows), batch));
    if (result == PollResult::kBatch || (result == PollResult::kIdle && !impl.options.follow)) {
      impl.CountLag();
      return result;
    }
    is_idle |= result == PollResult::kIdle;
    impl.turn = (impl.turn + 1) % impl.inputs.size();
  }
  impl.CountLag();
  return is_idle ? PollResult::kIdle : PollResult::kFinished;
}

std::string FileSource::PartitionName(uint32_t index) const {
  return impl_->partitions.name(index);
}

std::vector<std::string> FileSource::TakeForgotten() { return impl_->partitions.TakeForgotten(); }

bool FileSource::IsFinished(uint32_t index) const { return impl_->partitions.is_finished(index); }

absl::StatusOr<FilePartition> DescribeFilePartition(const CommittedPosition& position) {
  RTSTREAM_ASSIGN_OR_RETURN(const FilePosition file, DecodeFilePosition(position.resume));
  return FilePartition{std::string(PathOfPartition(position.partition)), file.generation};
}

std::vector<UnreadRest> FileSource::unread_rests() const {
  std::vector<UnreadRest> rests;
  for (const KnownFile& file : impl_->known) {
    if (!file.was_open || !file.is_wanted || file.is_read) continue;
    rests.push_back({std::string(file.path), file.position.offset});
  }
  return rests;
}

uint64_t FileSource::lag_bytes() const { return impl_->lag.load(std::memory_order_relaxed); }

}  // namespace rtstream
