#pragma once

#include <string>
#include <string_view>

#include "benchmarks/workload/row_binary.h"
#include "benchmarks/workload/w1.h"
#include "rtstream/io/sink.h"
#include "rtstream/op/update_inventory.h"

namespace bench {

// Writes sales that took their units as RowBinary.
class RowSink final : public rt::PlainSink<rt::InventoryOutcome<Sale>> {
 public:
  explicit RowSink(bool is_verifying) : output_(is_verifying) {}

  std::string_view name() const override { return "rows"; }
  uint64_t bytes_written() const override { return output_.bytes() + rows_.size(); }
  absl::Status Write(const rt::Rows<rt::InventoryOutcome<Sale>>& outcomes) override {
    for (size_t i = 0; i < outcomes.size(); ++i) AppendRow(*outcomes[i].record, rows_);
    return rows_.size() < kFlushAt ? absl::OkStatus() : Flush();
  }
  absl::Status Flush() override {
    output_.Write(rows_);
    rows_.clear();
    return absl::OkStatus();
  }

  const RowOutput& output() const { return output_; }

 private:
  static constexpr size_t kFlushAt = 64 << 10;

  RowOutput output_;
  std::string rows_;
};

}  // namespace bench
