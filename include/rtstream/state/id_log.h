#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "rtstream/base/bytes.h"
#include "rtstream/base/page_pool.h"
#include "rtstream/base/pages.h"
#include "rtstream/state/id_batch.h"

namespace rtstream {

// The bytes of ids (IdBatch), in chunks that belong to a bucket each and are freed whole. A UUID takes 16
// bytes, another id four more than it has, rounded up to 16. Chunks come in sizes from 512 bytes, so that a
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
    bool holds_uuids = false;
    Pages own;  // of a chunk for one id that is larger than a chunk
  };

  IdLog();

  void UsePages(PagePool& pool) { pool_ = &pool; }

  Chunk& chunk(uint32_t number) { return chunks_[number]; }
  const Chunk& ChunkOf(uint32_t ref) const { return chunks_[ref >> kChunkBits]; }
  static uint32_t ChunkNumberOf(uint32_t ref) { return ref >> kChunkBits; }
  static uint32_t UnitOf(uint32_t ref) { return ref & (kChunkUnits - 1); }

  // Whether the id has room behind the chunk's end. `number` 0: there is no chunk.
  bool Fits(uint32_t number, std::string_view id) const {
    return number != 0 && chunks_[number].used + UnitsOf(id) <= chunks_[number].size;
  }
  // A chunk for ids of the id's kind, with room for it, twice the size of chunk `before` (0: none).
  uint32_t NewChunk(int64_t bucket, std::string_view id, uint32_t before);
  // REQUIRES: Fits(). The id's reference, never 0.
  uint32_t Append(uint32_t number, std::string_view id) {
    Chunk& chunk = chunks_[number];
    char* const p = chunk.data + chunk.used * kUnit;
    const uint32_t ref = number << kChunkBits | chunk.used;
    chunk.used += UnitsOf(id);
    if (chunk.holds_uuids) {
      std::memcpy(p, id.data() + 1, IdBatch::kUuidBytes);
    } else {
      const auto size = static_cast<uint32_t>(id.size());
      std::memcpy(p, &size, sizeof size);
      std::memcpy(p + sizeof size, id.data(), id.size());
    }
    return ref;
  }
  // Gives the chunk's memory back. No reference into it may be used any more.
  void Free(uint32_t number);

  bool IsAt(uint32_t ref, std::string_view id) const {
    const Chunk& chunk = ChunkOf(ref);
    if (chunk.holds_uuids != IdBatch::IsUuid(id)) return false;
    const char* const p = AddressOf(ref);
    if (chunk.holds_uuids) return internal::EqualBytes(p, id.data() + 1, IdBatch::kUuidBytes);
    return SizeAt(p) == id.size() && internal::EqualBytes(p + sizeof(uint32_t), id.data(), id.size());
  }

  // Calls visit(ref, id) for the ids of a chunk from unit `begin` on, until it returns false. The view
  // is valid during the call. Returns the unit behind the last id for which it returned true.
  template <typename F>
  uint32_t Visit(uint32_t number, uint32_t begin, F&& visit) const {
    const Chunk& chunk = chunks_[number];
    char uuid[1 + IdBatch::kUuidBytes] = {IdBatch::kUuid};
    uint32_t at = begin;
    while (at < chunk.used) {
      const uint32_t ref = number << kChunkBits | at;
      const char* const p = AddressOf(ref);
      std::string_view id(p + sizeof(uint32_t), chunk.holds_uuids ? 0 : SizeAt(p));
      if (chunk.holds_uuids) {
        std::memcpy(uuid + 1, p, IdBatch::kUuidBytes);
        id = {uuid, sizeof uuid};
      }
      if (!visit(ref, id)) break;
      at += UnitsOf(id);
    }
    return at;
  }

  size_t memory() const { return memory_; }

 private:
  static uint32_t UnitsOf(std::string_view id) {
    if (IdBatch::IsUuid(id)) return 1;
    return static_cast<uint32_t>((id.size() + sizeof(uint32_t) + kUnit - 1) / kUnit);
  }
  const char* AddressOf(uint32_t ref) const {
    return ChunkOf(ref).data + UnitOf(ref) * kUnit;
  }
  static uint32_t SizeAt(const char* p) {
    uint32_t size = 0;
    std::memcpy(&size, p, sizeof size);
    return size;
  }

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
