// What a ClaimTable stores and restores.
#include <algorithm>
#include <bit>
#include <type_traits>
#include <utility>

#include "absl/strings/numbers.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/state/byte_io.h"
#include "rtstream/state/claim_table.h"

namespace rtstream {
namespace {

constexpr uint8_t kBlockFormat = 3;
constexpr uint64_t kAllEpochs = ~uint64_t{0};
constexpr uint64_t kSign = uint64_t{1} << 63;
constexpr size_t kExactBytes = 16, kFingerprintBytes = 8;  // of a stored number

std::string SliceDigits(uint32_t slice) {
  constexpr char kDigits[] = "0123456789abcdef";
  return {kDigits[slice >> 4 & 15], kDigits[slice & 15]};
}

// Buckets in key order, negative ones first.
std::string LaneKey(char kind, int64_t bucket, uint32_t lane) {
  return Concat(std::string_view(&kind, 1), "/", OrderedHex(static_cast<uint64_t>(bucket) ^ kSign), "/",
                SliceDigits(lane), "/");
}

// Microseconds, in seconds if there is no rest.
std::string Seconds(int64_t us) {
  return us % 1'000'000 == 0 ? Concat(us / 1'000'000, " s") : Concat(us, " us");
}

absl::Status NoRoomError() {
  return absl::ResourceExhaustedError(
      Concat("the stored ids have more than ", ClaimTable::kMostChunks, " groups, want at most as many"));
}

}  // namespace

template <typename Id>
std::string ClaimTable::TakeUncommitted(Bucket& bucket) {
  constexpr bool kIsNumber = std::is_same_v<Id, Word128>;
  std::vector<uint32_t> chunks;
  for (const uint32_t number : bucket.uncommitted) {
    if (log_.chunk(number).holds_numbers == kIsNumber) chunks.push_back(number);
  }
  std::stable_sort(chunks.begin(), chunks.end(), [&](uint32_t a, uint32_t b) {
    return log_.chunk(a).slice < log_.chunk(b).slice;
  });
  ByteWriter out;
  size_t units = 0;
  for (const uint32_t number : chunks) units += log_.chunk(number).used - log_.chunk(number).committed;
  out.Reserve(64 + chunks.size() * 9 + units * (options_.fingerprints && kIsNumber ? 8 : 16));
  out.U8(kBlockFormat);
  out.U8(options_.fingerprints);
  out.I64(options_.window.count());
  bool is_empty = true;
  for (const uint32_t number : chunks) {
    const IdLog::Chunk& chunk = log_.chunk(number);
    // Its claims are settled. The count is patched in.
    out.U8(static_cast<uint8_t>(chunk.slice));
    const size_t count_at = out.size();
    out.U64(0);
    uint64_t count = 0;
    if constexpr (kIsNumber) {
      log_.VisitNumbers(chunk, chunk.committed, [&](const Word128& hash) {
        out.U64(hash.high);
        if (!options_.fingerprints) out.U64(hash.low);
        ++count;
      });
    } else {
      log_.VisitTexts(chunk, chunk.committed, [&](std::string_view text) {
        out.String(text);
        ++count;
      });
    }
    out.PatchU64(count_at, count);
    is_empty = is_empty && count == 0;
    log_.SetCommitted(number);
  }
  if (is_empty) return {};
  std::string block = std::move(out).Take();
  SealBlock(block);
  return block;
}

void ClaimTable::DeleteBlocks(CheckpointWriter& out, Kind kind, int64_t bucket, uint64_t stored,
                              uint64_t last_epoch) const {
  // Blocks are deleted by who owns the slice in their key.
  for (uint64_t lanes = stored & slices_; lanes != 0; lanes &= lanes - 1) {
    const std::string key =
        out.Key(LaneKey(kind, bucket, static_cast<uint32_t>(std::countr_zero(lanes))));
    out.batch().DeleteRange(key, Concat(key, OrderedHex(last_epoch), "~"));
  }
}

absl::Status ClaimTable::Checkpoint(CheckpointWriter& out) {
  for (const Dropped& dropped : dropped_) {
    DeleteBlocks(out, kNumbers, dropped.bucket, dropped.numbers, kAllEpochs);
    DeleteBlocks(out, kTexts, dropped.bucket, dropped.texts, kAllEpochs);
  }
  dropped_.clear();
  if (runs_ != nullptr) RTSTREAM_RETURN_IF_ERROR(CommitRuns(out));
  const auto lane = static_cast<uint32_t>(std::countr_zero(slices_));
  const auto put = [&](Kind kind, int64_t number, std::string block, uint64_t& stored) {
    if (block.empty()) return;
    out.batch().Put(Concat(out.Key(LaneKey(kind, number, lane)), OrderedHex(out.epoch())),
                    std::move(block));
    stored |= uint64_t{1} << lane;
  };
  for (auto& [number, bucket] : buckets_) {
    if (bucket.uncommitted.empty()) continue;
    put(kNumbers, number, TakeUncommitted<Word128>(bucket), bucket.stored_numbers);
    put(kTexts, number, TakeUncommitted<std::string_view>(bucket), bucket.stored_texts);
    bucket.uncommitted.clear();
    // Lanes that share a secret store the same.
    if (is_hash_stored_) continue;
    std::string secret = hash_.secret();
    SealBlock(secret);
    out.batch().Put(out.Key("k"), std::move(secret));
    is_hash_stored_ = true;
  }
  if (runs_ != nullptr) BuildRunIfDue(out.epoch());
  return absl::OkStatus();
}

absl::Status ClaimTable::Restore(const CheckpointReader& in, uint64_t slices) {
  slices_ = slices;
  RTSTREAM_ASSIGN_OR_RETURN(const std::optional<Versioned> secret, in.store().Get(in.Key("k")));
  if (secret) {
    RTSTREAM_ASSIGN_OR_RETURN(const std::string_view bytes,
                              OpenBlock(secret->value, "the secret of ids"));
    RTSTREAM_ASSIGN_OR_RETURN(hash_, IdHash::WithSecret(bytes));
    is_hash_stored_ = true;
  }
  RTSTREAM_RETURN_IF_ERROR(RestoreRuns(in));
  RTSTREAM_RETURN_IF_ERROR(ReadBlocks(in, kNumbers));
  RTSTREAM_RETURN_IF_ERROR(ReadBlocks(in, kTexts));
  for (auto& [number, bucket] : buckets_) {
    bucket.uncommitted.clear();
    for (const uint32_t chunk : bucket.chunks) {
      log_.SetCommitted(chunk);
      log_.chunk(chunk).settled = log_.chunk(chunk).used;
    }
  }
  return absl::OkStatus();
}

absl::Status ClaimTable::RestoreRuns(const CheckpointReader& in) {
  if (runs_ != nullptr) return runs_->Restore(in, slices_);
  return in.store().Scan(in.Key("r/"), [](std::string_view key, std::string_view) {
    return absl::FailedPreconditionError(
        Concat("ids of this state are on disk (", key, "): it needs a memory budget and its blobs"));
  });
}

absl::Status ClaimTable::ReadBlocks(const CheckpointReader& in, Kind kind) {
  const char letter = kind;
  const std::string prefix = in.Key(Concat(std::string_view(&letter, 1), "/"));
  return in.store().Scan(
      prefix, [&](std::string_view key, std::string_view value) -> absl::Status {
        // <bucket: 16>/<lane: 2>/<epoch: 16>
        uint64_t number = 0, lane = 0, epoch = 0;
        constexpr size_t kNameSize = 16 + 1 + 2 + 1 + 16;
        if (key.size() != prefix.size() + kNameSize ||
            !absl::SimpleHexAtoi(absl::string_view(key.data() + prefix.size(), 16), &number) ||
            !absl::SimpleHexAtoi(absl::string_view(key.data() + prefix.size() + 17, 2), &lane) ||
            !absl::SimpleHexAtoi(absl::string_view(key.data() + prefix.size() + 20, 16), &epoch) ||
            lane >= kSlices) {
          return absl::DataLossError("a stored key does not name a block of ids");
        }
        RTSTREAM_ASSIGN_OR_RETURN(const std::string_view block, OpenBlock(value, key));
        const auto bucket = static_cast<int64_t>(number ^ kSign);
        bool is_shared = false;
        RTSTREAM_RETURN_IF_ERROR(ReadBlock(kind, bucket, epoch, block, is_shared));
        Bucket& read = BucketOf(bucket);
        (kind == kNumbers ? read.stored_numbers : read.stored_texts) |= uint64_t{1} << lane;
        if (kind == kNumbers && is_shared) read.shared_numbers |= uint64_t{1} << lane;
        return absl::OkStatus();
      });
}

template <typename Id>
bool ClaimTable::Load(int64_t number, uint32_t slice, uint64_t hash, const Id& id) {
  const uint32_t ref = Append(number, slice, id);
  if (ref == 0) return false;
  uint32_t* const known = index_.Find(hash, [&](uint32_t r) { return log_.IsAt(r, id); });
  // Scanned in ascending buckets: the latest claim of an id wins.
  if (known != nullptr) {
    --log_.chunk(IdLog::ChunkNumberOf(*known)).references;
    *known = ref;
  } else {
    index_.Insert(hash, ref);
  }
  return true;
}

absl::Status ClaimTable::ReadBlock(Kind kind, int64_t number, uint64_t epoch, std::string_view block,
                                   bool& is_shared) {
  ByteReader in(block);
  if (const uint8_t format = in.U8(); format != kBlockFormat) {
    return absl::FailedPreconditionError(
        Concat("a block of ids has format ", format, ", want ", kBlockFormat));
  }
  if (const bool fingerprints = in.U8() != 0; in.ok() && fingerprints != options_.fingerprints) {
    return absl::FailedPreconditionError(
        Concat("the ids were stored ", fingerprints ? "as fingerprints" : "whole",
               ", this run wants them ", options_.fingerprints ? "as fingerprints" : "whole"));
  }
  if (const int64_t window = in.I64(); in.ok() && window != options_.window.count()) {
    return absl::FailedPreconditionError(Concat("the ids were stored with a window of ",
                                                Seconds(window), ", this run has ",
                                                Seconds(options_.window.count())));
  }
  const size_t bytes = options_.fingerprints ? kFingerprintBytes : kExactBytes;
  while (in.ok() && !in.done()) {
    const uint32_t slice = in.U8();
    uint64_t n = in.U64();
    if (slice >= kSlices) return absl::DataLossError("a block of ids has no such slice");
    const bool is_owned = (slices_ >> slice & 1) != 0;
    is_shared = is_shared || !is_owned;
    if (kind == kTexts) {
      for (; n > 0 && in.ok(); --n) {
        const std::string_view text = in.String();
        if (in.ok() && is_owned && !Load(number, slice, hash_(text), text)) return NoRoomError();
      }
      continue;
    }
    const std::string_view numbers = n < block.size() ? in.Raw(n * bytes) : in.Raw(block.size() + 1);
    if (!is_owned || (runs_ != nullptr && epoch <= runs_->CoveredUntil(number, slice))) continue;
    for (ByteReader each(numbers); !each.done();) {
      const uint64_t high = each.U64();
      const Word128 hash{high, options_.fingerprints ? 0 : each.U64()};
      if (!Load(number, slice, high, hash)) return NoRoomError();
    }
  }
  if (!in.ok()) return absl::DataLossError("a block of ids is cut short");
  return absl::OkStatus();
}

}  // namespace rtstream
