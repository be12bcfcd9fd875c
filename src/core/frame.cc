#include "rtstream/core/frame.h"

#include <utility>

namespace rtstream {

void Frame::HoldBytes(std::shared_ptr<const char[]> owner, std::string_view bytes) {
  owner_ = std::move(owner);
  bytes_ = bytes;
}

bool Frame::MarkRefused(size_t row) {
  if (refused_.size() < rows.size()) refused_.resize(rows.size(), 0);
  const bool is_first = refused_[row] == 0;
  refused_[row] = kRefused | kHasLetter;
  any_refused_ = true;
  return is_first;
}

void Frame::Clear() {
  rows.clear();
  owner_.reset();
  bytes_ = {};
  if (any_refused_) refused_.assign(refused_.size(), 0);
  any_refused_ = false;
}

}  // namespace rtstream
