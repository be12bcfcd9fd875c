#include "standard_input.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/connectors/posix_file.h"

namespace rtstream {
namespace {

constexpr std::string_view kWhat = "standard input";

}  // namespace

StandardInput::StandardInput(std::string partition_name, const LineOptions& options,
                             ReadBuffers& buffers, PartitionList& partitions)
    : partition_name_(std::move(partition_name)),
      partitions_(&partitions),
      reader_(options, buffers) {}

absl::StatusOr<PollResult> StandardInput::Poll(size_t max_rows, Batch<Bytes>& batch) {
  for (;;) {
    absl::StatusOr<bool> has_batch = reader_.Next(max_rows, is_at_end_, batch);
    if (!has_batch.ok()) {
      return absl::Status(has_batch.status().code(),
                          Concat(kWhat, ": ", MessageOf(has_batch.status())));
    }
    if (*has_batch) {
      Describe(batch);
      return PollResult::kBatch;
    }
    if (is_at_end_) {
      if (!is_open_) return PollResult::kFinished;
      batch.Begin(0, {}, reader_.offset(), reader_.line());
      Describe(batch);
      return PollResult::kBatch;
    }
    RTSTREAM_ASSIGN_OR_RETURN(const PollResult read, Read());
    if (read == PollResult::kIdle) return read;
    is_at_end_ = read == PollResult::kFinished;
  }
}

absl::StatusOr<PollResult> StandardInput::Read() {
  pollfd ready{STDIN_FILENO, POLLIN, 0};
  if (poll(&ready, 1, 0) < 0 && errno != EINTR) return ErrnoStatus(errno, "poll", kWhat);
  if ((ready.revents & POLLNVAL) != 0) return ErrnoStatus(EBADF, "read", kWhat);
  if (ready.revents == 0) return PollResult::kIdle;
  const absl::Span<char> space = reader_.Space();
  const ssize_t n = read(STDIN_FILENO, space.data(), space.size());
  if (n < 0) {
    if (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK) return PollResult::kIdle;
    return ErrnoStatus(errno, "read", kWhat);
  }
  reader_.Fill(static_cast<size_t>(n));
  return n == 0 ? PollResult::kFinished : PollResult::kBatch;
}

void StandardInput::Describe(Batch<Bytes>& batch) {
  if (partition_ == kNoPartition) partition_ = partitions_->AddKnown(partition_name_);
  is_open_ = !is_at_end_ || reader_.has_pending();
  partitions_->SetFinished(partition_, !is_open_);
  batch.frame().partition = partition_;
  batch.frame().label = partition_name_;
  batch.input_bytes = static_cast<uint64_t>(reader_.offset() - told_offset_);
  told_offset_ = reader_.offset();
  FilePosition position;
  position.offset = reader_.offset();
  position.line = reader_.line();
  position.state = is_open_ ? FilePosition::State::kOpen : FilePosition::State::kAtEnd;
  EncodeFilePosition(position, batch.resume);
}

uint64_t StandardInput::lag_bytes() const {
  return static_cast<uint64_t>(reader_.read_offset() - told_offset_);
}

}  // namespace rtstream
