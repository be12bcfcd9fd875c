#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "benchmarks/baseline/hand_bits.h"
#include "rtstream/base/pages.h"

namespace bench::hand {

// Values by a number other than 0: one array in huge pages, open addressing by the hash's high bits, made
// for so many keys and never grown. Slots lie in as few cache lines as they can if their size is a power
// of two.
template <typename V>
class Table {
 public:
  struct Slot {
    uint64_t key;  // 0: none
    V value;
  };

  // For `keys` keys at a load of a half, touched. A new value is V{}.
  explicit Table(uint64_t keys)
      : log_(CeilLog2(keys * 2)), pages_((sizeof(Slot) << log_)),
        slots_(reinterpret_cast<Slot*>(pages_.data())) {
    for (size_t i = 0; i <= mask(); ++i) slots_[i] = Slot{};
  }

  [[gnu::always_inline]] void Prefetch(uint64_t key) const { __builtin_prefetch(&slots_[Home(key)], 1); }
  // REQUIRES: has_room_for(1).
  [[gnu::always_inline]] V& operator[](uint64_t key) {
    size_t i = Home(key);
    while (slots_[i].key != key) {
      if (slots_[i].key == 0) {
        slots_[i].key = key;
        ++size_;
        break;
      }
      i = (i + 1) & mask();
    }
    return slots_[i].value;
  }

  bool has_room_for(size_t n) const { return size_ + n <= mask() - (mask() >> 3); }
  size_t size() const { return size_; }

  template <typename Visit>
  void ForEach(Visit&& visit) const {
    for (size_t i = 0; i <= mask(); ++i) {
      if (slots_[i].key != 0) visit(slots_[i].value);
    }
  }

 private:
  size_t mask() const { return (size_t{1} << log_) - 1; }
  size_t Home(uint64_t key) const { return hash_(key) >> (64 - log_); }

  FoldHash hash_;
  int log_;
  rtstream::Pages pages_;
  Slot* slots_;
  size_t size_ = 0;
};

}  // namespace bench::hand
