#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/strings/numbers.h"
#include "benchmarks/workload/records.h"
#include "rtstream/base/line_ends.h"
#include "rtstream/base/text.h"
#include "rtstream/io/source.h"

namespace bench {

namespace rt = rtstream;

// A source over input in memory, one partition: what the two below share.
template <typename T>
class InputInMemory : public rt::Source<T> {
 public:
  absl::Status Open(absl::Span<const rt::CommittedPosition> committed) override {
    at_ = 0;
    if (committed.empty() || absl::SimpleAtoi(committed[0].resume, &at_)) return absl::OkStatus();
    return absl::FailedPreconditionError("the committed position is not a number");
  }
  std::string PartitionName(uint32_t) const override { return "memory"; }
  bool IsFinished(uint32_t) const override { return at_ == size(); }

 protected:
  virtual size_t size() const = 0;
  size_t at_ = 0;
};

// Lines as views, without their LF.
class LineSource final : public InputInMemory<rt::Bytes> {
 public:
  // `text` must outlive the source, and 64 bytes behind it may be read.
  explicit LineSource(std::string_view text) : text_(text) {}

  absl::StatusOr<rt::PollResult> Poll(size_t max_rows, rt::Batch<rt::Bytes>& batch) override {
    if (at_ == text_.size()) return rt::PollResult::kFinished;
    batch.Begin(0, "memory", static_cast<int64_t>(at_), 0);
    const char* const begin = text_.data() + at_;
    const size_t n = rt::FindLineEnds(text_.substr(at_, kMostBytes), ends_.data(), std::min(max_rows, ends_.size()));
    uint32_t size = 0;
    for (uint32_t i = 0; i < n; ++i) {
      const uint32_t line = ends_[i] - size;
      batch.Append({begin + size, line}, {.position = size, .ordinal = i, .raw_offset = size, .raw_size = line});
      size = ends_[i] + 1;
    }
    batch.frame().HoldBytes(std::shared_ptr<const char[]>(std::shared_ptr<void>(), begin), {begin, size});
    at_ += size;
    batch.resume = rt::Concat(at_);
    batch.input_bytes = size;
    return rt::PollResult::kBatch;
  }

 private:
  // Of a batch, at most.
  static constexpr size_t kMostBytes = size_t{1} << 30;

  size_t size() const override { return text_.size(); }

  std::string_view text_;
  std::array<uint32_t, rt::Frame::kMaxRows> ends_;
};

template <typename T>
class RecordSource final : public InputInMemory<T> {
 public:
  // `records` must outlive the source.
  explicit RecordSource(const Records<T>& records) : records_(records.span()) {}

  absl::StatusOr<rt::PollResult> Poll(size_t max_rows, rt::Batch<T>& batch) override {
    if (this->at_ == records_.size()) return rt::PollResult::kFinished;
    const size_t n = std::min(max_rows, records_.size() - this->at_);
    batch.Begin(0, "memory", static_cast<int64_t>(this->at_), 0);
    batch.Borrow(records_.subspan(this->at_, n));
    this->at_ += n;
    batch.resume = rt::Concat(this->at_);
    batch.input_bytes = n * sizeof(T);
    return rt::PollResult::kBatch;
  }

 private:
  size_t size() const override { return records_.size(); }

  absl::Span<const T> records_;
};

}  // namespace bench
