#include "rtstream/state/id_index.h"

#include <utility>

namespace rtstream {
namespace {

constexpr int kInitialBits = 6;

}  // namespace

IdIndex::IdIndex()
    : pages_(sizeof(Line) << kInitialBits),
      mask_((size_t{1} << kInitialBits) - 1),
      shift_(64 - kInitialBits) {}

void IdIndex::Remove(Line& line, size_t k) {
  const size_t last = CountOf(line) - 1;
  line.tags[k] = line.tags[last];
  line.refs[k] = line.refs[last];
  line.tags[last] = 0;
  line.refs[last] = 0;
}

bool IdIndex::Erase(uint64_t hash, uint32_t ref) {
  uint32_t* const slot = Find(hash, [&](uint32_t found) { return found == ref; });
  if (slot == nullptr) return false;
  --size_;
  size_t hole = static_cast<size_t>(reinterpret_cast<char*>(slot) - pages_.data()) / sizeof(Line);
  bool was_full = lines()[hole].IsFull();
  Remove(lines()[hole], static_cast<size_t>(slot - lines()[hole].refs));
  // Look-ups stop at a line that is not full. What went past the hole because it was full moves back.
  for (size_t i = (hole + 1) & mask_; was_full; i = (i + 1) & mask_) {
    Line& line = lines()[i];
    was_full = line.IsFull();
    for (size_t k = CountOf(line); k-- > 0;) {
      if (((i - HomeOf(line.tags[k])) & mask_) < ((i - hole) & mask_)) continue;
      Line& to = lines()[hole];
      to.tags[kSlots - 1] = line.tags[k];
      to.refs[kSlots - 1] = line.refs[k];
      Remove(line, k);
      hole = i;
      break;
    }
  }
  return true;
}

void IdIndex::Grow() {
  const size_t old_count = mask_ + 1;
  Pages old_pages(2 * old_count * sizeof(Line));
  std::swap(old_pages, pages_);
  const Line* const old = reinterpret_cast<const Line*>(old_pages.data());
  mask_ = 2 * old_count - 1;
  --shift_;
  for (size_t i = 0; i < old_count; ++i) {
    for (size_t k = 0; k < kSlots && old[i].refs[k] != 0; ++k) Put(old[i].tags[k], old[i].refs[k]);
  }
}

}  // namespace rtstream
