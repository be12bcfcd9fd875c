#include "rtstream/state/id_log.h"

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

namespace rtstream {

IdLog::IdLog() : chunks_(1), free_memory_(FreeList(kChunkUnits) + 1) {}

size_t IdLog::FreeList(uint32_t units) {
  return static_cast<size_t>(std::countr_zero(units / kLeastUnits));
}

char* IdLog::TakeMemory(uint32_t units) {
  std::vector<char*>& free = free_memory_[FreeList(units)];
  if (free.empty()) {
    // The next larger size is cut in two.
    char* whole = nullptr;
    size_t bytes = 2 * units * kUnit;
    if (units < kChunkUnits) {
      whole = TakeMemory(2 * units);
    } else {
      blocks_.push_back(pool_ != nullptr ? pool_->Take() : Pages(Pages::kHugePage));
      whole = blocks_.back().data();
      bytes = blocks_.back().size();
      memory_ += bytes;
    }
    for (size_t at = bytes; at > 0; at -= units * kUnit) free.push_back(whole + at - units * kUnit);
  }
  char* const memory = free.back();
  free.pop_back();
  return memory;
}

uint32_t IdLog::NewChunk(int64_t bucket, bool holds_numbers, uint32_t units, uint32_t before) {
  Chunk chunk;
  chunk.bucket = bucket;
  chunk.holds_numbers = holds_numbers;
  if (units > kChunkUnits) {
    chunk.own = Pages(units * kUnit);
    memory_ += chunk.own.size();
    chunk.data = chunk.own.data();
    chunk.size = units;
  } else {
    const uint32_t wanted = std::max({kLeastUnits, units, 2 * chunks_[before].size});
    chunk.size = std::min(std::bit_ceil(wanted), kChunkUnits);
    chunk.data = TakeMemory(chunk.size);
  }
  if (free_numbers_.empty()) {
    if (chunks_.size() == size_t{1} << (32 - kChunkBits)) throw std::bad_alloc();
    free_numbers_.push_back(static_cast<uint32_t>(chunks_.size()));
    chunks_.emplace_back();
  }
  const uint32_t number = free_numbers_.back();
  free_numbers_.pop_back();
  chunks_[number] = std::move(chunk);
  return number;
}

void IdLog::Free(uint32_t number) {
  Chunk& chunk = chunks_[number];
  if (chunk.own.data() == nullptr) {
    free_memory_[FreeList(chunk.size)].push_back(chunk.data);
  } else {
    memory_ -= chunk.own.size();
  }
  chunk = Chunk();
  free_numbers_.push_back(number);
}

}  // namespace rtstream
