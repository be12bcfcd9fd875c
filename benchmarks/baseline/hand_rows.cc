#include "benchmarks/baseline/hand_rows.h"

namespace bench::hand {

void RowWriter::PutLongText(const char* text, size_t size) {
  size_t n = size;
  for (; n >= 0x80; n >>= 7) *p_++ = static_cast<char>(n | 0x80);
  *p_++ = static_cast<char>(n);
  std::memcpy(p_, text, size);
  p_ += size;
}

void RowWriter::MakeRoom(size_t most) {
  if (p_ != nullptr) Flush();
  if (static_cast<size_t>(end_ - buffer_.get()) < most) {
    buffer_ = std::make_unique<char[]>(most);
    end_ = buffer_.get() + most;
  }
  p_ = buffer_.get();
}

}  // namespace bench::hand
