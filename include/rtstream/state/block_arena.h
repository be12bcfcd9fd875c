#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <vector>

#include "rtstream/base/page_pool.h"
#include "rtstream/base/pages.h"

namespace rtstream {

// Blocks of memory for tables that grow by doubling: cut from huge pages by halving, and put together
// again when both halves are free (a buddy allocator), so that what a growing table leaves behind serves
// the others. Blocks are zeroed.
//
// Knuth, The Art of Computer Programming 1, 2.5. Not thread-safe. Everything is freed with the arena.
class BlockArena {
 public:
  static constexpr size_t kSmallest = 256;  // bytes of the least block

  // Huge pages come from the pool from now on, which must outlive their taking.
  void UsePages(PagePool& pool) { pool_ = &pool; }

  // The size of block that Take() gives for at least `bytes`: a power of two up to a huge page, above it
  // a multiple of one.
  static size_t SizeFor(size_t bytes);

  // A block of `size` bytes, which SizeFor() gave, aligned to 64. Throws std::bad_alloc without memory.
  char* Take(size_t size);
  // REQUIRES: `block` came from Take(size).
  void Give(char* block, size_t size);

  // Bytes held from the system.
  size_t memory() const;

 private:
  // Sizes that are cut: kSmallest << order, below a huge page.
  static constexpr size_t kOrders = 13;
  static_assert(kSmallest << kOrders == Pages::kHugePage);

  void Release(char* block, size_t order, bool is_zero);

  PagePool* pool_ = nullptr;
  std::map<char*, Pages> whole_;  // blocks of a huge page or more
  std::vector<Pages> cut_;
  std::array<std::map<char*, bool>, kOrders> free_;  // whether they are zeroed still
};

}  // namespace rtstream
