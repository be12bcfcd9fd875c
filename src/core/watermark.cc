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
  course_.largest_ = p.largest;
  Recompute();
}

void WatermarkTracker::set_options(const Options& options) {
  options_ = options;
  has_options_ = true;
  course_.out_of_orderness_ = options.max_out_of_orderness;
  SetNow(now_);
}

void WatermarkTracker::SetNow(Time now) {
  if (began_ == kMinTime) began_ = now;
  now_ = now;
  course_.limit_ = options_.max_ahead > Duration{0} ? SaturatingAdd(now, options_.max_ahead) : kMaxTime;
}

void WatermarkCourse::Observe(const Time* event_times, size_t n, Time latest) {
  // The steps add up to the last one, unless the latest record does not count.
  if (latest <= limit_) return Observe(latest);
  for (size_t i = 0; i < n; ++i) Observe(event_times[i]);
}

void WatermarkTracker::Observe(const Time* event_times, size_t n, Time latest) {
  const Time before = course_.largest_;
  course_.Observe(event_times, n, latest);
  if (course_.largest_ != before) partitions_[at_].largest = course_.largest_;
}

void WatermarkTracker::Finish(uint32_t partition) {
  At(partition).is_finished = true;
  Recompute();
}

Time WatermarkTracker::Advance(Time now) {
  SetNow(std::max(now_, now));
  Recompute();
  return course_.seen_;
}

void WatermarkTracker::Recompute() {
  course_.others_ = kMaxTime;
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
      course_.others_ = std::min(course_.others_, w);
    }
  }
  // Where every partition has ended it does not matter which one did so last.
  const Time all = is_all_finished ? last_end : std::min(own, course_.others_);
  if (all != kMaxTime) course_.seen_ = std::max(course_.seen_, all);
}

void WatermarkTracker::Restore(uint32_t index, const PartitionState& state) { At(index) = state; }

void WatermarkTracker::RestoreWatermark(Time watermark) {
  course_.seen_ = std::max(course_.seen_, watermark);
}

}  // namespace rtstream
