#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

namespace rtstream {

// Thrown inside the library when a budget is used up; a runner turns it into ResourceExhausted.
class BudgetExceeded final : public std::bad_alloc {
 public:
  // Static text: nothing is allocated where memory is wanting.
  const char* what() const noexcept override {
    return "the state wants more memory than RunOptions::max_state_bytes";
  }
};

// Counts the memory of several owners against one limit. Thread-safe.
class MemoryBudget {
 public:
  // `limit`: bytes that may be taken at a time.
  explicit MemoryBudget(uint64_t limit) : limit_(limit) {}

  // Throws BudgetExceeded, and counts nothing, if that is more than is left.
  void Take(size_t bytes) {
    uint64_t used = used_.load(std::memory_order_relaxed);
    do {
      if (bytes > limit_ - used) throw BudgetExceeded();
    } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  }
  // REQUIRES: so many are taken.
  void Give(size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  // Bytes taken and not given back.
  uint64_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  const uint64_t limit_;
  std::atomic<uint64_t> used_{0};
};

}  // namespace rtstream
