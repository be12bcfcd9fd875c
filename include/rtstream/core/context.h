#pragma once

#include <cstdint>
#include <string_view>

#include "rtstream/base/arena.h"
#include "rtstream/base/time.h"
#include "rtstream/core/frame.h"

namespace rtstream {

// What a function of the user may ask while it looks at a record. Everything in it is the same when
// the record is replayed after a crash, as long as nothing of its batch had left.
class Context {
 public:
  // Processing time, fixed once for the whole batch.
  Time now() const { return now_; }

  // Memory that lives until the end of the batch, for text that a row should refer to.
  Arena& arena() const { return *arena_; }

  // --- the record at hand ---
  // The partition's label, such as a file's base name.
  std::string_view partition() const { return frame_->label; }
  // Where it stands in its partition, as the source counts: of files, bytes.
  int64_t position() const { return frame_->position(row_); }
  // 1-based number of the record in its partition (a file's line number).
  int64_t ordinal() const { return frame_->ordinal(row_); }
  // kMinTime: nobody has assigned one.
  Time event_time() const { return frame_->event_time(row_); }
  // The watermark from all records before this one. With several lanes it is known behind KeyBy only:
  // to ask before fails the run (FailedPrecondition).
  Time watermark() const {
    has_asked_for_watermark_ = true;
    return frame_->watermark(row_);
  }
  // The record's original bytes; empty if the source has none.
  std::string_view raw() const { return frame_->raw(row_); }

  // Makes the i-th of a batch operator's rows the record at hand: wanted before a KeyedState is asked
  // behind a KeyBy. `rows` is a Rows<T>.
  template <typename R>
  void Look(const R& rows, size_t i) {
    At(rows.frame(), rows.row(i));
  }

  // --- for the library ---
  Context(Arena& arena, Time now) : arena_(&arena), now_(now) {}
  void BeginBatch(Time now) { now_ = now; }  // no record is at hand yet
  // Puts this record at hand.
  void At(Frame& frame, size_t row) {
    frame_ = &frame;
    row_ = row;
  }
  // No record is at hand.
  void Leave() { frame_ = nullptr; }
  // Of the key that KeyBy found; Frame::kNoSlice: none.
  uint8_t slice() const { return frame_ == nullptr ? Frame::kNoSlice : frame_->slice(row_); }
  // A run of several lanes refuses that before KeyBy.
  bool has_asked_for_watermark() const { return has_asked_for_watermark_; }
  Frame& frame() const { return *frame_; }  // REQUIRES: a record is at hand
  size_t row() const { return row_; }       // the number of the record's row in frame()

 private:
  Arena* arena_;
  Frame* frame_ = nullptr;
  size_t row_ = 0;
  Time now_;
  mutable bool has_asked_for_watermark_ = false;
};

}  // namespace rtstream
