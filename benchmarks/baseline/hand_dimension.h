#pragma once

#include <emmintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "benchmarks/baseline/hand_bits.h"
#include "rtstream/base/pages.h"

namespace bench::hand {

// Numbers from 0 for texts, and what is known of each: a small number. Texts of up to 16 bytes stand in
// the table itself, two to a cache line.
class Dimension {
 public:
  struct Found {
    uint32_t id;
    uint32_t known;
  };
  // A text of up to 16 bytes filled up with zeros, or any longer one.
  struct Key {
    uint64_t low, high;
  };

  // What a new text gets.
  explicit Dimension(uint32_t unknown) : unknown_(unknown) { Rehash(10); }

  // REQUIRES: 16 bytes may be read from p.
  static Key KeyOf(const char* p, size_t size) {
    const __m128i mask = Load16(kMask + 16 - (size < 16 ? size : 16));
    const __m128i text = _mm_and_si128(Load16(p), mask);
    return {static_cast<uint64_t>(_mm_cvtsi128_si64(text)),
            static_cast<uint64_t>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(text, text)))};
  }

  [[gnu::always_inline]] void Prefetch(const char* p, size_t size) const {
    const Key key = KeyOf(p, size);
    __builtin_prefetch(&slots()[Home(key)]);
  }
  // The text's number, a new one if it is not known.
  [[gnu::always_inline]] Found Find(const char* p, size_t size) {
    const Key key = KeyOf(p, size);
    for (size_t i = Home(key); size <= 16; i = (i + 1) & mask()) {
      const Slot& slot = slots()[i];
      if (slot.key.low == key.low && slot.key.high == key.high && slot.size == size) [[likely]] {
        return slot.found;
      }
      if (slot.size == 0) break;
    }
    return Other({p, size});
  }
  // REQUIRES: the text is new.
  void Add(std::string_view text, uint32_t known);

  size_t size() const { return size_; }

 private:
  struct alignas(32) Slot {
    Key key;
    Found found;
    uint32_t size;  // of the text; 0: a free slot
  };
  alignas(16) static constexpr char kMask[32] = {-1, -1, -1, -1, -1, -1, -1, -1,
                                                 -1, -1, -1, -1, -1, -1, -1, -1};

  Slot* slots() const { return reinterpret_cast<Slot*>(pages_.data()); }
  size_t mask() const { return (size_t{1} << log_) - 1; }
  size_t Home(const Key& key) const { return hash_(key.high, key.low) >> (64 - log_); }
  [[gnu::noinline]] Found Other(std::string_view text);
  void Put(const Slot& slot);
  void Rehash(int log);

  FoldHash hash_;
  uint32_t unknown_;
  int log_ = 0;
  uint32_t size_ = 0;
  rtstream::Pages pages_;
  absl::flat_hash_map<std::string, Found> long_texts_;
};

}  // namespace bench::hand
