#include "benchmarks/baseline/hand_dimension.h"

#include <utility>

namespace bench::hand {

void Dimension::Add(std::string_view text, uint32_t known) {
  const Found found{size_++, known};
  if (text.size() > 16) {
    long_texts_.emplace(std::string(text), found);
    return;
  }
  if (size_ * 2 > slots_.size()) Rehash(log_ + 1);
  char padded[16] = {};
  text.copy(padded, text.size());
  Put({KeyOf(padded, text.size()), found, static_cast<uint32_t>(text.size())});
}

Dimension::Found Dimension::Other(std::string_view text) {
  if (text.size() > 16) {
    if (const auto it = long_texts_.find(absl::string_view(text.data(), text.size())); it != long_texts_.end()) return it->second;
  }
  Add(text, unknown_);
  return {size_ - 1, unknown_};
}

void Dimension::Put(const Slot& slot) {
  size_t i = Home(slot.key);
  while (slots_[i].size != 0) i = (i + 1) & (slots_.size() - 1);
  slots_[i] = slot;
}

void Dimension::Rehash(int log) {
  const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(size_t{1} << log));
  log_ = log;
  for (const Slot& slot : old) {
    if (slot.size != 0) Put(slot);
  }
}

}  // namespace bench::hand
