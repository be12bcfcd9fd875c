#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "rtstream/io/source.h"

namespace rtstream {

// A replayable source of lines in memory that owns its batches' bytes as a file source does: one
// partition, "orders.txt", whose positions are byte offsets.
class TextSource final : public Source<Bytes> {
 public:
  explicit TextSource(std::vector<std::string> lines) : lines_(std::move(lines)) {}

  // Lines longer than this are cut, as a source does that bounds its memory.
  void set_longest(size_t bytes) { longest_ = bytes; }

  absl::Status Open(absl::Span<const CommittedPosition> committed) override {
    next_ = 0;
    for (const CommittedPosition& c : committed) {
      if (!absl::SimpleAtoi(c.resume, &next_)) return absl::DataLossError("not a line number");
    }
    return absl::OkStatus();
  }
  std::string PartitionName(uint32_t) const override { return "orders.txt"; }
  bool IsFinished(uint32_t) const override { return next_ == lines_.size(); }

  absl::StatusOr<PollResult> Poll(size_t max_rows, Batch<Bytes>& batch) override {
    if (next_ == lines_.size()) return PollResult::kFinished;
    int64_t base = 0;
    for (size_t i = 0; i < next_; ++i) base += static_cast<int64_t>(lines_[i].size()) + 1;
    batch.Begin(0, "orders.txt", base, static_cast<int64_t>(next_) + 1);
    std::string bytes;
    std::vector<RowMeta> metas;
    uint32_t position = 0;
    for (; next_ < lines_.size() && metas.size() < max_rows; ++next_) {
      const std::string& line = lines_[next_];
      RowMeta meta;
      meta.position = position;
      meta.ordinal = static_cast<uint32_t>(metas.size());
      meta.raw_offset = static_cast<uint32_t>(bytes.size());
      meta.raw_size = static_cast<uint32_t>(line.size());
      if (line.size() > longest_) meta.flags = RowMeta::kOversize;
      bytes.append(line, 0, longest_);
      position += meta.raw_size + 1;
      metas.push_back(meta);
      if (line.size() > longest_) {
        ++next_;
        break;  // what was kept of a cut record ends its batch
      }
      bytes.push_back('\n');
    }
    batch.input_bytes = bytes.size();
    std::shared_ptr<char[]> owner(new char[bytes.size() + Frame::kPadding]());
    bytes.copy(owner.get(), bytes.size());
    const std::string_view held(owner.get(), bytes.size());
    batch.frame().HoldBytes(std::move(owner), held);
    for (const RowMeta& meta : metas) {
      batch.Append(held.substr(meta.raw_offset, std::min<size_t>(meta.raw_size, longest_)), meta);
    }
    batch.resume = std::to_string(next_);
    return PollResult::kBatch;
  }

 private:
  std::vector<std::string> lines_;
  size_t next_ = 0;
  size_t longest_ = SIZE_MAX;
};

}  // namespace rtstream
