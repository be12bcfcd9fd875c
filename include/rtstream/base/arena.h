#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace rtstream {

// Memory for texts that live as long as a batch: taken piece by piece, given back all at once. Keeps
// its blocks for the next batch, so that a steady stream allocates nothing. Not thread-safe.
class Arena {
 public:
  // n bytes, valid until Clear(). Not aligned beyond 1.
  char* Allocate(size_t n) {
    if (n > left_) NextBlock(n);
    char* p = next_;
    next_ += n;
    left_ -= n;
    return p;
  }
  // A copy of `text`, valid until Clear().
  std::string_view Copy(std::string_view text) {
    if (text.empty()) return {};
    char* p = Allocate(text.size());
    std::memcpy(p, text.data(), text.size());
    return {p, text.size()};
  }
  // Invalidates everything given out. Blocks of unusual size are freed.
  void Clear();

  size_t memory() const;  // bytes that its blocks take, given out or not

 private:
  static constexpr size_t kBlock = 64 * 1024;
  struct Block {
    std::unique_ptr<char[]> bytes;
    size_t size;
  };
  void NextBlock(size_t n);

  std::vector<Block> blocks_;
  size_t used_ = 0;  // blocks in use
  char* next_ = nullptr;
  size_t left_ = 0;
};

}  // namespace rtstream
