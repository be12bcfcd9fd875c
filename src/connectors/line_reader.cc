#include "line_reader.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "rtstream/base/line_ends.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/core/dead_letter.h"

namespace rtstream {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

uint32_t Saturated(uint64_t size) {
  return static_cast<uint32_t>(std::min<uint64_t>(size, std::numeric_limits<uint32_t>::max()));
}

// A header as messages show it: not longer than a line on a screen.
std::string Shown(std::string_view line) {
  constexpr size_t kMost = 100;
  const std::string_view head = line.substr(0, kMost);
  return Concat("'", absl::CHexEscape({head.data(), head.size()}),
                line.size() > kMost ? "'..." : "'");
}

absl::Status CheckHeader(std::string_view line, std::string_view want) {
  if (line.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    line.remove_prefix(kByteOrderMark.size());
  }
  if (line == want) return absl::OkStatus();
  return absl::FailedPreconditionError(
      Concat("want the header ", Shown(want), " as the first line, got ", Shown(line)));
}

}  // namespace

std::shared_ptr<char[]> ReadBuffers::Take() {
  for (const std::shared_ptr<char[]>& buffer : all_) {
    if (buffer.use_count() == 1) return buffer;
  }
  all_.emplace_back(new char[size_ + Frame::kPadding]());
  return all_.back();
}

size_t LineReader::kept_bytes() const {
  return std::min(options_->max_record, DeadLetter::kMaxBytes);
}

// Whether a batch holds the buffer, besides the list of all buffers and this reader.
bool LineReader::IsShared() const { return buffer_.use_count() > 2; }

void LineReader::BeginLine(size_t at) {
  begin_ = scan_ = at;
  is_in_quotes_ = false;
  inner_lines_ = 0;
}

void LineReader::Seek(int64_t offset, int64_t line) {
  buffer_.reset();
  end_ = 0;
  found_ends_ = next_end_ = 0;
  BeginLine(0);
  offset_ = offset;
  line_ = line;
  is_oversize_ = false;
  dropped_ = 0;
}

absl::Span<char> LineReader::Space() {
  if (buffer_ == nullptr) buffer_ = buffers_->Take();
  if (begin_ > 0) {
    // The unfinished line moves to the front; bytes that a batch looks at stay where they are.
    std::shared_ptr<char[]> to = IsShared() ? buffers_->Take() : buffer_;
    std::memmove(to.get(), buffer_.get() + begin_, end_ - begin_);
    buffer_ = std::move(to);
    scan_ -= begin_;
    end_ -= begin_;
    begin_ = 0;
  }
  return {buffer_.get() + end_, options_->chunk_bytes};
}

void LineReader::Fill(size_t n) { end_ += n; }

// Where the LF is that ends the line at hand; kNone: it was not read yet.
size_t LineReader::FindEnd() {
  if (options_->quoted_newlines) return FindEndOutsideQuotes();
  while (next_end_ == found_ends_) {
    constexpr size_t kMost = size_t{1} << 30;
    const size_t size = std::min(end_ - scan_, kMost);
    if (size == 0) return kNone;
    ends_begin_ = scan_;
    next_end_ = 0;
    found_ends_ = FindLineEnds({buffer_.get() + scan_, size}, ends_.data(), ends_.size());
    if (found_ends_ == 0) scan_ += size;
  }
  const size_t lf = ends_begin_ + ends_[next_end_++];
  scan_ = lf + 1;
  return lf;
}

// The same where an LF inside quotes ends no line.
size_t LineReader::FindEndOutsideQuotes() {
  const char* data = buffer_.get();
  while (scan_ < end_) {
    const auto* lf = static_cast<const char*>(std::memchr(data + scan_, '\n', end_ - scan_));
    const char* stop = lf == nullptr ? data + end_ : lf;
    for (const char* at = data + scan_; at < stop; ++at) {
      at = static_cast<const char*>(std::memchr(at, '"', static_cast<size_t>(stop - at)));
      if (at == nullptr) break;
      is_in_quotes_ = !is_in_quotes_;  // a doubled quote turns twice: no change
    }
    if (lf == nullptr) {
      scan_ = end_;
      return kNone;
    }
    scan_ = static_cast<size_t>(lf - data) + 1;
    if (!is_in_quotes_) return scan_ - 1;
    ++inner_lines_;
  }
  return kNone;
}

absl::StatusOr<bool> LineReader::TakeHeader(bool is_end) {
  const size_t lf = FindEnd();
  const size_t most = std::max(options_->max_record, options_->header.size());
  if (lf == kNone && (!is_end || end_ == begin_) && end_ - begin_ <= most) return false;
  size_t end = lf == kNone ? end_ : lf;
  if (end > begin_ && buffer_[static_cast<std::ptrdiff_t>(end - 1)] == '\r') --end;
  absl::Status status =
      CheckHeader({buffer_.get() + begin_, end - begin_}, options_->header);
  if (!status.ok()) {
    BeginLine(begin_);
    found_ends_ = next_end_ = 0;
    return status;
  }
  const size_t next = lf == kNone ? end_ : lf + 1;
  offset_ += static_cast<int64_t>(next - begin_);
  line_ += 1 + inner_lines_;
  BeginLine(next);
  return true;
}

absl::StatusOr<bool> LineReader::Next(size_t max_rows, bool is_end, Batch<Bytes>& batch) {
  if (is_oversize_) return NextOversize(is_end, batch);
  bool has_header = false;
  if (offset_ == 0 && !options_->header.empty()) {
    RTSTREAM_ASSIGN_OR_RETURN(has_header, TakeHeader(is_end));
    if (!has_header) return false;
  }
  batch.Begin(0, {}, offset_, line_);
  const char* data = buffer_.get();
  const size_t first = begin_;
  const int64_t first_line = line_;
  size_t held = begin_;  // end of the last row's bytes
  while (batch.size() < max_rows && end_ != begin_) {
    const size_t lf = FindEnd();
    if (lf == kNone && !is_end) break;
    const size_t next = lf == kNone ? end_ : lf + 1;
    const size_t stop = lf == kNone ? end_ : lf;
    const size_t size = stop - begin_ - (stop > begin_ && data[stop - 1] == '\r');
    if (size > 0) [[likely]] {
      RowMeta meta;
      meta.position = meta.raw_offset = static_cast<uint32_t>(begin_ - first);
      meta.ordinal = static_cast<uint32_t>(line_ - first_line);
      meta.raw_size = static_cast<uint32_t>(size);
      size_t kept = size;
      if (size > options_->max_record) [[unlikely]] {
        meta.flags = RowMeta::kOversize;
        kept = kept_bytes();
      }
      batch.Append({data + begin_, kept}, meta);
      held = begin_ + kept;
    }
    line_ += inner_lines_ + (lf == kNone ? 0 : 1);
    BeginLine(next);
    // The cut row's raw bytes are told by where the frame's end.
    if (size > options_->max_record) [[unlikely]] break;
  }
  const size_t covered = begin_ - first;
  offset_ += static_cast<int64_t>(covered);
  if (!batch.empty()) batch.frame().HoldBytes(buffer_, {data + first, held - first});
  if (covered > 0 || has_header) return true;
  // Even if what is missing is the LF of a CR LF, the record is too long.
  if (end_ - begin_ > options_->max_record + 1) {
    BeginOversize();
    return NextOversize(is_end, batch);
  }
  return false;
}

void LineReader::BeginOversize() {
  is_oversize_ = true;
  dropped_ = end_ - begin_ - kept_bytes();
  last_dropped_ = buffer_[static_cast<std::ptrdiff_t>(end_ - 1)];
  end_ = scan_ = begin_ + kept_bytes();
}

bool LineReader::NextOversize(bool is_end, Batch<Bytes>& batch) {
  const size_t from = begin_ + kept_bytes();
  const size_t lf = FindEnd();
  batch.Begin(0, {}, offset_, line_);
  if (lf == kNone && !is_end) {
    if (end_ == from) return false;
    last_dropped_ = buffer_[static_cast<std::ptrdiff_t>(end_ - 1)];
    dropped_ += end_ - from;
    end_ = scan_ = from;
    return true;  // the caller gets its turn: the record's end may be far away
  }
  const size_t stop = lf == kNone ? end_ : lf;
  const size_t next = lf == kNone ? end_ : lf + 1;
  const char last = stop > from ? buffer_[static_cast<std::ptrdiff_t>(stop - 1)] : last_dropped_;
  const std::string_view kept(buffer_.get() + begin_, kept_bytes());
  RowMeta meta;
  meta.raw_size = Saturated(kept.size() + dropped_ + (stop - from) - (last == '\r'));
  meta.flags = RowMeta::kOversize;
  batch.Append(kept, meta);
  batch.frame().HoldBytes(buffer_, kept);
  offset_ += static_cast<int64_t>(kept.size() + dropped_ + (next - from));
  line_ += inner_lines_ + (lf == kNone ? 0 : 1);
  dropped_ = 0;
  is_oversize_ = false;
  BeginLine(next);
  return true;
}

}  // namespace rtstream
