#pragma once

#include <algorithm>
#include <chrono>
#include <string_view>
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
  explicit RowSink(bool is_verifying) : output_(is_verifying) {}

  std::string_view name() const override { return "rows"; }
  uint64_t bytes_written() const override { return output_.bytes() + size_; }
  absl::Status Write(const rt::Rows<rt::InventoryOutcome<Sale>>& outcomes) override {
    for (size_t i = 0; i < outcomes.size(); ++i) Append(*outcomes[i].record);
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
  static char* Put(const V& value, char* p) {
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

  RowOutput output_;
  std::vector<char> rows_;
  size_t size_ = 0;
};

}  // namespace bench
