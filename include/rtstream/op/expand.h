#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/core/batch.h"
#include "rtstream/core/context.h"

namespace rtstream::internal {

// The rows that operators with any number of results a record build: a batch of its own, whose rows
// carry the meta of the record that they came from. Passed on whenever it is full.
template <typename Out>
class ExpandedRows {
 public:
  void Begin(Frame& from) {
    from_ = &from;
    frame_.BeginLike(from);
    size_ = 0;
  }

  bool is_full() const { return size_ == Frame::kMaxRows; }

  void Append(Out&& out, size_t from_row) {
    if (size_ == rows_.size()) rows_.emplace_back();
    rows_[size_++] = std::move(out);
    frame_.AppendFrom(*from_, from_row);
  }

  template <typename Emitter>
  absl::Status Flush(Emitter& emit) {
    if (size_ == 0) return absl::OkStatus();
    selection_.SelectAll(size_);
    absl::Status status = emit.Push(Rows<Out>(rows_.data(), frame_, selection_));
    Begin(*from_);
    return status;
  }

 private:
  Frame* from_ = nullptr;
  Frame frame_;
  std::vector<Out> rows_;
  size_t size_ = 0;
  Selection selection_;
};

}  // namespace rtstream::internal
