#include "rtstream/core/frame.h"

#include <utility>

namespace rtstream {

void Frame::AppendNext(size_t n) {
  if (metas_.size() == size_ && size_ != 0) {
    for (; n > 0; --n, ++size_) {
      metas_.push_back({.position = metas_.back().position + 1, .ordinal = metas_.back().ordinal + 1});
    }
  }
  size_ += n;
}

void Frame::WriteMetas() {
  while (metas_.size() < size_) {
    const auto delta = static_cast<uint32_t>(metas_.size() * step_);
    metas_.push_back({.position = delta, .ordinal = delta});
  }
}

void Frame::AppendFrom(Frame& from, size_t row) {
  if (from.size_ == 1 && from.metas_.empty()) {
    AppendSame(1);
  } else {
    metas_.push_back(from.meta(row));
    ++size_;
  }
  AppendSlice(from.slice(row));
  // Columns have room for any number of rows.
  if (from.event_times_ != nullptr) {
    Time* const times = event_time_column_.Get(kMaxRows);
    times[size_ - 1] = from.event_times_[row];
    event_times_ = times;
  }
  if (from.is_moving_ || from.watermarks_ != nullptr) {
    watermarks_ = watermark_column_.Get(kMaxRows);
    watermarks_[size_ - 1] = from.watermark(row);
  }
}

void Frame::HoldBytes(std::shared_ptr<const char[]> owner, std::string_view bytes) {
  owner_ = std::move(owner);
  bytes_ = bytes;
}

void Frame::SetTimes(Time event_time, Time watermark) {
  earliest_ = latest_ = event_time;
  last_watermark_ = watermark;
  event_times_ = nullptr;
  watermarks_ = nullptr;
  is_moving_ = false;
}

Time* Frame::BeginEventTimes() {
  has_holes_ = false;
  return event_time_column_.Get(size_);
}

Time* Frame::BeginEventTimes(const uint16_t* rows, size_t n) {
  has_holes_ = n < size_;
  if (has_holes_) timed_rows_.assign(rows, rows + n);
  return event_time_column_.Get(size_);
}

void Frame::FillHoles() {
  Time* const times = event_time_column_.Get(size_);
  size_t row = 0;
  for (const size_t timed : timed_rows_) {
    for (; row < timed; ++row) times[row] = kMinTime;
    ++row;
  }
  for (; row < size_; ++row) times[row] = kMinTime;
  has_holes_ = false;
}

void Frame::SetEventTimes(Time earliest, Time latest, WatermarkTracker& watermarks) {
  event_times_ = event_time_column_.Get(size_);
  earliest_ = earliest;
  latest_ = latest;
  course_ = watermarks.course();
  // Only then are they looked at one by one.
  if (has_holes_ && !course_.Counts(latest)) FillHoles();
  watermarks.Observe(event_times_, size_, latest);
  last_watermark_ = watermarks.current();
  watermarks_ = nullptr;
  is_moving_ = course_.watermark() != last_watermark_;
}

void Frame::FillWatermarks() {
  if (!is_moving_ || watermarks_ != nullptr || event_times_ == nullptr) return;
  if (has_holes_) FillHoles();
  Time* const seen = watermark_column_.Get(size_);
  WatermarkCourse course = course_;
  for (size_t row = 0; row < size_; ++row) {
    seen[row] = course.watermark();
    course.Observe(event_times_[row]);
  }
  watermarks_ = seen;
}

bool Frame::MarkRefused(size_t row) {
  if (refused_.size() < size_) refused_.resize(size_, 0);
  const bool is_first = refused_[row] == 0;
  refused_[row] = kRefused | kHasLetter;
  std::atomic_ref<bool>(any_refused_).store(true, std::memory_order_relaxed);
  return is_first;
}

void Frame::Clear() {
  size_ = 0;
  step_ = 1;
  metas_.clear();
  slices_.clear();
  owner_.reset();
  bytes_ = {};
  SetTimes(kMinTime, kMinTime);
  if (any_refused_) refused_.assign(refused_.size(), 0);
  any_refused_ = false;
}

void Frame::BeginLike(const Frame& from) {
  Clear();
  partition = from.partition;
  label = from.label;
  base_position = from.base_position;
  base_ordinal = from.base_ordinal;
  bytes_ = from.bytes_;
  earliest_ = from.earliest_;
  latest_ = from.latest_;
  last_watermark_ = from.last_watermark_;
}

Time* Frame::Column::Get(size_t rows) {
  if (rows > size_) {
    // Rounded up, so that batches of all sizes soon find what they need.
    size_ = kMaxRows < 2 * rows ? kMaxRows : 2 * rows;
    times_ = std::make_unique<Time[]>(size_);
  }
  return times_.get();
}

}  // namespace rtstream
