#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "benchmarks/workload/row_binary.h"
#include "benchmarks/workload/w1.h"
#include "rtstream/core/row_binary_codec.h"
#include "rtstream/io/sink.h"
#include "rtstream/op/update_inventory.h"

namespace bench {

// Writes sales that took their units as RowBinary, see workload/row_binary.h.
class RowSink final : public rt::PlainSink<rt::InventoryOutcome<Sale>> {
 public:
  explicit RowSink(bool is_verifying) : is_verifying_(is_verifying), output_(is_verifying) {}

  std::string_view name() const override { return "rows"; }
  uint64_t bytes_written() const override { return output_.bytes() + size_; }
  // Rows come in another order than that of the input: to be sorted by Finish(), if they are verified.
  void SortRows() { is_sorting_ = is_verifying_; }
  // The rows so far, each with its position. REQUIRES: SortRows().
  std::vector<std::pair<int64_t, std::string>>& rows() { return sorted_; }
  void Finish() {
    std::sort(sorted_.begin(), sorted_.end());
    for (const auto& [position, row] : sorted_) output_.Write(row);
    sorted_.clear();
  }

  absl::Status Write(const rt::Rows<rt::InventoryOutcome<Sale>>& outcomes) override {
    for (size_t i = 0; i < outcomes.size(); ++i) {
      Append(*outcomes[i].record);
      if (is_sorting_) [[unlikely]] KeepRow(outcomes.position(i));
    }
    return absl::OkStatus();
  }
  absl::Status Flush() override {
    output_.Write({rows_.data(), size_});
    size_ = 0;
    return absl::OkStatus();
  }

  const RowOutput& output() const { return output_; }

 private:
  static constexpr size_t kFlushAt = 64 << 10;

  template <typename V>
  [[gnu::always_inline]] static char* Put(const V& value, char* p) {
    return rt::RowBinaryCodec<V>::Put(value, p);
  }
  template <typename... Texts>
  static size_t Bound(const Texts&... texts) {
    return kFixedRowBytes + (rt::RowBinaryCodec<std::string_view>::Bound(texts) + ...);
  }

  void Append(const Sale& s) {
    const size_t bound = Bound(s.retailer_id, s.store_id, s.sku, s.source, s.region, s.category);
    if (size_ + bound > rows_.size()) [[unlikely]] MakeRoom(bound);
    char* p = rows_.data() + size_;
    p = Put(s.event_id, p);
    p = Put(s.retailer_id, p);
    p = Put(s.store_id, p);
    p = Put(s.sku, p);
    p = Put(s.quantity, p);
    p = Put(s.price, p);
    p = Put(s.currency, p);
    p = Put(std::chrono::floor<std::chrono::milliseconds>(s.timestamp), p);
    p = Put(s.source, p);
    p = Put(s.schema_version, p);
    p = Put(s.region, p);
    p = Put(s.category, p);
    size_ = static_cast<size_t>(p - rows_.data());
  }
  void MakeRoom(size_t bound) {
    output_.Write({rows_.data(), size_});
    size_ = 0;
    if (rows_.size() < bound) rows_.resize(std::max(kFlushAt, bound));
  }

  // Takes the only row there is out of the buffer.
  void KeepRow(int64_t position) {
    sorted_.emplace_back(position, std::string(rows_.data(), size_));
    size_ = 0;
  }

  bool is_verifying_;
  bool is_sorting_ = false;
  RowOutput output_;
  std::vector<char> rows_;
  size_t size_ = 0;
  std::vector<std::pair<int64_t, std::string>> sorted_;  // by position
};

}  // namespace bench
