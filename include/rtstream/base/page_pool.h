#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "rtstream/base/pages.h"

namespace rtstream {

// Blocks of one huge page that were touched ahead of need: the kernel clears memory at its first touch,
// which takes as long as a growing table's own work. A thread that has time fills the pool; who is in a
// hurry takes from it.
//
// Thread-safe. A pool that nobody takes from, or nobody fills, holds no memory.
class PagePool {
 public:
  // Most blocks that wait: 16 MiB.
  static constexpr size_t kMostReady = 8;

  // Everything taken from now on is counted there. Null: nowhere.
  void set_budget(std::shared_ptr<MemoryBudget> budget) { budget_ = std::move(budget); }

  // A block, touched if one is ready. Throws std::bad_alloc as Pages does.
  Pages Take();
  // Memory of any size: a block if it is that of one.
  Pages Take(size_t size) { return size == Pages::kHugePage ? Take() : Pages(size, budget_); }
  // Has blocks ready: as many as were taken since the last call, and one more. Without memory it leaves
  // it at what it has.
  void Fill();
  // How many blocks wait.
  size_t ready() const;

 private:
  mutable std::mutex mutex_;
  std::vector<Pages> ready_;  // guarded by mutex_
  std::shared_ptr<MemoryBudget> budget_;
  size_t taken_ = 0;          // since the last Fill(); guarded by mutex_
};

}  // namespace rtstream
