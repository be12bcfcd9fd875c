#include "benchmarks/baseline/hand_dimension.h"

#include <utility>

namespace bench::hand {

void Dimension::Add(std::string_view text, uint32_t known) {
  const Found found{size_++, known};
  if (text.size() > 16) {
    long_texts_.emplace(std::string(text), found);
    return;
  }
  if (size_ * 2 > mask()) Rehash(log_ + 1);
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
  while (slots()[i].size != 0) i = (i + 1) & mask();
  slots()[i] = slot;
}

void Dimension::Rehash(int log) {
  const size_t old_slots = pages_.size() == 0 ? 0 : mask() + 1;
  const rtstream::Pages old = std::exchange(pages_, rtstream::Pages(sizeof(Slot) << log));
  log_ = log;
  const auto* const slot = reinterpret_cast<const Slot*>(old.data());
  for (size_t i = 0; i < old_slots; ++i) {
    if (slot[i].size != 0) Put(slot[i]);
  }
}

}  // namespace bench::hand
