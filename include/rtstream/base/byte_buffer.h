#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

#include "rtstream/base/pages.h"

namespace rtstream {

// Bytes that grow at the end, such as rows on their way to a file. Unlike a string it does not clear what it
// grows by, and its memory begins at a page, so that a file can be written from it past the system's cache
// (O_DIRECT). Keeps its memory. Movable; a moved-from buffer is empty.
//
//   char* p = buffer.Room(bound);
//   p = internal::PutDecimal(mantissa, 2, p);
//   buffer.EndAt(p);
class ByteBuffer {
 public:
  ByteBuffer() = default;
  ByteBuffer(ByteBuffer&& other) noexcept
      : memory_(std::move(other.memory_)), size_(std::exchange(other.size_, 0)) {}
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    memory_ = std::move(other.memory_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  const char* data() const { return memory_.data(); }  // valid as view() is
  size_t size() const { return size_; }                // bytes added since it was made or cleared
  bool empty() const { return size_ == 0; }            // whether view() holds nothing
  size_t capacity() const { return memory_.size(); }   // bytes of memory that it holds
  // Valid until bytes are added.
  std::string_view view() const { return {memory_.data(), size_}; }

  // Where the bytes end, with room for `n` more. Valid until the next call of a method that is not const.
  // Throws std::bad_alloc as Pages does.
  char* Room(size_t n) {
    if (memory_.size() - size_ < n) [[unlikely]] Grow(n);
    return memory_.data() + size_;
  }
  // The bytes end here now. REQUIRES: `end` is in the room that was asked for.
  void EndAt(const char* end) { size_ = static_cast<size_t>(end - memory_.data()); }

  // Copies the bytes. Throws as Room() does.
  void Append(std::string_view bytes) {
    char* const p = Room(bytes.size());
    if (!bytes.empty()) std::memcpy(p, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void Clear() { size_ = 0; }  // forgets the bytes and keeps the memory

 private:
  void Grow(size_t more);

  Pages memory_;
  size_t size_ = 0;
};

}  // namespace rtstream
