#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "rtstream/core/frame.h"

namespace rtstream {

// A record that has not been parsed yet: a view of its bytes, which the batch owns.
using Bytes = std::string_view;

// What a Source fills: rows of one partition, in order, with the frame that describes them.
// The views in rows live as long as the batch is not cleared.
//
//   batch.Begin(partition, label, position, ordinal);
//   batch.Borrow(absl::MakeConstSpan(&records[next], n));   // or AppendAll, or Append for each
//   batch.resume = std::to_string(next + n);
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

  // REQUIRES for these three: size() stays at most Frame::kMaxRows, and Borrow() is called alone.
  void Append(T value, const RowMeta& meta) {
    rows_.push_back(std::move(value));
    frame_.Append(meta);
  }
  // Copies records without bytes that follow the last row, or begin at the bases: each position and
  // ordinal is one more than the one before.
  void AppendAll(absl::Span<const T> values) {
    rows_.insert(rows_.end(), values.begin(), values.end());
    frame_.AppendNext(values.size());
  }
  // The same without copying. `values` must stay as they are until the batch is cleared; nobody changes
  // them.
  void Borrow(absl::Span<const T> values) {
    borrowed_ = values;
    frame_.AppendNext(values.size());
  }

  // What the source wants to be told when it is opened again to go on behind this batch; opaque to
  // everybody else. Set by the source for every batch that has rows or skipped input.
  std::string resume;

  // Bytes of input that this batch covers, for the counters.
  uint64_t input_bytes = 0;

  // Forgets rows, bytes and position; keeps the memory.
  void Clear() {
    rows_.clear();
    borrowed_ = {};
    frame_.Clear();
    resume.clear();
    input_bytes = 0;
  }

  // Rows of the source, with those that operators have dropped.
  size_t size() const { return frame_.size(); }
  // Whether there are no rows; it may cover input all the same.
  bool empty() const { return size() == 0; }
  Frame& frame() { return frame_; }              // what is known of the rows besides their values
  const Frame& frame() const { return frame_; }  // the same, to look at
  // Valid until the batch is changed.
  absl::Span<const T> rows() const { return borrowed_.empty() ? absl::MakeConstSpan(rows_) : borrowed_; }

 private:
  Frame frame_;
  std::vector<T> rows_;
  absl::Span<const T> borrowed_;
};

// The rows of a batch that are still in play: ascending row numbers. Operators that drop rows narrow
// it; nothing is moved.
class Selection {
 public:
  void Clear() { size_ = own_ = 0; }  // selects nothing
  // Adds a row behind the others. REQUIRES: its number is above theirs.
  void Add(size_t row) { rows_[size_++] = static_cast<uint16_t>(row); }
  void SelectAll(size_t n) {
    // What stands there from the last time need not be written.
    for (; own_ < n; ++own_) rows_[own_] = static_cast<uint16_t>(own_);
    size_ = own_ = n;
  }
  // Keeps the first `n`. REQUIRES: n <= size().
  void Truncate(size_t n) {
    size_ = n;
    own_ = std::min(own_, n);
  }
  // Selects those rows of `from`, which may be this selection, for which keeps(row) is true. Without a
  // branch for each row: which are kept need not be foreseeable.
  template <typename F>
  void Keep(const Selection& from, F&& keeps) {
    KeepOfEach([&](auto&& visit) { from.ForEachListed(visit); }, keeps);
  }
  // The same of the rows that for_each(visit) calls visit(row) for, in order.
  template <typename ForEachRow, typename F>
  void KeepOfEach(ForEachRow&& for_each, F&& keeps) {
    size_t n = own_ = 0;
    for_each([&](size_t row) {
      rows_[n] = static_cast<uint16_t>(row);
      n += keeps(row) ? 1 : 0;
    });
    size_ = n;
  }
  // Calls visit(row) for each row.
  template <typename F>
  void ForEachListed(F&& visit) const {
    const size_t n = size_;
    for (size_t i = 0; i < n; ++i) visit(size_t{rows_[i]});
  }
  static constexpr size_t kGroup = 8;  // rows of a group
  // The same for a short visit, which is compiled several times. Where rows stand side by side they come in
  // groups of kGroup, each after begin_group(first row).
  template <typename F, typename BeginGroup>
  void ForEachGrouped(F&& visit, BeginGroup&& begin_group) const {
    if (!is_prefix()) return ForEachListed(visit);
    const size_t n = size_;
    size_t row = 0;
    for (; row + kGroup <= n; row += kGroup) {
      begin_group(row);
#pragma GCC unroll 8
      for (size_t k = 0; k < kGroup; ++k) visit(row + k);
    }
    for (; row < n; ++row) visit(row);
  }
  // Whether it is rows 0 to size() - 1.
  bool is_prefix() const { return size_ == 0 || rows_[size_ - 1] == size_ - 1; }

  size_t size() const { return size_; }      // rows selected, at most Frame::kMaxRows
  bool empty() const { return size_ == 0; }  // whether no row is
  // The i-th row's number. REQUIRES: i < size().
  size_t operator[](size_t i) const { return rows_[i]; }
  const uint16_t* data() const { return rows_.data(); }  // the size() row numbers, ascending
  // Puts another row in the i-th place. REQUIRES: the numbers ascend.
  void Set(size_t i, size_t row) {
    rows_[i] = static_cast<uint16_t>(row);
    own_ = std::min(own_, i);
  }

 private:
  size_t size_ = 0;
  size_t own_ = 0;  // <= size_: so many rows from the first on are known to be 0, 1 ...
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

  size_t size() const { return selection_->size(); }  // rows selected: those the call is about
  bool empty() const { return selection_->empty(); }  // whether there are none

  // The i-th selected row, 0 <= i < size().
  const T& operator[](size_t i) const { return rows_[(*selection_)[i]]; }
  // Of the i-th selected row: positions and bytes in the frame.
  RowMeta meta(size_t i) const { return frame_->meta((*selection_)[i]); }
  // kMinTime: nobody has assigned one.
  Time event_time(size_t i) const { return frame_->event_time((*selection_)[i]); }
  // What the i-th row's record sees; see Frame::watermark().
  Time watermark(size_t i) const { return frame_->watermark((*selection_)[i]); }
  // Where the i-th row's record stands in its partition.
  int64_t position(size_t i) const { return frame_->position((*selection_)[i]); }

  // Row numbers, which index the frame.
  size_t row(size_t i) const { return (*selection_)[i]; }
  // By row number instead: also of rows that are not selected.
  const T& at_row(size_t row) const { return rows_[row]; }
  const T* data() const { return rows_; }  // all rows of the batch, indexed by row numbers
  // Calls visit(row), which is short, for each row. Asks for what lies a small page behind rows that stand
  // side by side, where the processor's own look-ahead ends: of what a source lends, the rows that come next.
  template <typename F>
  void ForEach(F&& visit) const {
    selection_->ForEachGrouped(visit, [this](size_t row) {
      const char* const behind = reinterpret_cast<const char*>(rows_ + row) + 4096;
      for (size_t at = 0; at < Selection::kGroup * sizeof(T); at += 64) __builtin_prefetch(behind + at);
    });
  }
  // The same, to be changed; null if the rows are shared.
  T* own_data() const { return own_; }
  const Selection& selection() const { return *selection_; }  // which rows of the batch these are
  // Of the batch: shared by all rows of it, whatever their type.
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
  if (copies.size() < rows.frame().size()) copies.resize(rows.frame().size());
  for (size_t i = 0; i < rows.size(); ++i) copies[rows.row(i)] = rows[i];
  return copies.data();
}

}  // namespace internal

}  // namespace rtstream
