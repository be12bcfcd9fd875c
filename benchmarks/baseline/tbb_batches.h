#pragma once

#include <oneapi/tbb/concurrent_queue.h>

#include <cstddef>
#include <memory>
#include <vector>

namespace bench {

// Batches that go round in a flow graph: so few of them that they stay in the cache, so many that no
// thread waits. Thread-safe.
template <typename Batch>
class TbbBatches {
 public:
  explicit TbbBatches(int lanes) : most_(static_cast<size_t>(lanes) * 4) {
    for (size_t i = 0; i < most_; ++i) {
      owned_.push_back(std::make_unique<Batch>());
      free_.push(owned_.back().get());
    }
  }
  size_t most() const { return most_; }
  // REQUIRES: fewer than most() are in use.
  Batch* Take() {
    Batch* batch = nullptr;
    free_.pop(batch);
    return batch;
  }
  void Give(Batch* batch) { free_.push(batch); }

 private:
  size_t most_;
  std::vector<std::unique_ptr<Batch>> owned_;
  tbb::concurrent_bounded_queue<Batch*> free_;
};

}  // namespace bench
