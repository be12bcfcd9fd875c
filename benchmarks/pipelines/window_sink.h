#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "benchmarks/workload/windows.h"
#include "rtstream/io/sink.h"
#include "rtstream/op/aggregated.h"

namespace bench {

// Takes the results of windows by a numeric key.
template <typename K>
class WindowSink final : public rtstream::PlainSink<rtstream::Aggregated<K, uint64_t>> {
 public:
  using Row = rtstream::Aggregated<K, uint64_t>;

  explicit WindowSink(bool is_verifying) : output_(is_verifying) {}

  std::string_view name() const override { return "windows"; }
  uint64_t bytes_written() const override { return 0; }
  absl::Status Write(const rtstream::Rows<Row>& rows) override {
    results_.resize(rows.size());
    for (size_t i = 0; i < rows.size(); ++i) {
      const Row& row = rows[i];
      results_[i] = {static_cast<uint64_t>(row.window.start.time_since_epoch().count()), row.key, row.value};
    }
    output_.Write(results_);
    return absl::OkStatus();
  }
  absl::Status Flush() override { return absl::OkStatus(); }

  const WindowOutput& output() const { return output_; }

 private:
  WindowOutput output_;
  std::vector<WindowResult> results_;
};

}  // namespace bench
