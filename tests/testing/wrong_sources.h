#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "rtstream/base/text.h"
#include "rtstream/io/source.h"
#include "rtstream/testing/source_contract.h"

// A source over texts in memory that keeps the contract, and sources that break one rule each.

namespace rtstream::testing {

using Texts = std::vector<std::string>;

inline const std::vector<Texts>& Input() {
  static const std::vector<Texts> input = {{"a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8"},
                                           {"b0", "b1", "b2", "b3", "b4"}};
  return input;
}

class RightSource : public Source<Bytes> {
 public:
  absl::Status Open(absl::Span<const CommittedPosition> committed) override {
    next_.assign(Input().size(), 0);
    for (const CommittedPosition& c : committed) {
      size_t index = 0, next = 0;
      if (!absl::SimpleAtoi(c.partition, &index) || index >= next_.size() || !ReadPosition(c.resume, next)) {
        return absl::FailedPreconditionError("no such position");
      }
      next_[index] = next;
    }
    return absl::OkStatus();
  }
  std::string PartitionName(uint32_t index) const override { return Concat(index); }
  bool IsFinished(uint32_t index) const override { return next_[index] >= Input()[index].size(); }

  absl::StatusOr<PollResult> Poll(size_t max_rows, Batch<Bytes>& batch) override {
    if (fails_) return Fail();
    for (size_t tried = 0; tried < next_.size(); ++tried) {
      const uint32_t index = turn_++ % static_cast<uint32_t>(next_.size());
      const Texts& texts = Input()[index];
      size_t& next = Next(index);
      if (next >= texts.size()) continue;
      batch.Begin(index, "texts", static_cast<int64_t>(next), static_cast<int64_t>(next) + 1);
      const size_t n = std::min(MostRows(max_rows), texts.size() - next);
      for (size_t i = 0; i < n; ++i) {
        batch.Append(Give(texts[next + i]), {.position = static_cast<uint32_t>(i), .ordinal = static_cast<uint32_t>(i)});
      }
      next += n;
      batch.resume = Resume(next);
      return PollResult::kBatch;
    }
    return PollResult::kFinished;
  }

  void FailNext() { fails_ = true; }

 protected:
  virtual size_t& Next(uint32_t index) { return next_[index]; }
  virtual size_t MostRows(size_t max_rows) { return max_rows; }
  virtual std::string_view Give(const std::string& text) { return text; }
  virtual std::string Resume(size_t next) { return Concat(next); }
  virtual bool ReadPosition(const std::string& resume, size_t& next) {
    return absl::SimpleAtoi(resume, &next) && next <= 9;
  }
  virtual absl::Status Fail() {
    fails_ = false;
    return absl::UnavailableError("no answer");
  }

  std::vector<size_t> next_;
  bool fails_ = false;

 private:
  uint32_t turn_ = 0;
};

// Resumes behind the record after the batch.
class SkippingSource final : public RightSource {
  std::string Resume(size_t next) override { return Concat(next + 1); }
};

// Gives views of a buffer that the next poll fills again.
class OneBufferSource final : public RightSource {
  size_t MostRows(size_t max_rows) override {
    used_ = 0;
    return std::min<size_t>(max_rows, 8);
  }
  std::string_view Give(const std::string& text) override {
    char* const at = buffer_ + used_;
    std::memcpy(at, text.data(), text.size());
    used_ += text.size();
    return {at, text.size()};
  }
  char buffer_[64];
  size_t used_ = 0;
};

// Goes on where it stands when it is opened again.
class NeverRewindingSource final : public RightSource {
 public:
  absl::Status Open(absl::Span<const CommittedPosition> committed) override {
    if (!next_.empty()) return absl::OkStatus();
    return RightSource::Open(committed);
  }
};

// Gives batches of the size that it likes.
class FixedBatchSource final : public RightSource {
  size_t MostRows(size_t) override { return 4; }
};

// Says that a partition is finished when one record is left.
class EarlyFinishedSource final : public RightSource {
 public:
  bool IsFinished(uint32_t index) const override { return next_[index] + 1 >= Input()[index].size(); }
};

// Keeps in the thread where it stands.
class ThreadBoundSource final : public RightSource {
  size_t& Next(uint32_t index) override {
    thread_local std::vector<size_t> next;
    thread_local const ThreadBoundSource* owner = nullptr;
    if (owner != this) next = next_;
    owner = this;
    next_[index] = std::max(next_[index], next[index]);
    return next[index];
  }
};

// Has gone on when a poll fails.
class LossySource final : public RightSource {
  absl::Status Fail() override {
    ++next_[0];
    return RightSource::Fail();
  }
};

// Takes anything for a position.
class CredulousSource final : public RightSource {
  bool ReadPosition(const std::string& resume, size_t& next) override {
    if (!absl::SimpleAtoi(resume, &next)) next = 0;
    return true;
  }
};

template <typename S>
Contract SourceContractOf() {
  return SourceContract<Bytes>({.make = [] { return std::make_unique<S>(); },
                                .records = Input(),
                                .fail_next = [](Source<Bytes>& source) { static_cast<S&>(source).FailNext(); }});
}

}  // namespace rtstream::testing
