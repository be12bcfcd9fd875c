#include "rtstream/state/block_arena.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <tuple>
#include <utility>

namespace rtstream {

size_t BlockArena::SizeFor(size_t bytes) {
  if (bytes <= Pages::kHugePage) return std::bit_ceil(std::max(bytes, kSmallest));
  return (bytes + Pages::kHugePage - 1) / Pages::kHugePage * Pages::kHugePage;
}

char* BlockArena::Take(size_t size) {
  if (size >= Pages::kHugePage) {
    Pages pages = pool_ != nullptr ? pool_->Take(size) : Pages(size);
    char* const block = pages.data();
    whole_.emplace(block, std::move(pages));
    return block;
  }
  const auto order = static_cast<size_t>(std::countr_zero(size / kSmallest));
  size_t from = order;
  while (from < kOrders && free_[from].empty()) ++from;
  char* block = nullptr;
  bool is_zero = true;
  if (from == kOrders) {
    cut_.push_back(pool_ != nullptr ? pool_->Take() : Pages(Pages::kHugePage));
    block = cut_.back().data();
  } else {
    auto lowest = free_[from].begin();
    std::tie(block, is_zero) = *lowest;
    free_[from].erase(lowest);
  }
  // The upper halves stay free.
  while (from > order) {
    --from;
    free_[from].emplace(block + (kSmallest << from), is_zero);
  }
  if (!is_zero) std::memset(block, 0, size);
  return block;
}

void BlockArena::Give(char* block, size_t size) {
  if (size >= Pages::kHugePage) {
    whole_.erase(block);
    return;
  }
  Release(block, static_cast<size_t>(std::countr_zero(size / kSmallest)), false);
}

void BlockArena::Release(char* block, size_t order, bool is_zero) {
  for (; order + 1 < kOrders; ++order) {
    char* const buddy =
        reinterpret_cast<char*>(reinterpret_cast<uintptr_t>(block) ^ (kSmallest << order));
    auto found = free_[order].find(buddy);
    if (found == free_[order].end()) break;
    is_zero = is_zero && found->second;
    free_[order].erase(found);
    block = std::min(block, buddy);
  }
  free_[order].emplace(block, is_zero);
}

size_t BlockArena::memory() const {
  size_t bytes = cut_.size() * Pages::kHugePage;
  for (const auto& [block, pages] : whole_) bytes += pages.size();
  return bytes;
}

}  // namespace rtstream
