#include "rtstream/base/byte_buffer.h"

#include <algorithm>
#include <bit>

namespace rtstream {

void ByteBuffer::Grow(size_t more) {
  constexpr size_t kSmallest = 64 << 10;
  // Twice the size at least, and never more than what is needed rounded up to a power of two.
  Pages larger(std::max(kSmallest, std::bit_ceil(size_ + more)));
  if (size_ > 0) std::memcpy(larger.data(), memory_.data(), size_);
  memory_ = std::move(larger);
}

}  // namespace rtstream
