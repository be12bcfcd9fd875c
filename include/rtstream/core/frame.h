#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rtstream/base/time.h"
#include "rtstream/core/watermark.h"

namespace rtstream {

// What a source says of a row's record besides its value.
struct RowMeta {
  // Bits of `flags`.
  // The source cut the record: raw_size is its full length. What was kept ends the frame's bytes.
  static constexpr uint32_t kOversize = 1;

  uint32_t position = 0;    // delta from Frame::base_position
  uint32_t ordinal = 0;     // delta from Frame::base_ordinal
  uint32_t raw_offset = 0;  // where the record's bytes begin in Frame::bytes
  uint32_t raw_size = 0;    // 0: the source has no bytes (a typed in-memory source)
  uint32_t flags = 0;       // kOversize or none
};

// The part of a batch that does not depend on the rows' type: where the rows come from, when they
// happened, and the bytes that views in them point into. Row i of every type that a batch passes through
// is described by row i of the frame.
//
// What rows have in common is kept once: records that follow one another have no RowMeta, and event times
// and watermarks are columns only where they differ. Used by the lane that runs the batch; reading
// watermarks may fill their column (see FillWatermarks). Behind a KeyBy several lanes use it, each for rows
// of its own (see Share).
class Frame {
 public:
  // Most rows a frame may hold: selections are 16-bit.
  static constexpr size_t kMaxRows = 4096;

  uint32_t partition = 0;     // index in the source's list of partitions
  std::string_view label;     // the partition's name for people, valid for the batch
  int64_t base_position = 0;  // that of the first row's record
  int64_t base_ordinal = 0;   // 1-based number of the first row's record in its partition

  // --- rows ---
  size_t size() const { return size_; }
  // Adds a row. REQUIRES for this and the next three: size() stays at most kMaxRows.
  void Append(const RowMeta& meta) {
    if (metas_.empty() && size_ != 0) [[unlikely]] WriteMetas();
    metas_.push_back(meta);
    ++size_;
  }
  // Adds rows without bytes whose records follow the last one, or begin at the bases, one by one.
  void AppendNext(size_t n);
  // Adds rows that all stand for the record at the bases. REQUIRES: there are no others.
  void AppendSame(size_t n) {
    size_ += n;
    step_ = 0;
  }
  // Adds a row for the record of `row` of `from`. REQUIRES: BeginLike(from) and nothing else before.
  void AppendFrom(Frame& from, size_t row);

  // Of a row. REQUIRES for this and the next three: row < size().
  RowMeta meta(size_t row) const {
    if (!metas_.empty()) return metas_[row];
    const auto delta = static_cast<uint32_t>(row * step_);
    return {.position = delta, .ordinal = delta};
  }
  // Bits of RowMeta::flags.
  uint32_t flags(size_t row) const { return metas_.empty() ? 0 : metas_[row].flags; }
  // Where the row's record stands in its partition.
  int64_t position(size_t row) const { return base_position + meta(row).position; }
  // The record's number in its partition, from 1.
  int64_t ordinal(size_t row) const { return base_ordinal + meta(row).ordinal; }

  // --- bytes ---
  // Keeps `bytes` alive until Clear(); views in rows point into it. At least kPadding bytes behind
  // the end are readable.
  static constexpr size_t kPadding = 64;
  // `owner` owns `bytes`. One buffer a batch: the one held before is let go.
  void HoldBytes(std::shared_ptr<const char[]> owner, std::string_view bytes);
  std::string_view bytes() const { return bytes_; }  // those held; empty: the source has none
  // How far the bytes behind `text` may be read: beyond its end only if it stands among those held.
  const char* readable_end(std::string_view text) const {
    const char* const end = text.data() + text.size();
    const std::less_equal<> precedes;
    const bool is_held = precedes(bytes_.data(), text.data()) &&
                         precedes(end, bytes_.data() + bytes_.size());
    return is_held && !bytes_.empty() ? bytes_.data() + bytes_.size() + kPadding : end;
  }
  // The original bytes of a row's record; empty if the source has none.
  std::string_view raw(size_t row) const {
    if (metas_.empty()) return {};
    return bytes_.substr(metas_[row].raw_offset, metas_[row].raw_size);
  }

  // --- event time ---
  Time event_time(size_t row) const { return event_times_ == nullptr ? earliest_ : event_times_[row]; }
  // No row's event time lies before or behind these. Rows that nobody looks at any more may count as well.
  Time earliest() const { return earliest_; }
  Time latest() const { return latest_; }  // see earliest()
  // The watermark as the row's record sees it: from the records before it only, so that no judgement
  // (late, expired) depends on where batches were cut.
  Time watermark(size_t row) {
    if (is_moving_ && watermarks_ == nullptr) FillWatermarks();
    return watermarks_ == nullptr ? last_watermark_ : watermarks_[row];
  }
  // What a record behind the last row would see. No row's watermark is larger: what is not late by this
  // one is not late at all.
  Time last_watermark() const { return last_watermark_; }
  // The event time and watermark of all rows; kMinTime both if nothing is said.
  void SetTimes(Time event_time, Time watermark);
  // The event times of size() rows, to be filled; then SetEventTimes(), which moves `watermarks`.
  Time* BeginEventTimes();
  // The same where only `n` rows, in order, get one: nobody looks at the others any more.
  Time* BeginEventTimes(const uint16_t* rows, size_t n);
  // Ends what BeginEventTimes() began: the first and the last of them.
  void SetEventTimes(Time earliest, Time latest, WatermarkTracker& watermarks);
  // Says anew what rows see, by the tracker of all batches, where there are event times: those before were
  // set by one that knows this batch only.
  void SeeWatermarks(WatermarkTracker& watermarks) {
    if (event_times_ != nullptr) SetEventTimes(earliest_, latest_, watermarks);
  }
  // Writes down what each row's record sees, which is otherwise left until somebody asks. After this
  // several threads may read the frame.
  void FillWatermarks();

  // --- keys ---
  // The slice of the key groups that the key of the row's record is in, as KeyBy said; kNoSlice: none has.
  static constexpr uint8_t kNoSlice = 0xff;
  // See kNoSlice.
  uint8_t slice(size_t row) const { return slices_.empty() ? kNoSlice : slices_[row]; }
  // Those of all rows, or null: none has.
  const uint8_t* slices() const { return slices_.empty() ? nullptr : slices_.data(); }
  // Those of all rows, to be filled.
  uint8_t* BeginSlices() {
    slices_.resize(size_, kNoSlice);
    return slices_.data();
  }
  // Says it of the last row, which was just added, if it is known of any.
  void AppendSlice(uint8_t slice) {
    if (slice != kNoSlice || !slices_.empty()) {
      slices_.resize(size_ - 1, kNoSlice);
      slices_.push_back(slice);
    }
  }

  // --- refusals ---
  // Notes that a row's record goes to the dead letters. False if it is there already: a record that a
  // branch refused goes on elsewhere and may be refused again.
  bool MarkRefused(size_t row);
  // A row that was refused in a branch is in play again.
  void PassOn(size_t row) { refused_[row] &= kHasLetter; }
  // Whether the row's record goes to the dead letters, and was not passed on since.
  bool is_refused(size_t row) const { return any_refused() && (refused_[row] & kRefused) != 0; }
  // Whether any row was marked since Clear().
  bool any_refused() const {
    return std::atomic_ref<bool>(any_refused_).load(std::memory_order_relaxed);
  }
  // From here on several lanes may use it.
  void Share() {
    if (refused_.size() < size_) refused_.resize(size_, 0);
  }

  // Forgets rows and bytes; keeps the memory.
  void Clear();
  // The same, and stands where `from` stands: partition, bases, bytes, and times that all rows share.
  void BeginLike(const Frame& from);

 private:
  // Memory for a column that is kept from batch to batch.
  class Column {
   public:
    Time* Get(size_t rows);

   private:
    std::unique_ptr<Time[]> times_;
    size_t size_ = 0;
  };

  void WriteMetas();
  // Says that rows without event time happened at kMinTime.
  void FillHoles();

  size_t size_ = 0;
  uint32_t step_ = 1;            // from row to row, where there are no metas
  std::vector<RowMeta> metas_;   // of all rows, or none
  std::shared_ptr<const char[]> owner_;
  std::string_view bytes_;

  const Time* event_times_ = nullptr;  // null: all are earliest_
  Time* watermarks_ = nullptr;         // null: all are last_watermark_, or is_moving_
  Time earliest_ = kMinTime, latest_ = kMinTime;
  Time last_watermark_ = kMinTime;
  std::vector<uint16_t> timed_rows_;   // those with an event time, if has_holes_
  bool has_holes_ = false;
  bool is_moving_ = false;             // the watermark moves over the rows, as course_ says
  WatermarkCourse course_;
  Column event_time_column_, watermark_column_;

  static constexpr uint8_t kRefused = 1, kHasLetter = 2;
  std::vector<uint8_t> refused_;
  std::vector<uint8_t> slices_;  // of all rows, or none
  // Of some row, by whichever lane.
  mutable bool any_refused_ = false;
};

}  // namespace rtstream
