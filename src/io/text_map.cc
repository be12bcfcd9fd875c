#include "rtstream/io/text_map.h"

#include <utility>

namespace rtstream::internal {

const TextMap::Slot& TextMap::Find(const Word128& text, size_t home) const {
  while (slots_[home].number != kNone && slots_[home].text != text) {
    home = (home + 1) & (slots_.size() - 1);
  }
  return slots_[home];
}

uint32_t TextMap::FindOrInsert(std::string_view text, uint32_t number) {
  if (text.size() > kLongestShortText) return long_.try_emplace(std::string(text), number).first->second;
  const Word128 packed = PackText(text);
  if (const Slot& known = Find(packed, HomeOf(packed)); known.number != kNone) return known.number;
  if (2 * (used_ + 1) > slots_.size()) Grow();
  ++used_;
  const_cast<Slot&>(Find(packed, HomeOf(packed))) = {packed, number};
  return number;
}

void TextMap::Find(absl::Span<const std::string_view> texts, absl::Span<uint32_t> found) const {
  constexpr size_t kAhead = 16;
  // A ring of what was prepared and not yet looked up.
  struct Prepared {
    Word128 text;
    size_t home;
  };
  Prepared ahead[kAhead];
  const auto prepare = [&](size_t i) {
    if (texts[i].size() > kLongestShortText) return;
    Prepared& p = ahead[i % kAhead];
    p.text = PackText(texts[i]);
    p.home = HomeOf(p.text);
    __builtin_prefetch(&slots_[p.home]);
  };
  for (size_t i = 0; i < kAhead && i < texts.size(); ++i) prepare(i);
  for (size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].size() > kLongestShortText) [[unlikely]] {
      const auto known = long_.find(texts[i]);
      found[i] = known == long_.end() ? kNone : known->second;
    } else {
      found[i] = Find(ahead[i % kAhead].text, ahead[i % kAhead].home).number;
    }
    if (i + kAhead < texts.size()) prepare(i + kAhead);
  }
}

void TextMap::Grow() {
  std::vector<Slot> old(2 * slots_.size());
  std::swap(old, slots_);
  for (const Slot& slot : old) {
    if (slot.number != kNone) const_cast<Slot&>(Find(slot.text, HomeOf(slot.text))) = slot;
  }
}

}  // namespace rtstream::internal
