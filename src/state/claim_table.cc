#include "rtstream/state/claim_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/state/byte_io.h"

namespace rtstream {
namespace {

constexpr uint8_t kFormat = 1;

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// Buckets in key order, negative ones first.
std::string BucketKey(int64_t bucket) {
  return Concat("c/", OrderedHex(static_cast<uint64_t>(bucket) ^ uint64_t{1} << 63), "/");
}

}  // namespace

void ClaimTable::set_window(Duration window) {
  window_ = window;
  width_ = window / 8;
}

void ClaimTable::Prepare(const IdBatch& ids) {
  hashes_.resize(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) hashes_[i] = HashOf(ids[i]);
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

uint32_t ClaimTable::Append(int64_t number, std::string_view id) {
  Bucket& bucket = BucketOf(number);
  uint32_t& chunk = IdBatch::IsUuid(id) ? bucket.uuids : bucket.others;
  if (!log_.Fits(chunk, id)) [[unlikely]] {
    chunk = log_.NewChunk(number, id, chunk);
    bucket.chunks.push_back(chunk);
  }
  ++bucket.uncommitted;
  return log_.Append(chunk, id);
}

ClaimTable::Outcome ClaimTable::Claim(const IdBatch& ids, size_t i, Time event_time,
                                      Time watermark) {
  const std::string_view id = ids[i];
  uint32_t* const known = index_.Find(hashes_[i], [&](uint32_t ref) { return log_.IsAt(ref, id); });
  if (known != nullptr) {
    const IdLog::Chunk& chunk = log_.ChunkOf(*known);
    if (IsLive(chunk.bucket, watermark)) {
      return IdLog::UnitOf(*known) < chunk.settled ? Outcome::kDuplicate : Outcome::kPending;
    }
  }
  const uint32_t ref =
      Append(FloorDivide(event_time.time_since_epoch().count(), width_.count()), id);
  if (known != nullptr) {
    *known = ref;
  } else {
    index_.Insert(hashes_[i], ref);
  }
  pending_.push_back({static_cast<uint32_t>(i), ref});
  const uint32_t chunk = IdLog::ChunkNumberOf(ref);
  if (pending_chunks_.empty() || pending_chunks_.back() != chunk) pending_chunks_.push_back(chunk);
  return Outcome::kNew;
}

void ClaimTable::GiveBack(const Pending& pending) {
  index_.Erase(hashes_[pending.index], pending.ref);
  // Its place in the log stays empty.
  --BucketOf(log_.ChunkOf(pending.ref).bucket).uncommitted;
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
        log_.Visit(number, bucket.expired_units, [&](uint32_t ref, std::string_view id) {
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

std::string ClaimTable::TakeUncommitted(Bucket& bucket) {
  ByteWriter out;
  out.Reserve(64 + bucket.uncommitted * (IdBatch::kUuidBytes + 2));
  out.U8(kFormat);
  out.I64(window_.count());
  out.Varint(bucket.uncommitted);
  for (size_t i = bucket.first_uncommitted; i < bucket.chunks.size(); ++i) {
    IdLog::Chunk& chunk = log_.chunk(bucket.chunks[i]);
    chunk.committed =
        log_.Visit(bucket.chunks[i], chunk.committed, [&](uint32_t ref, std::string_view id) {
          if (given_back_.empty() || !std::binary_search(given_back_.begin(), given_back_.end(), ref)) {
            out.String(id);
          }
          return true;
        });
  }
  // Those before the ones being filled are done with.
  while (bucket.first_uncommitted < bucket.chunks.size() &&
         bucket.chunks[bucket.first_uncommitted] != bucket.uuids &&
         bucket.chunks[bucket.first_uncommitted] != bucket.others) {
    ++bucket.first_uncommitted;
  }
  bucket.uncommitted = 0;
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
    if (bucket.is_expiring || (bucket.uncommitted == 0 && given_back_.empty())) continue;
    const bool has_ids = bucket.uncommitted > 0;
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
    bucket.uncommitted = 0;
    for (const uint32_t chunk : bucket.chunks) {
      log_.chunk(chunk).settled = log_.chunk(chunk).committed = log_.chunk(chunk).used;
    }
  }
  return absl::OkStatus();
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
    const std::string_view id = in.String();
    if (!in.ok()) break;
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
  BucketOf(number).is_stored = true;
  if (!in.ok() || !in.done()) return absl::DataLossError("a block of ids is cut short");
  return absl::OkStatus();
}

}  // namespace rtstream
