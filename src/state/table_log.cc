#include "rtstream/state/table_log.h"

#include <algorithm>
#include <functional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"

namespace rtstream {
namespace {

std::string DeltaKey(std::string_view name, uint64_t epoch) {
  return Concat(name, "/d/", OrderedHex(epoch));
}

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

void TableLog::Write(CheckpointWriter& out, std::string delta,
                     absl::FunctionRef<std::string(uint32_t slice)> write_slice) {
  last_delta_ = delta.size();
  if (!delta.empty()) {
    budget_ += delta.size();
    SealBlock(delta);
    out.batch().Put(out.Key(DeltaKey(name_, out.epoch())), std::move(delta));
    deltas_.push_back(out.epoch());
  }
  // A slice counts with the size that it had the last time: making its block is the cost to avoid.
  for (uint32_t written = 0; written < kSlices && !deltas_.empty(); ++written) {
    const bool is_due = budget_ >= kDeltasPerBase * std::max<uint64_t>(slice_bytes_[next_slice_], 1) ||
                        (deltas_.size() > kMaxDeltas && written == 0);
    if (!is_due) break;
    std::string base = write_slice(next_slice_);
    budget_ -= std::min(budget_, kDeltasPerBase * base.size());
    slice_bytes_[next_slice_] = base.size();
    SealBlock(base);
    out.batch().Put(out.Key(BaseKey(name_, next_slice_)), std::move(base));
    slice_epoch_[next_slice_] = out.epoch();
    next_slice_ = (next_slice_ + 1) % kSlices;
    // Every base holds what these deltas say.
    const uint64_t oldest = *std::min_element(slice_epoch_.begin(), slice_epoch_.end());
    while (!deltas_.empty() && deltas_.front() <= oldest) {
      out.batch().Delete(out.Key(DeltaKey(name_, deltas_.front())));
      deltas_.pop_front();
    }
  }
}

absl::Status TableLog::Read(const CheckpointReader& in, OnBase base, OnDelta delta) {
  deltas_.clear();
  slice_bytes_.fill(0);
  slice_epoch_.fill(0);
  const std::string bases = in.Key(Concat(name_, "/b/"));
  RTSTREAM_RETURN_IF_ERROR(in.store().Scan(
      bases, [&](std::string_view key, std::string_view value) -> absl::Status {
        RTSTREAM_ASSIGN_OR_RETURN(const uint64_t slice, TrailingHex(key, bases.size()));
        if (slice >= kSlices) return absl::DataLossError("a base block has no such slice");
        RTSTREAM_ASSIGN_OR_RETURN(const std::string_view block, OpenBlock(value, key));
        slice_bytes_[slice] = block.size();
        RTSTREAM_ASSIGN_OR_RETURN(slice_epoch_[slice], base(static_cast<uint32_t>(slice), block));
        return absl::OkStatus();
      }));
  // The rotation goes on where it stood: where an older base follows a newer one.
  const auto newest =
      std::adjacent_find(slice_epoch_.begin(), slice_epoch_.end(), std::greater<>());
  next_slice_ = newest == slice_epoch_.end()
                    ? 0
                    : static_cast<uint32_t>(newest - slice_epoch_.begin()) + 1;
  // So does the budget: what came since the oldest base, deltas less what bases answered.
  uint64_t answered = 0;
  for (uint32_t i = 0; i < kSlices; ++i) {
    if (slice_epoch_[i] > slice_epoch_[next_slice_]) answered += slice_bytes_[i];
  }
  budget_ = 0;
  const std::string deltas = in.Key(Concat(name_, "/d/"));
  RTSTREAM_RETURN_IF_ERROR(in.store().Scan(
      deltas, [&](std::string_view key, std::string_view value) -> absl::Status {
        RTSTREAM_ASSIGN_OR_RETURN(const uint64_t epoch, TrailingHex(key, deltas.size()));
        RTSTREAM_ASSIGN_OR_RETURN(const std::string_view block, OpenBlock(value, key));
        deltas_.push_back(epoch);
        budget_ += block.size();
        return delta(epoch, block);
      }));
  budget_ -= std::min(budget_, kDeltasPerBase * answered);
  return absl::OkStatus();
}

}  // namespace rtstream
