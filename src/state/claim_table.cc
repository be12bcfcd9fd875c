#include "rtstream/state/claim_table.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "absl/strings/numbers.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/state/byte_io.h"

namespace rtstream {
namespace {

constexpr uint8_t kFormat = 2;

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// Buckets in key order, negative ones first.
std::string BucketKey(int64_t bucket) {
  return Concat("c/", OrderedHex(static_cast<uint64_t>(bucket) ^ uint64_t{1} << 63), "/");
}

}  // namespace

void ClaimTable::set_window(Duration window) {
  window_ = window;
  width_ = window / 8;
  near_number_ = near_begin_ = 0;
}

void ClaimTable::Prepare(const IdBatch& ids) {
  hashes_.resize(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    hashes_[i] = ids.is_number(i) ? HashOf(ids.number(i)) : HashOf(ids.text(i));
    if (i < kAhead) index_.Prefetch(hashes_[i]);
  }
}

bool ClaimTable::IsLive(int64_t bucket, Time watermark) const {
  int64_t begin = 0;
  // The first bucket of all may begin before the first time.
  const bool is_first = __builtin_mul_overflow(bucket, width_.count(), &begin);
  const Time begins = is_first ? kMinTime : Time(Duration(begin));
  return SaturatingAdd(SaturatingAdd(begins, width_), window_) > watermark;
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
uint32_t ClaimTable::Append(int64_t number, const Id& id) {
  constexpr bool kIsNumber = std::is_same_v<Id, Word128>;
  Bucket& bucket = BucketOf(number);
  uint32_t& chunk = kIsNumber ? bucket.numbers : bucket.texts;
  if (!log_.Fits(chunk, id)) [[unlikely]] {
    chunk = log_.NewChunk(number, id, chunk);
    bucket.chunks.push_back(chunk);
  }
  ++(kIsNumber ? bucket.uncommitted_numbers : bucket.uncommitted_texts);
  return log_.Append(chunk, id);
}

ClaimTable::Outcome ClaimTable::Claim(const IdBatch& ids, size_t i, Time event_time,
                                      Time watermark) {
  const auto at = static_cast<uint32_t>(i);
  return ids.is_number(i) ? Claim(ids.number(i), at, event_time, watermark)
                          : Claim(ids.text(i), at, event_time, watermark);
}

template <typename Id>
ClaimTable::Outcome ClaimTable::Claim(const Id& id, uint32_t i, Time event_time, Time watermark) {
  uint32_t* const known = index_.Find(hashes_[i], [&](uint32_t ref) { return log_.IsAt(ref, id); });
  if (known != nullptr) {
    const IdLog::Chunk& chunk = log_.ChunkOf(*known);
    if (IsLive(chunk.bucket, watermark)) {
      return IdLog::UnitOf(*known) < chunk.settled ? Outcome::kDuplicate : Outcome::kPending;
    }
  }
  const uint32_t ref = Append(NumberOf(event_time), id);
  if (known != nullptr) {
    *known = ref;
  } else {
    index_.Insert(hashes_[i], ref);
  }
  pending_.push_back({i, ref});
  const uint32_t chunk = IdLog::ChunkNumberOf(ref);
  if (pending_chunks_.empty() || pending_chunks_.back() != chunk) pending_chunks_.push_back(chunk);
  return Outcome::kNew;
}

void ClaimTable::GiveBack(const Pending& pending) {
  index_.Erase(hashes_[pending.index], pending.ref);
  // Its place in the log stays empty.
  const IdLog::Chunk& chunk = log_.ChunkOf(pending.ref);
  Bucket& bucket = BucketOf(chunk.bucket);
  --(chunk.holds_numbers ? bucket.uncommitted_numbers : bucket.uncommitted_texts);
  given_back_.push_back(pending.ref);
}

void ClaimTable::SettleRest() {
  for (const uint32_t number : pending_chunks_) {
    log_.chunk(number).settled = log_.chunk(number).used;
  }
  pending_chunks_.clear();
  pending_.clear();
}

void ClaimTable::Expire(Time watermark) {
  size_t left = kExpiredAtOnce;
  while (!buckets_.empty() && !IsLive(buckets_.begin()->first, watermark)) {
    auto& [number, bucket] = *buckets_.begin();
    bucket.is_expiring = true;  // nothing of it shall be stored any more
    if (!ExpireBucket(bucket, left)) return;
    if (bucket.is_stored) dropped_.push_back(number);
    buckets_.erase(buckets_.begin());
    last_bucket_ = nullptr;
  }
}

bool ClaimTable::ExpireBucket(Bucket& bucket, size_t& left) {
  for (; bucket.expired_chunks < bucket.chunks.size(); ++bucket.expired_chunks) {
    const uint32_t number = bucket.chunks[bucket.expired_chunks];
    bucket.expired_units =
        log_.Visit(number, bucket.expired_units, [&](uint32_t ref, const auto& id) {
          if (left == 0) return false;
          --left;
          // An id that was claimed anew after its window stands in a later bucket by now.
          index_.Erase(HashOf(id), ref);
          return true;
        });
    if (bucket.expired_units < log_.chunk(number).used) return false;
    bucket.expired_units = 0;
    log_.Free(number);
    std::erase_if(given_back_,
                  [&](uint32_t ref) { return IdLog::ChunkNumberOf(ref) == number; });
  }
  return true;
}

bool ClaimTable::WasGivenBack(uint32_t ref) const {
  return std::binary_search(given_back_.begin(), given_back_.end(), ref);
}

template <typename Id>
void ClaimTable::AppendUncommitted(const Bucket& bucket, ByteWriter& out) {
  constexpr bool kIsNumber = std::is_same_v<Id, Word128>;
  for (size_t i = bucket.first_uncommitted; i < bucket.chunks.size(); ++i) {
    const uint32_t number = bucket.chunks[i];
    IdLog::Chunk& chunk = log_.chunk(number);
    if (chunk.holds_numbers != kIsNumber) continue;
    if (kIsNumber && given_back_.empty()) {
      out.Raw(chunk.data + chunk.committed * IdLog::kUnit,
              (chunk.used - chunk.committed) * IdLog::kUnit);
      chunk.committed = chunk.used;
      continue;
    }
    chunk.committed = log_.Visit(number, chunk.committed, [&](uint32_t ref, const auto& id) {
      if (WasGivenBack(ref)) return true;
      if constexpr (std::is_same_v<decltype(id), const Word128&>) {
        out.U64(id.high);
        out.U64(id.low);
      } else {
        out.String(id);
      }
      return true;
    });
  }
}

std::string ClaimTable::TakeUncommitted(Bucket& bucket) {
  ByteWriter out;
  out.Reserve(64 + bucket.uncommitted_numbers * IdLog::kUnit + bucket.uncommitted_texts * 32);
  out.U8(kFormat);
  out.I64(window_.count());
  out.Varint(bucket.uncommitted_numbers);
  AppendUncommitted<Word128>(bucket, out);
  out.Varint(bucket.uncommitted_texts);
  AppendUncommitted<std::string_view>(bucket, out);
  // Those before the ones being filled are done with.
  while (bucket.first_uncommitted < bucket.chunks.size() &&
         bucket.chunks[bucket.first_uncommitted] != bucket.numbers &&
         bucket.chunks[bucket.first_uncommitted] != bucket.texts) {
    ++bucket.first_uncommitted;
  }
  bucket.uncommitted_numbers = bucket.uncommitted_texts = 0;
  std::string block = std::move(out).Take();
  SealBlock(block);
  return block;
}

absl::Status ClaimTable::Checkpoint(CheckpointWriter& out) {
  for (int64_t bucket : dropped_) {
    const std::string key = out.Key(BucketKey(bucket));
    out.batch().DeleteRange(key, Concat(key, "~"));
  }
  dropped_.clear();
  std::sort(given_back_.begin(), given_back_.end());
  for (auto& [number, bucket] : buckets_) {
    // Places that were given back are passed by as well, also where there is nothing to store.
    const bool has_ids = bucket.uncommitted_numbers + bucket.uncommitted_texts > 0;
    if (bucket.is_expiring || (!has_ids && given_back_.empty())) continue;
    std::string block = TakeUncommitted(bucket);
    if (!has_ids) continue;
    out.batch().Put(Concat(out.Key(BucketKey(number)), OrderedHex(out.epoch())), std::move(block));
    bucket.is_stored = true;
  }
  given_back_.clear();
  return absl::OkStatus();
}

absl::Status ClaimTable::Restore(const CheckpointReader& in) {
  const std::string prefix = in.Key("c/");
  RTSTREAM_RETURN_IF_ERROR(in.store().Scan(
      prefix, [&](std::string_view key, std::string_view value) -> absl::Status {
        uint64_t number = 0;
        if (key.size() < prefix.size() + 17 ||
            !absl::SimpleHexAtoi(absl::string_view(key.data() + prefix.size(), 16), &number)) {
          return absl::DataLossError("a stored key does not name a bucket of ids");
        }
        RTSTREAM_ASSIGN_OR_RETURN(const std::string_view block, OpenBlock(value, key));
        return ReadBlock(static_cast<int64_t>(number ^ uint64_t{1} << 63), block);
      }));
  for (auto& [number, bucket] : buckets_) {
    bucket.uncommitted_numbers = bucket.uncommitted_texts = 0;
    for (const uint32_t chunk : bucket.chunks) {
      log_.chunk(chunk).settled = log_.chunk(chunk).committed = log_.chunk(chunk).used;
    }
  }
  return absl::OkStatus();
}

template <typename Id>
void ClaimTable::Load(int64_t number, const Id& id) {
  const uint64_t hash = HashOf(id);
  const uint32_t ref = Append(number, id);
  uint32_t* const known = index_.Find(hash, [&](uint32_t r) { return log_.IsAt(r, id); });
  // Scanned in ascending buckets: the latest claim of an id wins.
  if (known != nullptr) {
    *known = ref;
  } else {
    index_.Insert(hash, ref);
  }
}

absl::Status ClaimTable::ReadBlock(int64_t number, std::string_view block) {
  ByteReader in(block);
  if (const uint8_t format = in.U8(); format != kFormat) {
    return absl::FailedPreconditionError(
        Concat("a block of ids has format ", format, ", want ", kFormat));
  }
  if (const int64_t window = in.I64(); in.ok() && window != window_.count()) {
    return absl::FailedPreconditionError(Concat("the ids were stored with a window of ", window,
                                                " us, this run has ", window_.count(), " us"));
  }
  for (uint64_t n = in.Varint(); n > 0 && in.ok(); --n) {
    const uint64_t high = in.U64();
    const Word128 id{high, in.U64()};
    if (in.ok()) Load(number, id);
  }
  for (uint64_t n = in.Varint(); n > 0 && in.ok(); --n) {
    const std::string_view id = in.String();
    if (in.ok()) Load(number, id);
  }
  BucketOf(number).is_stored = true;
  if (!in.ok() || !in.done()) return absl::DataLossError("a block of ids is cut short");
  return absl::OkStatus();
}

}  // namespace rtstream
