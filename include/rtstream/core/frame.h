#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rtstream/base/time.h"

namespace rtstream {

// What is known of a row besides its value.
struct RowMeta {
  // Bits of `flags`.
  // The source cut the record: raw_size is its full length. What was kept ends the frame's bytes.
  static constexpr uint32_t kOversize = 1;

  uint32_t position = 0;    // delta from Frame::base_position
  uint32_t ordinal = 0;     // delta from Frame::base_ordinal
  uint32_t raw_offset = 0;  // where the record's bytes begin in Frame::bytes
  uint32_t raw_size = 0;    // 0: the source has no bytes (a typed in-memory source)
  uint32_t flags = 0;
  Time event_time = kMinTime;
  // The watermark as this record sees it: from the records before it only, so that no judgement
  // (late, expired) depends on where batches were cut.
  Time watermark = kMinTime;
};

// The part of a batch that does not depend on the rows' type: where the rows come from and the bytes
// that views in them point into. Row i of every type that a batch passes through has the same meta.
//
// Used by the lane that runs the batch only.
class Frame {
 public:
  // Most rows a frame may hold: selections are 16-bit.
  static constexpr size_t kMaxRows = 4096;

  uint32_t partition = 0;         // index in the source's list of partitions
  std::string_view label;         // the partition's name for people, valid for the batch
  int64_t base_position = 0;
  int64_t base_ordinal = 0;       // 1-based number of the first row's record in its partition
  std::vector<RowMeta> rows;

  // Keeps `bytes` alive until Clear(); views in rows point into it. At least kPadding bytes behind
  // the end are readable.
  static constexpr size_t kPadding = 64;
  void HoldBytes(std::shared_ptr<const char[]> owner, std::string_view bytes);
  std::string_view bytes() const { return bytes_; }
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
    return bytes_.substr(rows[row].raw_offset, rows[row].raw_size);
  }
  int64_t position(size_t row) const { return base_position + rows[row].position; }
  int64_t ordinal(size_t row) const { return base_ordinal + rows[row].ordinal; }

  // Notes that a row's record goes to the dead letters. False if it is there already: a record that a
  // branch refused goes on elsewhere and may be refused again.
  bool MarkRefused(size_t row);
  // A row that was refused in a branch is in play again.
  void PassOn(size_t row) { refused_[row] &= kHasLetter; }
  bool is_refused(size_t row) const { return any_refused_ && (refused_[row] & kRefused) != 0; }
  bool any_refused() const { return any_refused_; }

  // Forgets rows and bytes; keeps the memory.
  void Clear();

 private:
  std::shared_ptr<const char[]> owner_;
  std::string_view bytes_;
  static constexpr uint8_t kRefused = 1, kHasLetter = 2;
  std::vector<uint8_t> refused_;
  bool any_refused_ = false;
};

}  // namespace rtstream
