#include "rtstream/state/claim_table.h"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace rtstream {
namespace {

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

absl::Status ClaimTable::Open(const ClaimOptions& options) {
  if (options.window < Duration{16}) {
    return absl::InvalidArgumentError(
        Concat("want a window of at least 16 us, got ", options.window.count(), " us"));
  }
  options_ = options;
  width_ = options.window / 8;
  near_number_ = near_begin_ = 0;
  if (options.fingerprints) log_.UseFingerprints();
  if (options.expected_ids > 0) index_.Reserve(options.expected_ids);
  return absl::OkStatus();
}

void ClaimTable::Attach(const StateHost& host) {
  if (host.pages != nullptr) {
    log_.UsePages(*host.pages);
    index_.UsePages(*host.pages);
  }
  if (!host.keeps_changes) log_.KeepTags(IdLog::Tags::kNone);
}

void ClaimTable::Prepare(const IdBatch& ids) {
  hashes_.resize(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    hashes_[i] = ids.is_number(i) ? hash_(ids.number(i)) : Word128{hash_(ids.text(i)), 0};
    if (i < kAhead) index_.Prefetch(hashes_[i].high);
  }
  if (options_.fingerprints) {
    for (Word128& hash : hashes_) hash.low = 0;
  }
}

bool ClaimTable::IsLive(int64_t bucket, Time watermark) const {
  int64_t begin = 0;
  // The first bucket of all may begin before the first time.
  const bool is_first = __builtin_mul_overflow(bucket, width_.count(), &begin);
  const Time begins = is_first ? kMinTime : Time(Duration(begin));
  return SaturatingAdd(SaturatingAdd(begins, width_), options_.window) > watermark;
}

ClaimTable::Bucket& ClaimTable::BucketOf(int64_t number) {
  // Neighbouring records mostly belong to the same bucket.
  if (last_bucket_ == nullptr || last_number_ != number) {
    last_bucket_ = &buckets_[number];
    last_number_ = number;
  }
  return *last_bucket_;
}

int64_t ClaimTable::NumberOf(Time event_time) {
  // A division takes as long as the rest of a claim, and neighbours mostly fall into one bucket.
  const int64_t us = event_time.time_since_epoch().count();
  int64_t offset = 0;
  if (__builtin_sub_overflow(us, near_begin_, &offset) || offset < 0 || offset >= width_.count()) {
    near_number_ = FloorDivide(us, width_.count());
    // The first bucket of all may begin before the first time: then it is looked for each time.
    if (__builtin_mul_overflow(near_number_, width_.count(), &near_begin_)) {
      const int64_t number = std::exchange(near_number_, 0);
      near_begin_ = 0;
      return number;
    }
  }
  return near_number_;
}

template <typename Id>
uint32_t ClaimTable::Append(int64_t number, uint32_t slice, const Id& id) {
  Bucket& bucket = BucketOf(number);
  std::vector<uint32_t>& open = std::is_same_v<Id, Word128> ? bucket.numbers : bucket.texts;
  if (slice >= open.size()) [[unlikely]] open.resize(slice + 1);
  uint32_t& at = open[slice];
  if (!log_.Fits(at, id)) [[unlikely]] {
    at = log_.NewChunk(number, slice, id, at);
    bucket.chunks.push_back(at);
  }
  IdLog::Chunk& chunk = log_.chunk(at);
  if (chunk.committed == chunk.used) bucket.uncommitted.push_back(at);
  ++chunk.references;
  return log_.Append(at, id);
}

ClaimTable::Outcome ClaimTable::Claim(const IdBatch& ids, size_t i, uint32_t slice, Time event_time,
                                      Time watermark) {
  const auto at = static_cast<uint32_t>(i);
  return options_.fingerprints || ids.is_number(i)
             ? ClaimOne(hashes_[i], at, slice, event_time, watermark)
             : ClaimOne(ids.text(i), at, slice, event_time, watermark);
}

template <typename Id>
ClaimTable::Outcome ClaimTable::ClaimOne(const Id& id, uint32_t i, uint32_t slice, Time event_time,
                                         Time watermark) {
  const uint64_t hash = hashes_[i].high;
  uint32_t* const known = index_.Find(hash, [&](uint32_t ref) { return log_.IsAt(ref, id); });
  if (known != nullptr) {
    const IdLog::Chunk& chunk = log_.ChunkOf(*known);
    if (IsLive(chunk.bucket, watermark)) {
      return IdLog::UnitOf(*known) < chunk.settled ? Outcome::kDuplicate : Outcome::kPending;
    }
  }
  const uint32_t ref = Append(NumberOf(event_time), slice, id);
  if (known != nullptr) {
    --log_.chunk(IdLog::ChunkNumberOf(*known)).references;
    *known = ref;
  } else {
    index_.Insert(hash, ref);
  }
  pending_.push_back({i, ref});
  const uint32_t chunk = IdLog::ChunkNumberOf(ref);
  if (pending_chunks_.empty() || pending_chunks_.back() != chunk) pending_chunks_.push_back(chunk);
  return Outcome::kNew;
}

void ClaimTable::GiveBack(const Pending& pending) {
  index_.Erase(hashes_[pending.index].high, pending.ref);
  // Its place in the log stays empty.
  IdLog::Chunk& chunk = log_.chunk(IdLog::ChunkNumberOf(pending.ref));
  --chunk.references;
  chunk.holes.push_back(IdLog::UnitOf(pending.ref));
}

void ClaimTable::SettleRest() {
  for (const uint32_t number : pending_chunks_) {
    log_.chunk(number).settled = log_.chunk(number).used;
  }
  claims_ += pending_.size();
  pending_chunks_.clear();
  pending_.clear();
}

void ClaimTable::FreeChunk(uint32_t number) {
  index_.EraseGroup(number, log_.chunk(number).references);
  log_.Free(number);
}

void ClaimTable::Expire(Time watermark) {
  while (!buckets_.empty() && !IsLive(buckets_.begin()->first, watermark)) {
    auto& [number, bucket] = *buckets_.begin();
    if ((bucket.stored_numbers | bucket.stored_texts) != 0) {
      dropped_.push_back({number, bucket.stored_numbers, bucket.stored_texts});
    }
    expired_.insert(expired_.end(), bucket.chunks.begin(), bucket.chunks.end());
    buckets_.erase(buckets_.begin());
    last_bucket_ = nullptr;
  }
  for (size_t left = kChunksAtOnce; left > 0 && !expired_.empty(); --left) {
    FreeChunk(expired_.back());
    expired_.pop_back();
  }
  constexpr size_t kLinesPerClaim = 4, kLeastLines = 64;
  index_.Sweep(claims_ * kLinesPerClaim + kLeastLines);
  claims_ = 0;
  for (const uint32_t number : index_.TakeFreeGroups()) log_.FreeNumber(number);
}

template uint32_t ClaimTable::Append(int64_t, uint32_t, const Word128&);
template uint32_t ClaimTable::Append(int64_t, uint32_t, const std::string_view&);

}  // namespace rtstream
