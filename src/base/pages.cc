#include "rtstream/base/pages.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>
#include <utility>

namespace rtstream {

Pages::Pages(size_t size, std::shared_ptr<MemoryBudget> budget) : budget_(std::move(budget)) {
  constexpr size_t kSmallPage = 4096;
  const size_t page = size < kHugePage ? kSmallPage : kHugePage;
  size_ = (size + page - 1) / page * page;
  // Mapped with room to align, and the ends given back.
  const size_t slack = page == kHugePage ? kHugePage : 0;
  if (budget_ != nullptr) budget_->Take(size_);
  void* const mapped = mmap(nullptr, size_ + slack, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) {
    if (budget_ != nullptr) budget_->Give(size_);
    throw std::bad_alloc();
  }
  data_ = static_cast<char*>(mapped);
  if (slack == 0) return;
  const size_t before = (kHugePage - reinterpret_cast<uintptr_t>(mapped) % kHugePage) % kHugePage;
  data_ += before;
  if (before != 0) munmap(mapped, before);
  if (slack != before) munmap(data_ + size_, slack - before);
  madvise(data_, size_, MADV_HUGEPAGE);  // advice: where it is not taken, small pages do
}

Pages::~Pages() {
  if (data_ == nullptr) return;
  munmap(data_, size_);
  if (budget_ != nullptr) budget_->Give(size_);
}

}  // namespace rtstream
