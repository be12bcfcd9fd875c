#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "rtstream/base/memory_budget.h"

namespace rtstream {

// A block of zeroed memory straight from the kernel, in 2 MiB pages where it offers them: for big tables
// that are read at random, where the translation of addresses costs as much as the memory. Memory is
// taken when it is first touched. Movable.
class Pages {
 public:
  // Bytes: the size and alignment of a large page.
  static constexpr size_t kHugePage = size_t{2} << 20;

  Pages() = default;
  // At least `size` bytes, aligned to 64 bytes, to kHugePage if it is that large; counted against
  // `budget`, if there is one. Throws std::bad_alloc when there is no memory,
  // like operator new.
  explicit Pages(size_t size, std::shared_ptr<MemoryBudget> budget = nullptr);
  ~Pages();
  Pages(Pages&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        budget_(std::move(other.budget_)) {}
  Pages& operator=(Pages&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(budget_, other.budget_);
    return *this;
  }

  char* data() const { return data_; }   // null: it holds no memory
  size_t size() const { return size_; }  // bytes, at least those asked for; 0: it holds no memory

 private:
  char* data_ = nullptr;
  size_t size_ = 0;
  std::shared_ptr<MemoryBudget> budget_;  // shared: pages may outlive the run that took them
};

}  // namespace rtstream
