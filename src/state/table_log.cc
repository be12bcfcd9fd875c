#include "rtstream/state/table_log.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "../base/mutant.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"

namespace rtstream {
namespace {

std::string BaseKey(std::string_view name, uint32_t slice) {
  return absl::StrFormat("%s/b/%02x", name, slice);
}

// The number that ends a stored key.
absl::StatusOr<uint64_t> TrailingHex(std::string_view key, size_t prefix) {
  uint64_t v = 0;
  if (!absl::SimpleHexAtoi(absl::string_view(key.data() + prefix, key.size() - prefix), &v)) {
    return absl::DataLossError(Concat("'", key, "' is not a block of a table"));
  }
  return v;
}

}  // namespace

void TableLog::Attach(const StateHost& host) {
  slices_ = host.slices;
  next_slice_ = slices_.begin;
  if (host.shared != nullptr) {
    epochs_ = host.shared->Get<Epochs>(Concat("bases/", host.op, "/", name_));
  }
}

std::string TableLog::DeltaKey(const Delta& delta) const {
  return absl::StrFormat("%s/d/%016x/%02x-%02x", name_, delta.epoch, delta.slices.begin,
                         delta.slices.end - 1);
}

absl::StatusOr<TableLog::Delta> TableLog::ParseDelta(std::string_view key, size_t prefix) {
  const std::string_view text = key.substr(prefix);
  Delta delta;
  const auto read = [&](size_t at, size_t size, auto& v) {
    return absl::SimpleHexAtoi(absl::string_view(text.data() + at, size), &v);
  };
  constexpr size_t kSize = 16 + 1 + 2 + 1 + 2;
  if (text.size() != kSize || text[16] != '/' || text[19] != '-' || !read(0, 16, delta.epoch) ||
      !read(17, 2, delta.slices.begin) || !read(20, 2, delta.slices.end) ||
      delta.slices.begin > delta.slices.end || delta.slices.end >= kSlices) {
    return absl::DataLossError(Concat("'", key, "' is not a block of a table"));
  }
  ++delta.slices.end;
  return delta;
}

uint64_t TableLog::OldestBase(const SliceRange& slices) const {
  uint64_t oldest = epoch_of(slices.begin);
  for (uint32_t i = slices.begin + 1; i < slices.end; ++i) oldest = std::min(oldest, epoch_of(i));
  return oldest;
}

void TableLog::Write(CheckpointWriter& out, std::string delta,
                     absl::FunctionRef<std::string(uint32_t slice)> write_slice) {
  last_delta_ = delta.size();
  if (!delta.empty()) {
    budget_ += delta.size();
    SealBlock(delta);
    deltas_.push_back({out.epoch(), slices_});
    out.batch().Put(out.Key(DeltaKey(deltas_.back())), std::move(delta));
  }
  // A slice counts with the size that it had the last time: making its block is the cost to avoid.
  const uint32_t own = slices_.end - slices_.begin;
  for (uint32_t written = 0; written < own && !deltas_.empty(); ++written) {
    const bool is_due = budget_ >= kDeltasPerBase * std::max<uint64_t>(slice_bytes_[next_slice_], 1) ||
                        (deltas_.size() > kMaxDeltas && written == 0);
    if (!is_due) break;
    std::string base = write_slice(next_slice_);
    budget_ -= std::min(budget_, kDeltasPerBase * base.size());
    slice_bytes_[next_slice_] = base.size();
    SealBlock(base);
    out.batch().Put(out.Key(BaseKey(name_, next_slice_)), std::move(base));
    (*epochs_)[next_slice_].store(out.epoch(), std::memory_order_relaxed);
    next_slice_ = next_slice_ + 1 == slices_.end ? slices_.begin : next_slice_ + 1;
    // The bases hold what these deltas say.
    const bool forgets = RTSTREAM_MUTANT("delta_dropped_before_its_bases");
    while (!deltas_.empty() && (forgets || deltas_.front().epoch <= OldestBase(deltas_.front().slices))) {
      out.batch().Delete(out.Key(DeltaKey(deltas_.front())));
      deltas_.pop_front();
    }
  }
}

absl::Status TableLog::Read(const CheckpointReader& in, OnBase base, OnDelta delta) {
  deltas_.clear();
  slice_bytes_.fill(0);
  const std::string bases = in.Key(Concat(name_, "/b/"));
  RTSTREAM_RETURN_IF_ERROR(in.store().Scan(
      bases, [&](std::string_view key, std::string_view value) -> absl::Status {
        RTSTREAM_ASSIGN_OR_RETURN(const uint64_t slice, TrailingHex(key, bases.size()));
        if (slice >= kSlices) return absl::DataLossError("a base block has no such slice");
        if (!slices_.Holds(static_cast<uint32_t>(slice))) return absl::OkStatus();
        RTSTREAM_ASSIGN_OR_RETURN(const std::string_view block, OpenBlock(value, key));
        slice_bytes_[slice] = block.size();
        RTSTREAM_ASSIGN_OR_RETURN(const uint64_t epoch, base(static_cast<uint32_t>(slice), block));
        (*epochs_)[slice].store(epoch, std::memory_order_relaxed);
        return absl::OkStatus();
      }));
  // The rotation goes on where it stood: where an older base follows a newer one.
  next_slice_ = slices_.begin;
  for (uint32_t i = slices_.begin; i + 1 < slices_.end; ++i) {
    if (epoch_of(i) <= epoch_of(i + 1)) continue;
    next_slice_ = i + 1;
    break;
  }
  // So does the budget: what came since the oldest base, deltas less what bases answered.
  uint64_t answered = 0;
  for (uint32_t i = slices_.begin; i < slices_.end; ++i) {
    if (epoch_of(i) > epoch_of(next_slice_)) answered += slice_bytes_[i];
  }
  budget_ = 0;
  const std::string deltas = in.Key(Concat(name_, "/d/"));
  RTSTREAM_RETURN_IF_ERROR(in.store().Scan(
      deltas, [&](std::string_view key, std::string_view value) -> absl::Status {
        RTSTREAM_ASSIGN_OR_RETURN(const Delta stored, ParseDelta(key, deltas.size()));
        if (!stored.slices.Meets(slices_)) return absl::OkStatus();
        RTSTREAM_ASSIGN_OR_RETURN(const std::string_view block, OpenBlock(value, key));
        if (slices_.Holds(stored.slices.begin)) deltas_.push_back(stored);
        const uint32_t shared = std::min(stored.slices.end, slices_.end) -
                                std::max(stored.slices.begin, slices_.begin);
        budget_ += block.size() * shared / (stored.slices.end - stored.slices.begin);
        return delta(stored.epoch, block);
      }));
  budget_ -= std::min(budget_, kDeltasPerBase * answered);
  return absl::OkStatus();
}

}  // namespace rtstream
