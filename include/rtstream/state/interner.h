#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "rtstream/base/arena.h"
#include "rtstream/base/page_pool.h"
#include "rtstream/base/short_text.h"
#include "rtstream/state/checkpoint.h"
#include "rtstream/state/keyed_table.h"
#include "rtstream/state/packed_table.h"

namespace rtstream {

// Numbers for texts: 0, 1, 2 ... in the order in which they first came, the same for ever once they are
// committed. Keys of state that are made of numbers take one look-up of a few bytes where texts take
// two and are stored with every change.
//
// Stored as blocks of texts in the order of their numbers; neighbouring blocks are put together as they
// come, so that there are few and each text is written again some log2 times:
//
//   <scope>t/<first number>      texts
//
// Memory: the text and some 50 bytes. Texts are never forgotten. Not thread-safe; the operator's lane
// uses it.
class Interner {
 public:
  static constexpr uint32_t kNone = ~uint32_t{0};
  using Table = PackedTable<Word128, uint32_t>;  // of short texts

  void UsePages(PagePool& pool) {
    short_.UsePages(pool);
    long_.UsePages(pool);
  }

  // The texts of a batch, packed and hashed some rows before they are looked up.
  class Batch {
   public:
    void Begin(const Interner& interner, size_t rows);
    [[gnu::always_inline]] void Prepare(const Interner& interner, size_t i, std::string_view text) {
      if (text.size() > kLongestShortText) return;
      const Word128 packed = PackText(text);
      // Halves apart: written as one of 16 bytes, the key would be read back before it is there.
      high_[i] = packed.high;
      low_[i] = packed.low;
      shards_[i] = static_cast<uint8_t>(ShardOf(packed));
      homes_[i] = interner.short_.Home(packed, shards_[i]);
      Table::Prefetch(homes_[i]);
    }

   private:
    friend class Interner;
    std::vector<Table::Entry*> homes_;
    std::vector<uint64_t> high_, low_;
    std::vector<uint8_t> shards_;
    uint64_t layout_ = 0;  // of the homes; an insert since then may have moved them
  };

  // The number of the text that Prepare() was given for row `i`; a new one, if it has none and fewer than
  // `max_texts` are known; else kNone.
  uint32_t Intern(const Batch& batch, size_t i, std::string_view text, uint32_t max_texts) {
    if (text.size() > kLongestShortText) [[unlikely]] return InternLong(text, max_texts);
    const Word128 packed{batch.high_[i], batch.low_[i]};
    if (batch.layout_ == short_.layout()) [[likely]] {
      const auto known = short_.Find(batch.homes_[i], batch.shards_[i], packed);
      if (known) [[likely]] return known->value;
    }
    return InternShort(packed, text, max_texts);
  }
  // The same for one text by itself.
  uint32_t Intern(std::string_view text, uint32_t max_texts = kNone);

  // REQUIRES: number < size().
  std::string_view text(uint32_t number) const { return texts_[number]; }
  uint32_t size() const { return static_cast<uint32_t>(texts_.size()); }

  void Checkpoint(CheckpointWriter& out);
  // REQUIRES: the interner is new.
  absl::Status Restore(const CheckpointReader& in);

 private:
  struct Block {
    uint32_t first = 0;
    uint32_t count = 0;
    uint64_t bytes = 0;
  };

  static uint32_t ShardOf(const Word128& packed) { return Table::SliceOf(packed); }
  uint32_t InternLong(std::string_view text, uint32_t max_texts);
  uint32_t InternShort(const Word128& packed, std::string_view text, uint32_t max_texts);
  uint32_t Add(std::string_view text);
  std::string Encode(const Block& block) const;

  Table short_;
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
