#include "rtstream/base/arena.h"

#include <algorithm>
#include <utility>

namespace rtstream {

void Arena::NextBlock(size_t n) {
  if (used_ == blocks_.size() || blocks_[used_].size < n) {
    const size_t size = std::max(n, kBlock);
    blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(used_),
                   Block{std::unique_ptr<char[]>(new char[size]), size});
  }
  next_ = blocks_[used_].bytes.get();
  left_ = blocks_[used_].size;
  ++used_;
}

void Arena::Clear() {
  if (used_ == 0) return;
  std::erase_if(blocks_, [](const Block& b) { return b.size > kBlock; });
  used_ = 0;
  next_ = nullptr;
  left_ = 0;
}

size_t Arena::memory() const {
  size_t bytes = 0;
  for (const Block& b : blocks_) bytes += b.size;
  return bytes;
}

}  // namespace rtstream
