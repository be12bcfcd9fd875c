#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <vector>

#include "rtstream/base/hash.h"
#include "rtstream/base/page_pool.h"
#include "rtstream/base/pages.h"

namespace rtstream {

// Ids, in chunks that belong to a bucket each and are freed whole: numbers of 16 bytes, and texts, which
// take four bytes more than they have, rounded up to 16. Chunks come in sizes from 512 bytes, so that a
// bucket of a few ids costs little, to 128 KiB. There are at most 524,287 of them, 64 GiB if they are
// large; one more throws std::bad_alloc, as does want of memory.
//
// Not thread-safe.
class IdLog {
 public:
  static constexpr size_t kUnit = 16;
  static constexpr uint32_t kChunkBits = 13;  // of units: 128 KiB
  static constexpr uint32_t kChunkUnits = uint32_t{1} << kChunkBits;  // of the largest
  static constexpr uint32_t kLeastUnits = 32;

  // Offsets are in units; below `settled` no claim is pending, below `committed` all are stored.
  struct Chunk {
    char* data = nullptr;
    int64_t bucket = 0;
    uint32_t size = 0;
    uint32_t used = 0, settled = 0, committed = 0;
    bool holds_numbers = false;
    Pages own;  // of a chunk for one id that is larger than a chunk
  };

  IdLog();

  void UsePages(PagePool& pool) { pool_ = &pool; }

  Chunk& chunk(uint32_t number) { return chunks_[number]; }
  const Chunk& ChunkOf(uint32_t ref) const { return chunks_[ref >> kChunkBits]; }
  static uint32_t ChunkNumberOf(uint32_t ref) { return ref >> kChunkBits; }
  static uint32_t UnitOf(uint32_t ref) { return ref & (kChunkUnits - 1); }

  // Whether the id has room behind the chunk's end. `number` 0: there is no chunk.
  template <typename Id>
  bool Fits(uint32_t number, const Id& id) const {
    return number != 0 && chunks_[number].used + UnitsOf(id) <= chunks_[number].size;
  }
  // A chunk for ids of the id's kind, with room for it, twice the size of chunk `before` (0: none).
  template <typename Id>
  uint32_t NewChunk(int64_t bucket, const Id& id, uint32_t before) {
    return NewChunk(bucket, std::is_same_v<Id, Word128>, UnitsOf(id), before);
  }
  // REQUIRES: Fits(). The id's reference, never 0.
  template <typename Id>
  uint32_t Append(uint32_t number, const Id& id) {
    Chunk& chunk = chunks_[number];
    char* const p = chunk.data + chunk.used * kUnit;
    const uint32_t ref = number << kChunkBits | chunk.used;
    chunk.used += UnitsOf(id);
    if constexpr (std::is_same_v<Id, Word128>) {
      std::memcpy(p, &id.high, sizeof id.high);
      asm volatile("" : : : "memory");  // GCC 12 would join the two through the stack
      std::memcpy(p + sizeof id.high, &id.low, sizeof id.low);
    } else {
      const auto size = static_cast<uint32_t>(id.size());
      std::memcpy(p, &size, sizeof size);
      std::memcpy(p + sizeof size, id.data(), id.size());
    }
    return ref;
  }
  // Gives the chunk's memory back. No reference into it may be used any more.
  void Free(uint32_t number);

  bool IsAt(uint32_t ref, const Word128& id) const {
    return ChunkOf(ref).holds_numbers && NumberAt(AddressOf(ref)) == id;
  }
  bool IsAt(uint32_t ref, std::string_view id) const {
    return !ChunkOf(ref).holds_numbers && TextAt(AddressOf(ref)) == id;
  }

  // Calls visit(ref, id) for the ids of a chunk from unit `begin` on, until it returns false; an id is a
  // Word128 or a view that is valid during the call. Returns the unit behind the last id for which it
  // returned true.
  template <typename F>
  uint32_t Visit(uint32_t number, uint32_t begin, F&& visit) const {
    const Chunk& chunk = chunks_[number];
    const auto each = [&](auto id_at) {
      uint32_t at = begin;
      while (at < chunk.used) {
        const uint32_t ref = number << kChunkBits | at;
        const auto id = id_at(AddressOf(ref));
        if (!visit(ref, id)) break;
        at += UnitsOf(id);
      }
      return at;
    };
    return chunk.holds_numbers ? each(NumberAt) : each(TextAt);
  }

  size_t memory() const { return memory_; }

 private:
  static uint32_t UnitsOf(const Word128&) { return 1; }
  static uint32_t UnitsOf(std::string_view id) {
    return static_cast<uint32_t>((id.size() + sizeof(uint32_t) + kUnit - 1) / kUnit);
  }
  const char* AddressOf(uint32_t ref) const {
    return ChunkOf(ref).data + UnitOf(ref) * kUnit;
  }
  static Word128 NumberAt(const char* p) {
    Word128 number;
    std::memcpy(&number.high, p, sizeof number.high);
    std::memcpy(&number.low, p + sizeof number.high, sizeof number.low);
    return number;
  }
  static std::string_view TextAt(const char* p) {
    uint32_t size = 0;
    std::memcpy(&size, p, sizeof size);
    return {p + sizeof size, size};
  }

  uint32_t NewChunk(int64_t bucket, bool holds_numbers, uint32_t units, uint32_t before);
  // Memory of a size that is a power of two times kLeastUnits.
  char* TakeMemory(uint32_t units);
  static size_t FreeList(uint32_t units);

  std::vector<Chunk> chunks_;  // number 0 is none
  std::vector<uint32_t> free_numbers_;
  PagePool* pool_ = nullptr;
  std::vector<Pages> blocks_;  // of a huge page, cut into chunks
  std::vector<std::vector<char*>> free_memory_;  // by FreeList()
  size_t memory_ = 0;
};

}  // namespace rtstream
