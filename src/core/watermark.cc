#include "rtstream/core/watermark.h"

#include <algorithm>

namespace rtstream {

WatermarkTracker::PartitionState& WatermarkTracker::At(uint32_t index) {
  if (index >= partitions_.size()) partitions_.resize(index + 1);
  return partitions_[index];
}

WatermarkTracker::PartitionState WatermarkTracker::partition(uint32_t index) const {
  return index < partitions_.size() ? partitions_[index] : PartitionState{};
}

void WatermarkTracker::BeginBatch(uint32_t partition, Time now) {
  SetNow(now);
  PartitionState& p = At(partition);
  p.last_record = now;
  p.is_finished = false;
  at_ = partition;
  largest_ = p.largest;
  Recompute();
}

void WatermarkTracker::SetNow(Time now) {
  if (began_ == kMinTime) began_ = now;
  now_ = now;
}

void WatermarkTracker::Raise(Time event_time) {
  if (options_.max_ahead > Duration{0} &&
      event_time > SaturatingAdd(now_, options_.max_ahead)) {
    return;
  }
  largest_ = event_time;
  partitions_[at_].largest = event_time;
  seen_ = std::max(
      seen_, std::min(others_, SaturatingSubtract(event_time, options_.max_out_of_orderness)));
}

void WatermarkTracker::Finish(uint32_t partition) {
  At(partition).is_finished = true;
  Recompute();
}

Time WatermarkTracker::Advance(Time now) {
  SetNow(std::max(now_, now));
  Recompute();
  return seen_;
}

void WatermarkTracker::Recompute() {
  others_ = kMaxTime;
  Time own = kMaxTime;
  Time last_end = kMinTime;
  bool is_all_finished = true;
  for (uint32_t i = 0; i < partitions_.size(); ++i) {
    const PartitionState& p = partitions_[i];
    if (p.largest == kMinTime) continue;
    const Time w = SaturatingSubtract(p.largest, options_.max_out_of_orderness);
    if (p.is_finished) {
      last_end = std::max(last_end, w);
      continue;
    }
    is_all_finished = false;
    if (options_.idle_timeout > Duration{0} &&
        SaturatingAdd(std::max(p.last_record, began_), options_.idle_timeout) <= now_) {
      continue;
    }
    if (i == at_) {
      own = w;
    } else {
      others_ = std::min(others_, w);
    }
  }
  // Where every partition has ended it does not matter which one did so last.
  const Time all = is_all_finished ? last_end : std::min(own, others_);
  if (all != kMaxTime) seen_ = std::max(seen_, all);
}

void WatermarkTracker::Restore(uint32_t index, const PartitionState& state) { At(index) = state; }

void WatermarkTracker::RestoreWatermark(Time watermark) { seen_ = std::max(seen_, watermark); }

}  // namespace rtstream
