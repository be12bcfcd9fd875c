#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <type_traits>
#include <vector>

#include "absl/types/span.h"
#include "rtstream/base/hash.h"
#include "rtstream/base/page_pool.h"
#include "rtstream/base/pages.h"

namespace rtstream {

// Memory for chunks: pieces of huge pages, of a least size times powers of two.
class ChunkMemory {
 public:
  explicit ChunkMemory(size_t least) : least_(least) {}  // `least`: bytes of the smallest piece
  // REQUIRES: nothing was taken.
  void set_least(size_t least) { least_ = least; }

  // Huge pages come from the pool from now on, which must outlive this.
  void UsePages(PagePool& pool) { pool_ = &pool; }
  // REQUIRES: `size` is the least size times a power of two of at most 2^kSteps.
  char* Take(size_t size);
  void Give(char* memory, size_t size);  // REQUIRES: Take(size) gave the memory
  // Memory of its own for what is larger than a piece.
  Pages TakeAlone(size_t size) { return pool_ != nullptr ? pool_->Take(size) : Pages(size); }
  // Takes and touches what so many pieces of the largest size need.
  void Reserve(size_t pieces);
  // Bytes of huge pages, in use or free.
  size_t memory() const { return blocks_.size() * Pages::kHugePage; }

  static constexpr size_t kSteps = 8;  // the largest piece is 2^kSteps of the smallest

 private:
  size_t ListOf(size_t size) const;

  size_t least_;
  PagePool* pool_ = nullptr;
  std::vector<Pages> blocks_;  // of a huge page
  std::vector<char*> free_[kSteps + 1];
};

// Ids, in chunks that belong to a bucket and a slice each and are freed whole. Of a number there is its
// hash, which stands for it (IdHash), without the 32 bits at the top, which the index has as the tag: 12
// bytes, or 4 of a fingerprint of 64 bits. A text takes four bytes more than it has, rounded up to 16. The
// tags of numbers that are still to be stored are kept beside them.
//
// Chunks come in sizes from 32 units, so that a bucket of a few ids costs little, to 8192. There are at most
// 524,287 of them: 4 G numbers. Throws std::bad_alloc for want of memory. Not thread-safe;
// what stands below `used` of a chunk does not change and may be read by another thread until it is freed.
class IdLog {
 public:
  static constexpr size_t kTextUnit = 16;                             // bytes of a unit of text
  static constexpr uint32_t kChunkBits = 13;                          // of units
  static constexpr uint32_t kChunkUnits = uint32_t{1} << kChunkBits;  // of the largest
  static constexpr uint32_t kLeastUnits = 32;                         // units of the smallest chunk

  // Offsets are in units; below `settled` no claim is pending, below `committed` all are stored.
  struct Chunk {
    char* data = nullptr;         // units, one behind the other
    int64_t bucket = 0;           // all of its ids belong to it
    uint32_t size = 0;            // units that fit
    uint32_t used = 0;            // units filled
    uint32_t settled = 0;         // of these, the first ones
    uint32_t committed = 0;       // of these, the first ones
    uint32_t references = 0;      // of the index, to it
    uint32_t slice = 0;           // of the ids' records
    bool holds_numbers = false;   // numbers; else texts
    std::vector<uint32_t> tags;   // of its last units; none if they are not asked for
    std::vector<uint32_t> holes;  // units that were given back, ascending
    Pages own;                    // of a chunk for one id that is larger than a chunk
  };

  IdLog();

  void UsePages(PagePool& pool);  // as ChunkMemory
  // Numbers are fingerprints. REQUIRES: there are no ids.
  void UseFingerprints();
  // Whether UseFingerprints() was called.
  bool uses_fingerprints() const { return number_bytes_ == kFingerprintBytes; }
  // Takes and touches the memory of so many numbers.
  void Reserve(size_t numbers) { numbers_.Reserve(numbers / kChunkUnits + 1); }
  // Which tags are kept.
  enum class Tags {
    kNone,         // of no ids
    kUncommitted,  // of ids that are still to be stored: the default
    kAll,          // of all ids
  };
  void KeepTags(Tags tags) { tags_ = tags; }  // REQUIRES: there are no ids

  // REQUIRES for both: NewChunk() gave the number.
  Chunk& chunk(uint32_t number) { return pieces_[number / kPiece][number % kPiece]; }
  // The same, to look at.
  const Chunk& chunk(uint32_t number) const { return pieces_[number / kPiece][number % kPiece]; }
  // The chunk that a reference is in.
  const Chunk& ChunkOf(uint32_t ref) const { return chunk(ref >> kChunkBits); }
  // The upper bits of a reference.
  static uint32_t ChunkNumberOf(uint32_t ref) { return ref >> kChunkBits; }
  // The lower bits: where in the chunk.
  static uint32_t UnitOf(uint32_t ref) { return ref & (kChunkUnits - 1); }

  // Whether the id has room behind the chunk's end. `number` 0: there is no chunk.
  template <typename Id>
  bool Fits(uint32_t number, const Id& id) const {
    return number != 0 && chunk(number).used + UnitsOf(id) <= chunk(number).size;
  }
  // Most chunks at a time.
  static constexpr uint32_t kMostChunks = (uint32_t{1} << (32 - kChunkBits)) - 1;
  // Whether fewer than kMostChunks are in use.
  bool may_make_chunk() const { return !free_numbers_.empty() || numbers_given_ <= kMostChunks; }
  // A chunk for ids of the id's kind, with room for it, twice the size of chunk `before` (0: none).
  // REQUIRES: may_make_chunk().
  template <typename Id>
  uint32_t NewChunk(int64_t bucket, uint32_t slice, const Id& id, uint32_t before) {
    return NewChunk(bucket, slice, std::is_same_v<Id, Word128>, UnitsOf(id), before);
  }
  // REQUIRES: Fits(). The id's reference, never 0. Of a number its hash is given.
  template <typename Id>
  uint32_t Append(uint32_t number, const Id& id) {
    Chunk& chunk = this->chunk(number);
    const uint32_t ref = number << kChunkBits | chunk.used;
    if constexpr (std::is_same_v<Id, Word128>) {
      char* const p = chunk.data + chunk.used * number_bytes_;
      const auto rest = static_cast<uint32_t>(id.high);
      std::memcpy(p, &rest, sizeof rest);
      if (number_bytes_ != kFingerprintBytes) std::memcpy(p + sizeof rest, &id.low, sizeof id.low);
      if (tags_ != Tags::kNone) chunk.tags.push_back(static_cast<uint32_t>(id.high >> 32));
    } else {
      char* const p = chunk.data + chunk.used * kTextUnit;
      const auto size = static_cast<uint32_t>(id.size());
      std::memcpy(p, &size, sizeof size);
      std::memcpy(p + sizeof size, id.data(), id.size());
    }
    chunk.used += UnitsOf(id);
    return ref;
  }
  // The same for the hashes of numbers, one behind the other. REQUIRES: they fit.
  void AppendAll(uint32_t number, absl::Span<const Word128> hashes);
  // All of the chunk is stored.
  void SetCommitted(uint32_t number);
  // Gives the chunk's memory back, but not its number: see FreeNumber().
  void Free(uint32_t number);
  // The number may be used again: no reference with it is left anywhere.
  void FreeNumber(uint32_t number) { free_numbers_.push_back(number); }

  // REQUIRES: the reference's tag is that of the hash.
  bool IsAt(uint32_t ref, const Word128& hash) const {
    const Chunk& chunk = ChunkOf(ref);
    if (!chunk.holds_numbers) return false;
    const Word128 found = RestAt(chunk, UnitOf(ref), number_bytes_);
    return ((found.high ^ (hash.high & 0xffffffff)) | (found.low ^ hash.low)) == 0;
  }
  // Whether the text stands there.
  bool IsAt(uint32_t ref, std::string_view id) const {
    const Chunk& chunk = ChunkOf(ref);
    return !chunk.holds_numbers && TextAt(chunk.data + UnitOf(ref) * kTextUnit) == id;
  }

  // Calls visit(hash) for the numbers of a chunk from `begin` on, without the holes. REQUIRES: their tags
  // were kept.
  template <typename F>
  void VisitNumbers(const Chunk& chunk, uint32_t begin, F&& visit) const {
    const uint32_t first_tag = chunk.used - static_cast<uint32_t>(chunk.tags.size());
    size_t hole = FirstHole(chunk, begin);
    for (uint32_t at = begin; at < chunk.used; ++at) {
      if (hole < chunk.holes.size() && chunk.holes[hole] == at) [[unlikely]] {
        ++hole;
        continue;
      }
      Word128 hash = RestAt(chunk, at, number_bytes_);
      hash.high |= uint64_t{chunk.tags[at - first_tag]} << 32;
      visit(hash);
    }
  }
  // Adds those of a chunk's numbers whose high half is in [first, last]. REQUIRES: all their tags were kept.
  // By any thread, if the chunk does not change.
  static void AppendRange(const Chunk& chunk, bool are_fingerprints, uint64_t first, uint64_t last,
                          std::vector<Word128>& out);
  // As VisitNumbers, for texts: visit(text).
  template <typename F>
  void VisitTexts(const Chunk& chunk, uint32_t begin, F&& visit) const {
    size_t hole = FirstHole(chunk, begin);
    for (uint32_t at = begin; at < chunk.used;) {
      const std::string_view text = TextAt(chunk.data + at * kTextUnit);
      if (hole < chunk.holes.size() && chunk.holes[hole] == at) [[unlikely]] {
        ++hole;
      } else {
        visit(text);
      }
      at += UnitsOf(text);
    }
  }

  size_t memory() const;  // bytes of chunks, those that are free included

 private:
  static constexpr uint32_t kExactBytes = 12, kFingerprintBytes = 4;

  static uint32_t UnitsOf(const Word128&) { return 1; }
  static uint32_t UnitsOf(std::string_view id) {
    return static_cast<uint32_t>((id.size() + sizeof(uint32_t) + kTextUnit - 1) / kTextUnit);
  }
  // A number's hash without the tag; of a fingerprint the low half is 0.
  static Word128 RestAt(const Chunk& chunk, uint32_t unit, uint32_t number_bytes) {
    const char* const p = chunk.data + unit * number_bytes;
    uint32_t rest = 0;
    Word128 hash;
    std::memcpy(&rest, p, sizeof rest);
    hash.high = rest;
    if (number_bytes != kFingerprintBytes) std::memcpy(&hash.low, p + sizeof rest, sizeof hash.low);
    return hash;
  }
  static std::string_view TextAt(const char* p) {
    uint32_t size = 0;
    std::memcpy(&size, p, sizeof size);
    return {p + sizeof size, size};
  }
  void TakeTags(Chunk& chunk);
  void GiveTags(Chunk& chunk);
  static size_t FirstHole(const Chunk& chunk, uint32_t begin);
  uint32_t NewChunk(int64_t bucket, uint32_t slice, bool holds_numbers, uint32_t units, uint32_t before);

  uint32_t number_bytes_ = kExactBytes;
  Tags tags_ = Tags::kUncommitted;
  static constexpr uint32_t kPiece = 1024;
  std::vector<std::unique_ptr<Chunk[]>> pieces_;  // of kPiece chunks, which stay where they are
  uint32_t numbers_given_ = 1;                    // number 0 is none
  std::vector<uint32_t> free_numbers_;
  ChunkMemory numbers_{kLeastUnits * kExactBytes}, texts_{kLeastUnits * kTextUnit};
  size_t own_memory_ = 0;  // of chunks that have memory of their own
  size_t tag_memory_ = 0;
  std::vector<std::vector<uint32_t>> spare_tags_;
};

}  // namespace rtstream
