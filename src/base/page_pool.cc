#include "rtstream/base/page_pool.h"

#include <algorithm>
#include <new>
#include <utility>

namespace rtstream {
namespace {

// Writes to every page; small ones, where the system has no huge ones to give.
void Touch(const Pages& pages) {
  constexpr size_t kSmallPage = 4096;
  volatile char* const data = pages.data();
  for (size_t at = 0; at < pages.size(); at += kSmallPage) data[at] = 0;
}

}  // namespace

Pages PagePool::Take() {
  {
    const std::lock_guard lock(mutex_);
    ++taken_;
    if (!ready_.empty()) {
      Pages pages = std::move(ready_.back());
      ready_.pop_back();
      return pages;
    }
  }
  return Pages(Pages::kHugePage, budget_);
}

void PagePool::Fill() {
  size_t missing = 0;
  {
    const std::lock_guard lock(mutex_);
    if (taken_ == 0) return;
    const size_t want = std::min(taken_ + 1, kMostReady);
    missing = want - std::min(want, ready_.size());
    taken_ = 0;
  }
  for (; missing > 0; --missing) {
    Pages pages;
    try {
      pages = Pages(Pages::kHugePage, budget_);
    } catch (const std::bad_alloc&) {
      return;
    }
    Touch(pages);
    const std::lock_guard lock(mutex_);
    ready_.push_back(std::move(pages));
  }
}

size_t PagePool::ready() const {
  const std::lock_guard lock(mutex_);
  return ready_.size();
}

}  // namespace rtstream
