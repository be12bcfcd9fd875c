#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "rtstream/base/text.h"
#include "rtstream/io/source.h"

namespace rtstream {

// A replayable source over records in memory: for tests, examples and hosts that have their input at
// hand. Records stay where they are as long as the source, so a pipeline may be started again from any
// commit, and batches need no copies.
//
//   rt::MemorySource<Order> orders;
//   orders.Push({...});
//   orders.Finish();
//
// Not thread-safe: the host pushes between steps, or before the run.
template <typename T>
class MemorySource final : public Source<T> {
 public:
  // `partitions`: numbered from 0, which is their name as well.
  explicit MemorySource(uint32_t partitions = 1) : partitions_(partitions) {}

  // Puts the record behind those of the partition. REQUIRES: there is this partition, and Finish() was
  // not called.
  void Push(T record, uint32_t partition = 0) {
    Partition& p = partitions_[partition];
    if (p.size % kChunk == 0) p.chunks.emplace_back().reserve(kChunk);
    p.chunks.back().push_back(std::move(record));
    ++p.size;
  }

  // No record will be pushed any more: the pipeline ends when it has read everything.
  void Finish() { finished_ = true; }

  absl::Status Open(absl::Span<const CommittedPosition> committed) override {
    for (Partition& p : partitions_) p.next = 0;
    for (const CommittedPosition& c : committed) {
      size_t index = 0, next = 0;
      if (!absl::SimpleAtoi(c.partition, &index) || index >= partitions_.size() ||
          !absl::SimpleAtoi(c.resume, &next) || next > partitions_[index].size) {
        return absl::FailedPreconditionError(Concat(
            "committed position ", c.resume, " of partition '", c.partition, "' does not exist"));
      }
      partitions_[index].next = next;
    }
    return absl::OkStatus();
  }

  std::string PartitionName(uint32_t index) const override { return Concat(index); }

  bool IsFinished(uint32_t index) const override {
    return finished_ && partitions_[index].next == partitions_[index].size;
  }

  absl::StatusOr<PollResult> Poll(size_t max_rows, Batch<T>& batch) override {
    for (size_t tried = 0; tried < partitions_.size(); ++tried) {
      const uint32_t index = turn_++ % static_cast<uint32_t>(partitions_.size());
      Partition& p = partitions_[index];
      if (p.next == p.size) continue;
      p.label = Concat(index);
      batch.Begin(index, p.label, static_cast<int64_t>(p.next), static_cast<int64_t>(p.next) + 1);
      const size_t n = std::min({max_rows, Frame::kMaxRows, p.size - p.next});
      Give(p, n, batch);
      p.next += n;
      batch.resume = Concat(p.next);
      return PollResult::kBatch;
    }
    return finished_ ? PollResult::kFinished : PollResult::kIdle;
  }

 private:
  static constexpr size_t kChunk = Frame::kMaxRows;
  struct Partition {
    std::vector<std::vector<T>> chunks;  // of kChunk records, but for the last: they never move
    size_t size = 0;
    size_t next = 0;
    std::string label;
  };

  // The next n records; those of two chunks are copied.
  static void Give(const Partition& p, size_t n, Batch<T>& batch) {
    const size_t at = p.next % kChunk, first = std::min(n, kChunk - at);
    const auto begin = absl::MakeConstSpan(p.chunks[p.next / kChunk]).subspan(at, first);
    if (first == n) return batch.Borrow(begin);
    batch.AppendAll(begin);
    batch.AppendAll(absl::MakeConstSpan(p.chunks[p.next / kChunk + 1]).first(n - first));
  }

  std::vector<Partition> partitions_;
  uint32_t turn_ = 0;
  bool finished_ = false;
};

}  // namespace rtstream
