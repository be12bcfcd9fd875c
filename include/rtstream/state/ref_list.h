#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

// Not for use: a part of KeyIndex.
namespace rtstream::internal {

// References in a row, like a vector that never moves what it has: each further piece is as large as all
// before it, so that no push copies more than one. Keeps its memory until it is destroyed.
class RefList {
 public:
  uint32_t& operator[](size_t i) { return pieces_[PieceOf(i)][i - FirstOf(PieceOf(i))]; }
  uint32_t operator[](size_t i) const { return pieces_[PieceOf(i)][i - FirstOf(PieceOf(i))]; }

  void push_back(uint32_t ref) {
    if (size_ == capacity_) AddPiece();
    ++size_;
    (*this)[size_ - 1] = ref;
  }
  void pop_back() { --size_; }
  void clear() { size_ = 0; }

  uint32_t back() const { return (*this)[size_ - 1]; }
  size_t size() const { return size_; }

 private:
  static constexpr size_t kFirstBits = 4;

  // Piece 0 holds 16 references, piece k > 0 those from 8 << k to 16 << k.
  static size_t PieceOf(size_t i) { return static_cast<size_t>(std::bit_width(i >> kFirstBits)); }
  static size_t FirstOf(size_t piece) { return piece == 0 ? 0 : size_t{1} << (kFirstBits + piece - 1); }

  void AddPiece() {
    const size_t size = FirstOf(pieces_.size() + 1) - FirstOf(pieces_.size());
    // Not written to: the system gives memory a page at a time, when it is used.
    pieces_.push_back(std::make_unique_for_overwrite<uint32_t[]>(size));
    capacity_ += size;
  }

  std::vector<std::unique_ptr<uint32_t[]>> pieces_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace rtstream::internal
