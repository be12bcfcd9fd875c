#include "rtstream/state/sort_keys.h"

#include <algorithm>
#include <bit>

namespace rtstream::internal {
namespace {

bool Precedes(const SlottedKey& a, const SlottedKey& b) { return a.key < b.key; }

}  // namespace

void KeySorter::SortAndMerge(std::vector<SlottedKey>& keys, size_t sorted) {
  const size_t fresh = keys.size() - sorted;
  if (fresh == 0) return;
  Sort(keys.data() + sorted, fresh);
  if (sorted == 0 || keys[sorted - 1].key < keys[sorted].key) return;
  // From the back: what is not yet merged is never written over.
  copy_.assign(keys.begin() + static_cast<ptrdiff_t>(sorted), keys.end());
  size_t to = keys.size(), a = sorted, b = fresh;
  while (a > 0 && b > 0) {
    const bool takes_old = Precedes(copy_[b - 1], keys[a - 1]);
    keys[--to] = takes_old ? keys[a - 1] : copy_[b - 1];
    a -= takes_old ? 1 : 0;
    b -= takes_old ? 0 : 1;
  }
  std::copy_n(copy_.begin(), b, keys.begin());
}

void KeySorter::Sort(SlottedKey* keys, size_t n) {
  constexpr size_t kFew = 64;
  if (n < kFew) return std::sort(keys, keys + n, Precedes);
  uint64_t least = keys[0].key, most = least;
  for (size_t i = 1; i < n; ++i) {
    least = std::min(least, keys[i].key);
    most = std::max(most, keys[i].key);
  }
  // Buckets of one or two keys each, if they spread evenly.
  const int shift = std::max(0, static_cast<int>(std::bit_width(most - least)) -
                                    static_cast<int>(std::bit_width(n - 1)));
  const size_t buckets = ((most - least) >> shift) + 1;
  ends_.assign(buckets + 1, 0);
  for (size_t i = 0; i < n; ++i) ++ends_[((keys[i].key - least) >> shift) + 1];
  for (size_t b = 1; b <= buckets; ++b) ends_[b] += ends_[b - 1];
  copy_.resize(n);
  for (size_t i = 0; i < n; ++i) copy_[ends_[(keys[i].key - least) >> shift]++] = keys[i];
  // Every bucket's begin has become its end.
  SlottedKey* const sorted = copy_.data();
  for (size_t b = 0, begin = 0; b < buckets; ++b) {
    const size_t size = ends_[b] - begin;
    if (size == 2 && Precedes(sorted[begin + 1], sorted[begin])) std::swap(sorted[begin], sorted[begin + 1]);
    if (size > 2) std::sort(sorted + begin, sorted + begin + size, Precedes);
    begin += size;
  }
  std::copy_n(sorted, n, keys);
}

size_t KeySorter::memory() const {
  return copy_.capacity() * sizeof(SlottedKey) + ends_.capacity() * sizeof(uint32_t);
}

}  // namespace rtstream::internal
