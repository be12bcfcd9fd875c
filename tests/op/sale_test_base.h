#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "rtstream/flow/flow.h"
#include "rtstream/io/memory_source.h"
#include "rtstream/op/assign_event_time.h"
#include "rtstream/testing/pipeline_driver.h"
#include "tests/op/sale.h"

namespace rtstream {

// A pipeline over sales, driven by hand; its clock starts at At(0).
class SaleTestBase : public ::testing::Test {
 protected:
  void Use(std::function<Pipeline()> make, RunOptions options = {}) {
    driver_ = std::make_unique<testing::PipelineDriver>(std::move(make), std::move(options));
    driver_->clock().Advance(At(0) - driver_->clock().Now());
  }
  // The sales with their event times, the watermark right behind the largest.
  auto Sales() { return From(in_) | AssignEventTime(&Sale::at); }

  void Push(std::string id, std::string sku = "shirt", int64_t units = 1, Time at = At(0)) {
    in_.Push({std::move(id), std::move(sku), units, at});
  }
  absl::Status DrainAndCommit() {
    absl::Status status = driver_->Drain();
    if (status.ok()) status = driver_->Commit();
    return status;
  }

  MemorySource<Sale> in_;
  MemorySink<Sale> out_{"out"};
  std::unique_ptr<testing::PipelineDriver> driver_;
};

// Matches a sale by its id.
inline auto HasId(const std::string& id) { return ::testing::Field("id", &Sale::id, id); }

}  // namespace rtstream
