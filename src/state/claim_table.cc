#include "rtstream/state/claim_table.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/state/byte_io.h"

namespace rtstream {
namespace {

constexpr char kText = '\0';
constexpr char kUuid = '\x01';
constexpr uint8_t kFormat = 1;
constexpr size_t kUuidText = 36;

template <typename Word>
Word Load(const char* p) {
  Word v = 0;
  std::memcpy(&v, p, sizeof v);
  return v;
}

// Eight hexadecimal digits, lower case only, as four bytes, all digits at once; false if one is none.
bool PackDigits(uint64_t v, char* out) {
  constexpr uint64_t kOnes = 0x0101010101010101, kHigh = 0x80 * kOnes;
  if ((v & kHigh) != 0) return false;
  // A byte's high bit is set by the first addend if it is at least the range's begin, and by the second
  // if it is beyond the end.
  const auto in_range = [&](uint64_t first, uint64_t last) {
    return (v + (0x80 - first) * kOnes) & ~(v + (0x7f - last) * kOnes) & kHigh;
  };
  const uint64_t letters = in_range('a', 'f');
  if ((in_range('0', '9') | letters) != kHigh) return false;
  uint64_t nibbles = (v & 0x0f * kOnes) + (letters >> 7) * 9;
  // The first digit is a byte's high half; little endian, as stored formats are.
  nibbles = (nibbles << 4 | nibbles >> 8) & 0x00ff00ff00ff00ff;
  nibbles = (nibbles | nibbles >> 8) & 0x0000ffff0000ffff;
  const auto packed = static_cast<uint32_t>(nibbles | nibbles >> 16);
  std::memcpy(out, &packed, sizeof packed);
  return true;
}

// Only the canonical text is packed, so that packing is reversible and byte equality is kept.
bool PackUuid(std::string_view id, char* out) {
  if (id.size() != kUuidText) return false;
  const char* const p = id.data();
  if (p[8] != '-' || p[13] != '-' || p[18] != '-' || p[23] != '-') return false;
  // Put together in registers: digits that were copied in small pieces are slow to load in larger ones.
  return PackDigits(Load<uint64_t>(p), out) &&
         PackDigits(Load<uint32_t>(p + 9) | uint64_t{Load<uint32_t>(p + 14)} << 32, out + 4) &&
         PackDigits(Load<uint32_t>(p + 19) | uint64_t{Load<uint32_t>(p + 24)} << 32, out + 8) &&
         PackDigits(Load<uint64_t>(p + 28), out + 12);
}

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// Buckets in key order, negative ones first.
std::string BucketKey(int64_t bucket) {
  return Concat("c/", OrderedHex(static_cast<uint64_t>(bucket) ^ uint64_t{1} << 63), "/");
}

}  // namespace

void IdBatch::Clear() {
  bytes_.clear();
  ends_.clear();
}

void IdBatch::AddText(std::string_view id) {
  char uuid[17];
  uuid[0] = kUuid;
  if (PackUuid(id, uuid + 1)) {
    bytes_.append(uuid, sizeof uuid);
  } else {
    bytes_.push_back(kText);
    bytes_.append(id);
  }
  ends_.push_back(static_cast<uint32_t>(bytes_.size()));
}

std::string IdText(std::string_view stored) {
  if (stored.empty()) return {};
  const std::string_view body = stored.substr(1);
  if (stored[0] == kText) return std::string(body);
  std::string hex = absl::BytesToHexString(absl::string_view(body.data(), body.size()));
  if (stored[0] != kUuid || hex.size() != 32) return hex;
  for (const size_t dash : {size_t{8}, size_t{13}, size_t{18}, size_t{23}}) hex.insert(dash, 1, '-');
  return hex;
}

void ClaimTable::set_window(Duration window) {
  window_ = window;
  width_ = window / 8;
}

void ClaimTable::Prepare(const IdBatch& ids) {
  hashes_.resize(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) hashes_[i] = table_.Hash(ids[i]);
}

bool ClaimTable::IsLive(int64_t bucket, Time watermark) const {
  int64_t begin = 0;
  // The first bucket of all may begin before the first time.
  const bool is_first = __builtin_mul_overflow(bucket, width_.count(), &begin);
  const Time begins = is_first ? kMinTime : Time(Duration(begin));
  return SaturatingAdd(SaturatingAdd(begins, width_), window_) > watermark;
}

ClaimTable::Outcome ClaimTable::Claim(const IdBatch& ids, size_t i, Time event_time,
                                      Time watermark) {
  bool fresh = false;
  Entry& entry = table_.FindOrInsert(hashes_[i], ids[i], fresh);
  if (!fresh && IsLive(entry.value.bucket(), watermark)) {
    return entry.value.is_pending() ? Outcome::kPending : Outcome::kDuplicate;
  }
  entry.value =
      ClaimOf(FloorDivide(event_time.time_since_epoch().count(), width_.count()), true);
  pending_.push_back({static_cast<uint32_t>(i), entry.head.self});
  return Outcome::kNew;
}

void ClaimTable::Settle(const IdBatch&, const Pending& pending, bool is_refused) {
  Entry& entry = table_.At(pending.entry);
  if (is_refused) {
    table_.Erase(entry);
    return;
  }
  const int64_t number = entry.value.bucket();
  entry.value = ClaimOf(number, false);
  // Neighbouring records mostly belong to the same bucket.
  if (last_bucket_ == nullptr || last_number_ != number) {
    last_bucket_ = &buckets_[number];
    last_number_ = number;
  }
  last_bucket_->entries.push_back(pending.entry);
  last_bucket_->uncommitted.push_back(pending.entry);
}

void ClaimTable::Expire(Time watermark) {
  size_t left = kExpiredAtOnce;
  while (!buckets_.empty() && !IsLive(buckets_.begin()->first, watermark)) {
    auto& [number, bucket] = *buckets_.begin();
    bucket.uncommitted.clear();  // they shall not be stored any more, and may be gone
    for (; !bucket.entries.empty(); bucket.entries.pop_back()) {
      if (left-- == 0) return;
      // An id that was claimed anew after its window belongs to a later bucket by now.
      Entry& entry = table_.At(bucket.entries.back());
      if (entry.value.bucket() == number) table_.Erase(entry);
    }
    if (bucket.is_stored) dropped_.push_back(number);
    buckets_.erase(buckets_.begin());
    last_bucket_ = nullptr;
  }
}

absl::Status ClaimTable::Checkpoint(CheckpointWriter& out) {
  for (int64_t bucket : dropped_) {
    const std::string key = out.Key(BucketKey(bucket));
    out.batch().DeleteRange(key, Concat(key, "~"));
  }
  dropped_.clear();
  for (auto& [number, bucket] : buckets_) {
    if (bucket.uncommitted.empty()) continue;
    ByteWriter writer;
    writer.U8(kFormat);
    writer.I64(window_.count());
    writer.Varint(bucket.uncommitted.size());
    for (uint32_t ref : bucket.uncommitted) writer.String(table_.At(ref).key());
    std::string block = std::move(writer).Take();
    SealBlock(block);
    out.batch().Put(Concat(out.Key(BucketKey(number)), OrderedHex(out.epoch())),
                    std::move(block));
    bucket.uncommitted.clear();
    bucket.is_stored = true;
  }
  return absl::OkStatus();
}

absl::Status ClaimTable::Restore(const CheckpointReader& in) {
  const std::string prefix = in.Key("c/");
  return in.store().Scan(
      prefix, [&](std::string_view key, std::string_view value) -> absl::Status {
        uint64_t number = 0;
        if (key.size() < prefix.size() + 17 ||
            !absl::SimpleHexAtoi(absl::string_view(key.data() + prefix.size(), 16), &number)) {
          return absl::DataLossError("a stored key does not name a bucket of ids");
        }
        RTSTREAM_ASSIGN_OR_RETURN(const std::string_view block, OpenBlock(value, key));
        return ReadBlock(static_cast<int64_t>(number ^ uint64_t{1} << 63), block);
      });
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
  Bucket& bucket = buckets_[number];
  bucket.is_stored = true;
  for (uint64_t n = in.Varint(); n > 0 && in.ok(); --n) {
    const std::string_view id = in.String();
    bool fresh = false;
    Entry& entry = table_.FindOrInsert(table_.Hash(id), id, fresh);
    // Scanned in ascending buckets: the latest claim of an id wins.
    entry.value = ClaimOf(number, false);
    bucket.entries.push_back(entry.head.self);
  }
  if (!in.ok() || !in.done()) return absl::DataLossError("a block of ids is cut short");
  return absl::OkStatus();
}

}  // namespace rtstream
