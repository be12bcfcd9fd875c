#include "rtstream/state/key_slots.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <utility>

namespace rtstream::internal {

KeySlots::KeySlots(size_t homes)
    : homes_(homes),
      size_(homes + std::clamp<size_t>(homes / 8, 8, kLongestTail)),
      shift_(32 - std::countr_zero(homes)) {
  if (shift_ < 0) throw std::bad_alloc();
  const size_t pieces = (size_ + kPiece - 1) / kPiece;
  pieces_.reserve(pieces);
  at_.reserve(pieces);
}

void KeySlots::Provide(size_t i, std::vector<Pages>& spare, PagePool* pool) {
  i = std::min(i, size_ - 1);
  while (provided_ <= i) {
    // The last piece is as large as what is left.
    const size_t slots = std::min(kPiece, size_ - provided_);
    if (slots == kPiece && !spare.empty()) {
      pieces_.push_back(std::move(spare.back()));
      spare.pop_back();
    } else {
      const size_t bytes = slots * sizeof(KeySlot);
      pieces_.push_back(pool != nullptr ? pool->Take(bytes) : Pages(bytes));
    }
    at_.push_back(reinterpret_cast<KeySlot*>(pieces_.back().data()));
    provided_ += slots;
  }
}

void KeySlots::GiveBack(size_t i, std::vector<Pages>& spare) {
  for (; (given_back_ + 1) * kPiece <= i; ++given_back_) {
    spare.push_back(std::move(pieces_[given_back_]));
    at_[given_back_] = nullptr;
  }
}

void KeySlots::Touch() {
  for (const Pages& piece : pieces_) std::memset(piece.data(), 0, piece.size());
}

size_t KeySlots::memory() const {
  size_t bytes = 0;
  for (const Pages& piece : pieces_) bytes += piece.size();
  return bytes;
}

}  // namespace rtstream::internal
