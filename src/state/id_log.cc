#include "rtstream/state/id_log.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace rtstream {

static_assert(IdLog::kLeastUnits << ChunkMemory::kSteps == IdLog::kChunkUnits);

size_t ChunkMemory::ListOf(size_t size) const {
  return static_cast<size_t>(std::countr_zero(size / least_));
}

char* ChunkMemory::Take(size_t size) {
  std::vector<char*>& free = free_[ListOf(size)];
  if (free.empty()) {
    // The next larger size is cut in two, a page into as many of the largest as it has room for.
    char* whole = nullptr;
    size_t bytes = 2 * size;
    if (size < least_ << kSteps) {
      whole = Take(2 * size);
    } else {
      blocks_.push_back(TakeAlone(Pages::kHugePage));
      whole = blocks_.back().data();
      bytes = Pages::kHugePage / size * size;
    }
    for (size_t at = bytes; at > 0; at -= size) free.push_back(whole + at - size);
  }
  char* const memory = free.back();
  free.pop_back();
  return memory;
}

void ChunkMemory::Reserve(size_t pieces) {
  const size_t size = least_ << kSteps;
  std::vector<char*>& free = free_[kSteps];
  while (free.size() < pieces) {
    blocks_.push_back(TakeAlone(Pages::kHugePage));
    char* const block = blocks_.back().data();
    std::memset(block, 0, Pages::kHugePage);
    for (size_t at = 0; at + size <= Pages::kHugePage; at += size) free.push_back(block + at);
  }
}

void ChunkMemory::Give(char* memory, size_t size) { free_[ListOf(size)].push_back(memory); }

IdLog::IdLog() { pieces_.push_back(std::make_unique<Chunk[]>(kPiece)); }

void IdLog::UsePages(PagePool& pool) {
  numbers_.UsePages(pool);
  texts_.UsePages(pool);
}

void IdLog::UseFingerprints() {
  number_bytes_ = kFingerprintBytes;
  numbers_.set_least(kLeastUnits * kFingerprintBytes);
}

uint32_t IdLog::NewChunk(int64_t bucket, uint32_t slice, bool holds_numbers, uint32_t units,
                         uint32_t before) {
  Chunk chunk;
  chunk.bucket = bucket;
  chunk.slice = slice;
  chunk.holds_numbers = holds_numbers;
  if (units > kChunkUnits) {
    chunk.own = texts_.TakeAlone(units * kTextUnit);
    own_memory_ += chunk.own.size();
    chunk.data = chunk.own.data();
    chunk.size = units;
  } else {
    const uint32_t wanted = std::max({kLeastUnits, units, 2 * this->chunk(before).size});
    chunk.size = std::min(std::bit_ceil(wanted), kChunkUnits);
    chunk.data = holds_numbers ? numbers_.Take(chunk.size * number_bytes_)
                               : texts_.Take(chunk.size * kTextUnit);
  }
  if (holds_numbers && tags_ != Tags::kNone) TakeTags(chunk);
  if (free_numbers_.empty()) {
    if (numbers_given_ % kPiece == 0) pieces_.push_back(std::make_unique<Chunk[]>(kPiece));
    free_numbers_.push_back(numbers_given_++);
  }
  const uint32_t number = free_numbers_.back();
  free_numbers_.pop_back();
  this->chunk(number) = std::move(chunk);
  return number;
}

void IdLog::AppendAll(uint32_t number, absl::Span<const Word128> hashes) {
  Chunk& chunk = this->chunk(number);
  const size_t bytes = number_bytes_;
  char* p = chunk.data + chunk.used * bytes;
  for (const Word128& hash : hashes) {
    const auto rest = static_cast<uint32_t>(hash.high);
    std::memcpy(p, &rest, sizeof rest);
    if (bytes != kFingerprintBytes) std::memcpy(p + sizeof rest, &hash.low, sizeof hash.low);
    p += bytes;
  }
  if (tags_ != Tags::kNone) {
    const size_t before = chunk.tags.size();
    chunk.tags.resize(before + hashes.size());
    uint32_t* const tags = chunk.tags.data() + before;
    for (size_t i = 0; i < hashes.size(); ++i) tags[i] = static_cast<uint32_t>(hashes[i].high >> 32);
  }
  chunk.used += static_cast<uint32_t>(hashes.size());
}

void IdLog::SetCommitted(uint32_t number) {
  Chunk& chunk = this->chunk(number);
  chunk.committed = chunk.used;
  if (tags_ == Tags::kAll) return;
  chunk.tags.clear();
  if (chunk.used == chunk.size) GiveTags(chunk);
}

void IdLog::TakeTags(Chunk& chunk) {
  if (chunk.size == kChunkUnits && !spare_tags_.empty()) {
    chunk.tags = std::move(spare_tags_.back());
    spare_tags_.pop_back();
    return;
  }
  chunk.tags.reserve(chunk.size);
  tag_memory_ += chunk.tags.capacity() * sizeof(uint32_t);
}

void IdLog::GiveTags(Chunk& chunk) {
  chunk.tags.clear();
  if (chunk.tags.capacity() == kChunkUnits) {
    spare_tags_.push_back(std::move(chunk.tags));
  } else {
    tag_memory_ -= chunk.tags.capacity() * sizeof(uint32_t);
  }
  chunk.tags = {};
}

void IdLog::Free(uint32_t number) {
  Chunk& chunk = this->chunk(number);
  GiveTags(chunk);
  if (chunk.own.data() != nullptr) {
    own_memory_ -= chunk.own.size();
  } else if (chunk.holds_numbers) {
    numbers_.Give(chunk.data, chunk.size * number_bytes_);
  } else {
    texts_.Give(chunk.data, chunk.size * kTextUnit);
  }
  chunk = Chunk();
}

void IdLog::AppendRange(const Chunk& chunk, bool are_fingerprints, uint64_t first, uint64_t last,
                        std::vector<Word128>& out) {
  const auto first_tag = static_cast<uint32_t>(first >> 32), last_tag = static_cast<uint32_t>(last >> 32);
  for (uint32_t at = 0; at < chunk.used; ++at) {
    const uint32_t tag = chunk.tags[at];
    if (tag < first_tag || tag > last_tag) [[likely]] continue;
    Word128 hash = RestAt(chunk, at, are_fingerprints ? kFingerprintBytes : kExactBytes);
    hash.high |= uint64_t{tag} << 32;
    if (hash.high < first || hash.high > last) continue;
    if (!chunk.holes.empty() && std::binary_search(chunk.holes.begin(), chunk.holes.end(), at)) continue;
    out.push_back(hash);
  }
}

size_t IdLog::FirstHole(const Chunk& chunk, uint32_t begin) {
  return static_cast<size_t>(std::lower_bound(chunk.holes.begin(), chunk.holes.end(), begin) -
                             chunk.holes.begin());
}

size_t IdLog::memory() const {
  return numbers_.memory() + texts_.memory() + own_memory_ + tag_memory_ + pieces_.size() * kPiece * sizeof(Chunk);
}

}  // namespace rtstream
