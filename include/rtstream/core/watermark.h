#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rtstream/base/time.h"

namespace rtstream {

// How the watermark goes on over the records of one partition while nothing else changes: enough to say
// afterwards what each record of a batch saw. A value.
class WatermarkCourse {
 public:
  // What the next record sees.
  Time watermark() const { return seen_; }
  // Whether a record that happened then moves the watermark, and is not too far ahead for that.
  bool Counts(Time event_time) const { return event_time <= limit_; }
  // Takes the next record's event time.
  void Observe(Time event_time) {
    if (event_time > largest_ && Counts(event_time)) [[unlikely]] Raise(event_time);
  }
  // Takes those of many records at once, which comes to the same. `latest` is none before the latest.
  void Observe(const Time* event_times, size_t n, Time latest);

 private:
  friend class WatermarkTracker;
  void Raise(Time event_time) {
    largest_ = event_time;
    seen_ = std::max(seen_, std::min(others_, SaturatingSubtract(event_time, out_of_orderness_)));
  }

  Time largest_ = kMaxTime;  // of the partition; kMaxTime: there is none
  Time limit_ = kMaxTime;    // later records do not count
  Time others_ = kMaxTime;   // minimum over the other partitions that take part
  Time seen_ = kMinTime;
  Duration out_of_orderness_{0};
};

// Follows event time over the partitions of a source and says how far it is complete.
//
// A partition's watermark is the largest event time seen in it minus the bounded out-of-orderness.
// The watermark is the minimum over the partitions that take part: those that have delivered a record
// and are neither finished nor idle. It never goes back, also when a slower partition joins.
//
// Not thread-safe; owned by a lane.
class WatermarkTracker {
 public:
  // How records move the watermark.
  struct Options {
    // How far behind the largest event time a record is not late.
    Duration max_out_of_orderness{0};
    // A partition without records for this long in processing time no longer holds the watermark
    // back; time before the tracker's first batch does not count. Zero: never idle.
    Duration idle_timeout{0};
    // A record further than this ahead of its batch's processing time does not move the watermark,
    // so that one wrong clock cannot close every window. Zero: no bound.
    Duration max_ahead{0};
  };

  void set_options(const Options& options);            // before the first batch
  const Options& options() const { return options_; }  // as given; defaults if nobody did
  // Whether set_options() was called.
  bool has_options() const { return has_options_; }

  // Begins a batch of `partition` at processing time `now`.
  void BeginBatch(uint32_t partition, Time now);

  // The watermark that the next record sees, from all records before it.
  Time current() const { return course_.watermark(); }
  // The same, and how it goes on over records of the batch's partition.
  const WatermarkCourse& course() const { return course_; }

  // Takes the event time of a record of the batch's partition.
  void Observe(Time event_time) { Observe(&event_time, 1, event_time); }
  // Takes those of many records at once, which comes to the same. `latest` is none before the latest.
  void Observe(const Time* event_times, size_t n, Time latest);

  // A finished partition no longer holds the watermark back. When all are, the one that came furthest
  // says how far event time is complete.
  void Finish(uint32_t partition);

  // Excludes partitions that were idle for too long at `now`; returns the watermark.
  Time Advance(Time now);

  // What a commit stores, one entry a partition, and how it comes back.
  struct PartitionState {
    Time largest = kMinTime;      // event time seen; kMinTime: none
    Time last_record = kMinTime;  // processing time
    bool is_finished = false;     // nothing is to come
  };
  // For a commit; defaults for one that never had a batch.
  PartitionState partition(uint32_t index) const;
  // As a commit says. REQUIRES: before the first batch.
  void Restore(uint32_t index, const PartitionState& state);
  void RestoreWatermark(Time watermark);  // as a commit says; it never goes back behind it

 private:
  void SetNow(Time now);
  void Recompute();
  PartitionState& At(uint32_t index);

  Options options_;
  bool has_options_ = false;
  std::vector<PartitionState> partitions_;
  uint32_t at_ = 0;
  WatermarkCourse course_;  // of the batch's partition
  Time now_ = kMinTime;
  Time began_ = kMinTime;   // the first processing time it was told
};

}  // namespace rtstream
