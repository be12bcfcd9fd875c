#include "rtstream/state/id_log.h"

#include <new>
#include <utility>

namespace rtstream {

IdLog::IdLog() : chunks_(1) {}

uint32_t IdLog::NewChunk(int64_t bucket, std::string_view id) {
  constexpr size_t kChunkBytes = kChunkUnits * kUnit;
  Chunk chunk;
  chunk.bucket = bucket;
  chunk.holds_uuids = IdBatch::IsUuid(id);
  if (const uint32_t units = UnitsOf(id); units > kChunkUnits) {
    chunk.own = Pages(units * kUnit);
    memory_ += chunk.own.size();
    chunk.data = chunk.own.data();
    chunk.size = units;
  } else {
    if (free_memory_.empty()) {
      blocks_.push_back(pool_ != nullptr ? pool_->Take() : Pages(Pages::kHugePage));
      const Pages& block = blocks_.back();
      memory_ += block.size();
      for (size_t at = block.size(); at > 0; at -= kChunkBytes) {
        free_memory_.push_back(block.data() + at - kChunkBytes);
      }
    }
    chunk.data = free_memory_.back();
    free_memory_.pop_back();
    chunk.size = kChunkUnits;
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
    free_memory_.push_back(chunk.data);
  } else {
    memory_ -= chunk.own.size();
  }
  chunk = Chunk();
  free_numbers_.push_back(number);
}

}  // namespace rtstream
