#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "rtstream/base/text.h"
#include "rtstream/io/source.h"
#include "rtstream/testing/faulty_plug_ins.h"
#include "rtstream/testing/simulation.h"

namespace rtstream::testing {
namespace internal {

// Records of several partitions, which come in one order of all: that order is a free choice of a
// source, and is pinned here so that runs can be compared.
template <typename T>
class OrderedPartitions final : public Source<T> {
 public:
  OrderedPartitions(Simulation& simulation, std::vector<std::vector<T>> partitions)
      : simulation_(&simulation), partitions_(std::move(partitions)) {
    std::vector<size_t> left;
    for (const std::vector<T>& p : partitions_) left.push_back(p.size());
    for (size_t sum = 1; sum > 0;) {
      sum = 0;
      const auto p = static_cast<uint32_t>(simulation.random().Below(left.size()));
      const size_t n = std::min<size_t>(left[p], 1 + simulation.random().Below(24));
      order_.insert(order_.end(), n, p);
      left[p] -= n;
      for (size_t l : left) sum += l;
    }
    for (size_t p = 0; p < partitions_.size(); ++p) names_.push_back(Concat("p", p));
  }

  absl::Status Open(absl::Span<const CommittedPosition> committed) override {
    next_.assign(partitions_.size(), 0);
    at_ = 0;
    for (const CommittedPosition& c : committed) {
      size_t& next = next_[Index(c.partition)];
      if (!absl::SimpleAtoi(c.resume, &next))
        simulation_->Violate(Concat("a position is '", c.resume, "'"));
      at_ += next;
    }
    std::vector<size_t> read(partitions_.size());
    for (size_t i = 0; i < std::min(at_, order_.size()); ++i) ++read[order_[i]];
    if (read != next_) simulation_->Violate("the committed positions are not those of any moment");
    return absl::OkStatus();
  }
  std::string PartitionName(uint32_t index) const override { return names_[index]; }
  bool IsFinished(uint32_t index) const override {
    return next_[index] == partitions_[index].size();
  }
  void OnCommitted(absl::Span<const CommittedPosition> positions) override {
    size_t sum = 0, next = 0;
    for (const CommittedPosition& c : positions) {
      if (absl::SimpleAtoi(c.resume, &next)) sum += next;
    }
    if (sum < committed_) simulation_->Violate("committed positions go back");
    committed_ = sum;
  }
  absl::StatusOr<PollResult> Poll(size_t max_rows, Batch<T>& batch) override {
    if (at_ == order_.size()) return PollResult::kFinished;
    const uint32_t p = order_[at_];
    size_t n = 0;
    while (n < max_rows && at_ + n < order_.size() && order_[at_ + n] == p) ++n;
    batch.Begin(p, names_[p], static_cast<int64_t>(next_[p]), static_cast<int64_t>(next_[p]) + 1);
    batch.Borrow(absl::MakeConstSpan(partitions_[p]).subspan(next_[p], n));
    next_[p] += n;
    at_ += n;
    batch.resume = Concat(next_[p]);
    batch.input_bytes = n * sizeof(T);
    return PollResult::kBatch;
  }

 private:
  size_t Index(std::string_view name) const {
    const auto it = std::find(names_.begin(), names_.end(), name);
    if (it == names_.end())
      simulation_->Violate(Concat("a commit has a position of partition '", name, "'"));
    return it == names_.end() ? 0 : static_cast<size_t>(it - names_.begin());
  }

  Simulation* simulation_;
  std::vector<std::vector<T>> partitions_;
  std::vector<std::string> names_;
  std::vector<uint32_t> order_;  // the partition of each record
  std::vector<size_t> next_;     // of each partition
  size_t at_ = 0;                // in order_
  size_t committed_ = 0;         // records, as OnCommitted said
};

}  // namespace internal

// A source over records in memory, in one or several partitions, whose order of all records is
// drawn from the seed. Keyed results over several partitions so are the same in each run of a seed,
// and the source finds positions that never were.
//
// One thread. REQUIRES: at least one partition.
template <typename T>
class SimulatedSource final : public FaultySource<T> {
 public:
  // The records of each partition, in order.
  SimulatedSource(Simulation& simulation, std::vector<std::vector<T>> partitions)
      : FaultySource<T>(simulation, records_), records_(simulation, std::move(partitions)) {}
  // The same with one partition.
  SimulatedSource(Simulation& simulation, std::vector<T> records)
      : SimulatedSource(simulation, std::vector<std::vector<T>>{std::move(records)}) {}

 private:
  internal::OrderedPartitions<T> records_;
};

}  // namespace rtstream::testing
