#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "rtstream/core/frame.h"

namespace rtstream {

// A record that has not been parsed yet: a view of its bytes, which the batch owns.
using Bytes = std::string_view;

// What a Source fills: rows of one partition, in order, with the frame that describes them.
// The views in rows live as long as the batch is not cleared.
//
// Not thread-safe; one lane fills and reads it.
template <typename T>
class Batch {
 public:
  // Begins a batch of `partition`. Positions and ordinals of rows are given relative to the bases.
  void Begin(uint32_t partition, std::string_view label, int64_t base_position,
             int64_t base_ordinal) {
    Clear();
    frame_.partition = partition;
    frame_.label = label;
    frame_.base_position = base_position;
    frame_.base_ordinal = base_ordinal;
  }

  // REQUIRES: size() < Frame::kMaxRows.
  void Append(T value, const RowMeta& meta) {
    rows_.push_back(std::move(value));
    frame_.rows.push_back(meta);
  }

  // What the source wants to be told when it is opened again to go on behind this batch; opaque to
  // everybody else. Set by the source for every batch that has rows or skipped input.
  std::string resume;

  // Bytes of input that this batch covers, for the counters.
  uint64_t input_bytes = 0;

  void Clear() {
    rows_.clear();
    frame_.Clear();
    resume.clear();
    input_bytes = 0;
  }

  size_t size() const { return rows_.size(); }
  bool empty() const { return rows_.empty(); }
  Frame& frame() { return frame_; }
  const Frame& frame() const { return frame_; }
  const std::vector<T>& rows() const { return rows_; }

 private:
  Frame frame_;
  std::vector<T> rows_;
};

// The rows of a batch that are still in play: ascending row numbers. Operators that drop rows narrow
// it; nothing is moved.
class Selection {
 public:
  void Clear() { size_ = 0; }
  void Add(size_t row) { rows_[size_++] = static_cast<uint16_t>(row); }
  void SelectAll(size_t n) {
    for (size_t i = 0; i < n; ++i) rows_[i] = static_cast<uint16_t>(i);
    size_ = n;
  }
  void Truncate(size_t n) { size_ = n; }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  size_t operator[](size_t i) const { return rows_[i]; }
  void Set(size_t i, size_t row) { rows_[i] = static_cast<uint16_t>(row); }

 private:
  size_t size_ = 0;
  std::array<uint16_t, Frame::kMaxRows> rows_;
};

// Selected rows of one type, as an operator or a sink sees them. An operator may change rows that nobody
// looks at after it (own_data); those that several branches look at are shared, and never changed.
//
// A view: valid during the call that it is passed to.
template <typename T>
class Rows {
 public:
  // Shared rows.
  Rows(const T* rows, Frame& frame, const Selection& selection)
      : rows_(rows), frame_(&frame), selection_(&selection) {}
  // Rows that belong to whoever gets them.
  Rows(T* rows, Frame& frame, const Selection& selection)
      : rows_(rows), own_(rows), frame_(&frame), selection_(&selection) {}
  // Some of these rows, shared or not as they are. REQUIRES: `selection` is a part of theirs.
  Rows Narrowed(const Selection& selection) const {
    Rows some = *this;
    some.selection_ = &selection;
    return some;
  }
  // The same rows for somebody who must leave them as they are.
  Rows Shared() const { return Rows(rows_, *frame_, *selection_); }

  size_t size() const { return selection_->size(); }
  bool empty() const { return selection_->empty(); }

  // The i-th selected row, 0 <= i < size().
  const T& operator[](size_t i) const { return rows_[(*selection_)[i]]; }
  const RowMeta& meta(size_t i) const { return frame_->rows[(*selection_)[i]]; }
  int64_t position(size_t i) const { return frame_->position((*selection_)[i]); }

  // Row numbers, which index the frame.
  size_t row(size_t i) const { return (*selection_)[i]; }
  const T& at_row(size_t row) const { return rows_[row]; }
  const T* data() const { return rows_; }
  // The same, to be changed; null if the rows are shared.
  T* own_data() const { return own_; }
  const Selection& selection() const { return *selection_; }
  Frame& frame() const { return *frame_; }

 private:
  const T* rows_;
  T* own_ = nullptr;
  Frame* frame_;
  const Selection* selection_;
};

namespace internal {

// Rows that may be changed: the ones given if they are not shared, else copies of the selected ones in
// `copies`.
template <typename T>
T* OwnRows(const Rows<T>& rows, std::vector<T>& copies) {
  if (rows.own_data() != nullptr) return rows.own_data();
  if (copies.size() < rows.frame().rows.size()) copies.resize(rows.frame().rows.size());
  for (size_t i = 0; i < rows.size(); ++i) copies[rows.row(i)] = rows[i];
  return copies.data();
}

}  // namespace internal

}  // namespace rtstream
