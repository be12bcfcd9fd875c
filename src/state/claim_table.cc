#include "rtstream/state/claim_table.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "../base/mutant.h"
#include "rtstream/base/status_macros.h"

namespace rtstream {
namespace {

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

absl::Status ClaimTable::Open(const ClaimOptions& options) {
  if (options.window < Duration{16}) {
    return absl::InvalidArgumentError(
        Concat("want a window of at least 16 us, got ", options.window.count(), " us"));
  }
  if (options.memory_budget > 0 && options.blobs == nullptr) {
    return absl::InvalidArgumentError("a memory budget needs a place for the ids beyond it");
  }
  options_ = options;
  if (options.memory_budget > 0 && keeps_changes_) {
    runs_ = std::make_unique<ClaimRuns>(*options.blobs, options.fingerprints ? 8 : 16, slices_);
    log_.KeepTags(IdLog::Tags::kAll);
  }
  width_ = options.window / 8;
  near_number_ = near_begin_ = 0;
  if (options.fingerprints) log_.UseFingerprints();
  if (options.expected_ids > 0) {
    index_.Reserve(options.expected_ids);
    log_.Reserve(options.expected_ids);
  }
  return absl::OkStatus();
}

void ClaimTable::Attach(const StateHost& host) {
  slices_ = host.slices.mask();
  if (host.pages != nullptr) {
    log_.UsePages(*host.pages);
    index_.UsePages(*host.pages);
  }
  keeps_changes_ = host.keeps_changes;
  if (keeps_changes_) return;
  runs_ = nullptr;
  log_.KeepTags(IdLog::Tags::kNone);
}

absl::Status ClaimTable::Prepare(const IdBatch& ids, absl::Span<const uint8_t> slices) {
  hashes_.resize(ids.size());
  if (ids.are_numbers()) {
    for (size_t i = 0; i < ids.size(); ++i) hashes_[i] = hash_(ids.number(i));
  } else {
    for (size_t i = 0; i < ids.size(); ++i) {
      hashes_[i] = ids.is_number(i) ? hash_(ids.number(i)) : Word128{hash_(ids.text(i)), 0};
    }
  }
  homes_.resize(ids.size());
  homes_moves_ = index_.moves();
  asked_ = 0;
  AskForHomes(kAhead);
  if (options_.fingerprints) {
    for (Word128& hash : hashes_) hash.low = 0;
  }
  on_disk_.clear();
  if (runs_ == nullptr) return absl::OkStatus();
  if (runs_->is_building()) {
    const uint64_t used = index_.size() * bytes_an_id() + runs_->memory();
    if (used > options_.memory_budget) runs_->Wait(WaitAbove(options_.memory_budget, used));
  }
  return runs_->empty() ? absl::OkStatus() : runs_->Look(hashes_, slices, on_disk_);
}

std::chrono::milliseconds ClaimTable::WaitAbove(uint64_t budget, uint64_t used) {
  constexpr uint64_t kMostDoublings = 10, kLeastStep = 1 << 20;
  const uint64_t excess = used - std::min(used, budget);
  const uint64_t doublings = excess / std::max(budget / 64, kLeastStep);
  return std::chrono::milliseconds(int64_t{1} << std::min(doublings, kMostDoublings));
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
    if (!log_.may_make_chunk()) return 0;
    at = log_.NewChunk(number, slice, id, at);
    bucket.chunks.push_back(at);
  }
  IdLog::Chunk& chunk = log_.chunk(at);
  if (chunk.committed == chunk.used) bucket.uncommitted.push_back(at);
  ++chunk.references;
  return log_.Append(at, id);
}

void ClaimTable::AskForHomes(size_t end) {
  const size_t stop = std::min(end, hashes_.size());
  for (size_t i = asked_; i < stop; ++i) {
    homes_[i] = index_.Home(hashes_[i].high);
    __builtin_prefetch(homes_[i], 1);
  }
  asked_ = stop < hashes_.size() ? stop : kAllAsked;
}

void ClaimTable::FindHomesAgain(size_t i) {
  homes_moves_ = index_.moves();
  for (const size_t end = std::min(hashes_.size(), asked_); i < end; ++i) homes_[i] = index_.Home(hashes_[i].high);
}

ClaimTable::Outcome ClaimTable::Claim(const IdBatch& ids, size_t i, uint32_t slice, Time event_time,
                                      Time watermark) {
  const auto at = static_cast<uint32_t>(i);
  return options_.fingerprints || ids.is_number(i)
             ? ClaimOne(hashes_[i], at, slice, event_time, watermark)
             : ClaimOne(ids.text(i), at, slice, event_time, watermark);
}

size_t ClaimTable::ClaimNew(const IdBatch& ids, size_t i, absl::Span<const uint8_t> slices, Time earliest,
                            Time latest) {
  const int64_t number = NumberOf(earliest);
  if (!on_disk_.empty() || !ids.are_numbers() || number != NumberOf(latest)) return i;
  Bucket& bucket = BucketOf(number);
  const size_t end = ids.size();
  if (slices.empty()) return ClaimRun(bucket, i, end, 0);
  for (size_t stop = i; i < end && i == stop;) {
    const uint8_t slice = slices[i];
    while (stop < end && slices[stop] == slice) ++stop;
    i = ClaimRun(bucket, i, stop, slice);
  }
  return i;
}

size_t ClaimTable::ClaimRun(Bucket& bucket, size_t i, size_t end, uint32_t slice) {
  const uint32_t at = slice < bucket.numbers.size() ? bucket.numbers[slice] : 0;
  if (at == 0) return i;
  IdLog::Chunk& chunk = log_.chunk(at);
  // As many as need neither another chunk nor growth of the index, which moves homes.
  end = i + std::min({end - i, size_t{chunk.size - chunk.used}, index_.room()});
  const size_t first = i;
  const uint32_t first_ref = at << IdLog::kChunkBits | chunk.used;
  const bool is_stored = chunk.committed == chunk.used;
  if (homes_moves_ != index_.moves()) [[unlikely]] FindHomesAgain(i);
  for (; i < end; ++i) {
    AskAhead(i);
    if (!index_.InsertNew(*homes_[i], hashes_[i].high, first_ref + static_cast<uint32_t>(i - first))) break;
  }
  if (i == first) return i;
  log_.AppendAll(at, absl::MakeConstSpan(hashes_).subspan(first, i - first));
  const size_t before = pending_.size();
  pending_.resize(before + i - first);
  Pending* const pending = pending_.data() + before;
  for (uint32_t k = 0; k < i - first; ++k) pending[k] = {static_cast<uint32_t>(first) + k, first_ref + k};
  chunk.references += static_cast<uint32_t>(i - first);
  if (is_stored) bucket.uncommitted.push_back(at);
  if (pending_chunks_.empty() || pending_chunks_.back() != at) pending_chunks_.push_back(at);
  return i;
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
  if constexpr (std::is_same_v<Id, Word128>) {
    if (!on_disk_.empty() && on_disk_[i] != ClaimRuns::kNowhere && IsLive(on_disk_[i], watermark)) {
      return Outcome::kDuplicate;
    }
  }
  const uint32_t ref = Append(NumberOf(event_time), slice, id);
  if (ref == 0) [[unlikely]] return Outcome::kNoRoom;
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
  if (RTSTREAM_MUTANT("refused_id_stays_claimed")) return;
  index_.Erase(hashes_[pending.index].high, pending.ref);
  // Its place in the log stays empty.
  IdLog::Chunk& chunk = log_.chunk(IdLog::ChunkNumberOf(pending.ref));
  --chunk.references;
  chunk.holes.push_back(IdLog::UnitOf(pending.ref));
}

void ClaimTable::SettleAll() {
  for (const uint32_t number : pending_chunks_) {
    log_.chunk(number).settled = log_.chunk(number).used;
  }
  claims_ += pending_.size();
  pending_chunks_.clear();
  pending_.clear();
}

void ClaimTable::ExpireChunk(uint32_t number) {
  expired_.push_back({number, log_.chunk(number).references});
  expired_ids_ += log_.chunk(number).references;
}

void ClaimTable::FreeExpired() {
  for (size_t left = kChunksAtOnce; left > 0 && !expired_.empty(); --left) {
    const auto [number, references] = expired_.back();
    expired_.pop_back();
    expired_ids_ -= references;
    index_.EraseGroup(number, log_.chunk(number).references);
    log_.Free(number);
  }
}

void ClaimTable::Expire(Time watermark) {
#ifdef RTSTREAM_MUTANTS
  if (RTSTREAM_MUTANT("dedup_expiry_by_wall_clock")) watermark = internal::MutantNow();
#endif
  watermark_ = watermark;
  if (runs_ != nullptr) {
    runs_->Expire([&](int64_t bucket) { return IsLive(bucket, watermark); });
  }
  while (!buckets_.empty() && !IsLive(buckets_.begin()->first, watermark)) {
    auto& [number, bucket] = *buckets_.begin();
    if ((bucket.stored_numbers | bucket.stored_texts) != 0) {
      dropped_.push_back({number, bucket.stored_numbers, bucket.stored_texts});
    }
    for (const uint32_t chunk : bucket.chunks) ExpireChunk(chunk);
    buckets_.erase(buckets_.begin());
    last_bucket_ = nullptr;
  }
  FreeExpired();
  constexpr size_t kLinesPerClaim = 4, kLeastLines = 64;
  index_.Sweep(claims_ * kLinesPerClaim + kLeastLines);
  claims_ = 0;
  for (const uint32_t number : index_.TakeFreeGroups()) log_.FreeNumber(number);
}

absl::Status ClaimTable::CommitRuns(CheckpointWriter& out) {
  RTSTREAM_ASSIGN_OR_RETURN(
      const std::optional<ClaimRuns::Built> built,
      runs_->Commit(out, [&](int64_t bucket) { return IsLive(bucket, watermark_); }));
  if (!built) return absl::OkStatus();
  // The index lets go of them by and by.
  for (const uint32_t chunk : building_chunks_) ExpireChunk(chunk);
  building_chunks_.clear();
  FreeExpired();
  if (!built->is_dropped) {
    const Bucket& bucket = BucketOf(built->bucket);
    DeleteBlocks(out, kNumbers, built->bucket, bucket.stored_numbers & ~bucket.shared_numbers,
                 built->epoch);
  }
  return absl::OkStatus();
}

void ClaimTable::BuildRunIfDue(uint64_t epoch) {
  if (runs_->is_building() || !expired_.empty()) return;
  const uint64_t filters = std::min<uint64_t>(runs_->memory(), options_.memory_budget);
  const uint64_t most = (options_.memory_budget - filters) / 5 * 2 / bytes_an_id();
  constexpr size_t kMostRuns = 4;  // of a bucket
  const int64_t newest = buckets_.empty() ? 0 : buckets_.rbegin()->first;
  if (index_.size() <= most) {
    runs_->MergeIfDue(kMostRuns, newest - 1);
    return;
  }
  int64_t fullest = 0;
  size_t most_ids = 0;
  for (const auto& [number, bucket] : buckets_) {
    size_t ids = 0;
    for (const uint32_t chunk : bucket.chunks) {
      if (log_.chunk(chunk).holds_numbers) ids += log_.chunk(chunk).references;
    }
    if (ids <= most_ids) continue;
    most_ids = ids;
    fullest = number;
  }
  if (most_ids == 0) return;
  Bucket& bucket = BucketOf(fullest);
  std::vector<const IdLog::Chunk*> chunks;
  std::vector<uint32_t> rest;
  for (const uint32_t chunk : bucket.chunks) {
    if (!log_.chunk(chunk).holds_numbers) {
      rest.push_back(chunk);
      continue;
    }
    building_chunks_.push_back(chunk);
    chunks.push_back(&log_.chunk(chunk));
  }
  bucket.chunks = std::move(rest);
  bucket.numbers.clear();
  runs_->Build(fullest, epoch, std::move(chunks));
}

template uint32_t ClaimTable::Append(int64_t, uint32_t, const Word128&);
template uint32_t ClaimTable::Append(int64_t, uint32_t, const std::string_view&);

}  // namespace rtstream
