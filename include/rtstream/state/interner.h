#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "rtstream/base/arena.h"
#include "rtstream/base/hash.h"
#include "rtstream/base/page_pool.h"
#include "rtstream/base/short_text.h"
#include "rtstream/state/block_arena.h"
#include "rtstream/state/checkpoint.h"
#include "rtstream/state/keyed_table.h"
#include "rtstream/state/packed_probe.h"
#include "rtstream/state/packed_shard.h"

namespace rtstream {

namespace internal {
// Beside a text of 16 bytes: two to a cache line.
struct alignas(16) TextNumber {
  uint32_t number = 0;
};
}  // namespace internal

// Numbers for texts: 0, 1, 2 ... in the order in which they first came, the same for ever once they are
// committed. Keys of state that are made of numbers take one look-up of a few bytes where texts take
// two and are stored with every change.
//
// Stored as blocks of texts in the order of their numbers; neighbouring blocks are put together as they
// come, so that there are few and each text is written again some log2 times:
//
//   <scope>t/<first number>      texts
//
// Memory: the text and some 80 bytes. Texts are never forgotten. Not thread-safe; the operator's lane
// uses it.
class Interner {
 public:
  static constexpr uint32_t kNone = ~uint32_t{0};  // the number of no text

  Interner() { short_.Init(0, 1); }

  // Memory comes from the pool from now on, which must outlive the interner.
  void UsePages(PagePool& pool) {
    arena_->UsePages(pool);
    long_.UsePages(pool);
  }

  // Some texts, packed and hashed before they are looked up, in a loop that does nothing else: so their
  // memory is asked for at once.
  class Ahead {
   public:
    static constexpr size_t kTexts = 32;  // texts that are prepared at a time

    // `readable`: bytes of which 16 can be read from wherever a text begins.
    void Begin(const Interner& interner, std::string_view readable) {
      layout_ = interner.layout_;
      readable_ = reinterpret_cast<uintptr_t>(readable.data());
      readable_size_ = readable.size();
    }
    // REQUIRES: i < kTexts.
    [[gnu::always_inline]] void Prepare(const Interner& interner, size_t i, std::string_view text) {
      if (!IsShort(text)) [[unlikely]] {
        packed_[i] = kOfNoText;
        homes_[i] = interner.short_.Home(0);
        return;
      }
      const bool is_readable = reinterpret_cast<uintptr_t>(text.data()) - readable_ < readable_size_;
      const Word128 packed = is_readable ? PackReadableText(text) : PackText(text);
      packed_[i] = packed;
      homes_[i] = interner.short_.Home(interner.hash_(packed));
      __builtin_prefetch(homes_[i]);
    }

   private:
    friend class Interner;
    // Its length is that of no short text.
    static constexpr Word128 kOfNoText{~uint64_t{0}, ~uint64_t{0}};
    using Entry = internal::PackedShard<Word128, internal::TextNumber>::Entry;
    std::array<Entry*, kTexts> homes_{};
    std::array<Word128, kTexts> packed_{};
    uintptr_t readable_ = 0;
    size_t readable_size_ = 0;
    uint64_t layout_ = 0;  // of the homes; an insert since then may have moved them
  };

  // The number of the text that Prepare() was given as the i-th. kNone: it has none, or not where that
  // looked; then Intern() or Find() say.
  [[gnu::always_inline]] uint32_t FindPrepared(const Ahead& ahead, size_t i) const {
    if (ahead.layout_ != layout_) [[unlikely]] return kNone;
    const auto* const home = ahead.homes_[i];
    const Word128& packed = ahead.packed_[i];
    // Which of a line's two slots it is in, no branch can foresee.
    const unsigned is_first = IsSame(home[0].packed, packed), is_second = IsSame(home[1].packed, packed);
    return (is_first | is_second) != 0 ? home[is_second].value.number : kNone;
  }
  // The text's number; a new one, if it has none and fewer than `max_texts` are known; else kNone.
  uint32_t Intern(std::string_view text, uint32_t max_texts = kNone);

  // For who keeps a copy of what another interner has given: the number that Remember() was told, or kNone.
  uint32_t Find(std::string_view text);
  // Such a copy has no texts: text(), size() and Checkpoint() know nothing of it.
  void Remember(std::string_view text, uint32_t number);

  // REQUIRES: number < size().
  std::string_view text(uint32_t number) const { return texts_[number]; }
  // Texts that have a number.
  uint32_t size() const { return static_cast<uint32_t>(texts_.size()); }

  void Checkpoint(CheckpointWriter& out);  // writes the texts that are new since the last call
  // REQUIRES: the interner is new.
  absl::Status Restore(const CheckpointReader& in);

  // Of texts and tables, in bytes.
  size_t memory() const {
    return arena_->memory() + long_.memory() + bytes_.memory() + texts_.size() * sizeof(std::string_view);
  }

 private:
  struct Block {
    uint32_t first = 0;
    uint32_t count = 0;
    uint64_t bytes = 0;
  };

  using Probe = internal::PackedProbe<Word128, internal::TextNumber>;
  static_assert(Probe::kPerHome == 2, "FindAhead() looks at two slots");

  // 1 or 0, in arithmetic.
  [[gnu::always_inline]] static unsigned IsSame(const Word128& a, const Word128& b) {
#if defined(__SSE2__)
    const auto load = [](const Word128& w) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(&w)); };
    return (static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(load(a), load(b)))) + 1) >> 16;
#else
    return a == b ? 1 : 0;
#endif
  }
  // The empty text is packed as what an empty slot holds.
  static bool IsShort(std::string_view text) { return text.size() - 1 < kLongestShortText; }
  internal::PackedShard<Word128, internal::TextNumber>::Entry& Insert(const Word128& packed);
  uint32_t InternLong(std::string_view text, uint32_t max_texts);
  uint32_t Add(std::string_view text);
  std::string Encode(const Block& block) const;

  std::unique_ptr<BlockArena> arena_ = std::make_unique<BlockArena>();
  internal::PackedShard<Word128, internal::TextNumber> short_;
  SecretFold hash_;
  uint64_t layout_ = 0;  // changes with the homes of short_
  KeyedTable<uint32_t> long_;
  Arena bytes_;
  std::deque<std::string_view> texts_;
  std::vector<Block> blocks_;  // stored
  uint64_t new_bytes_ = 0;     // of texts that are not
};

// The committed texts of an Intern operator, in the order of their numbers: visit(text).
absl::Status ReadTexts(const StateReader& store, std::string_view op,
                       absl::FunctionRef<void(std::string_view text)> visit);

}  // namespace rtstream
