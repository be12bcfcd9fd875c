#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rtstream::internal {

// A key, and where it stands in a table.
struct SlottedKey {
  uint64_t key;
  uint32_t slot;
};

// Puts keys in order; keeps its memory from time to time. Not thread-safe.
class KeySorter {
 public:
  // All of `keys`, of which the first `sorted` are in order. They are all different. In the time that looking
  // at them takes, if their distances are much the same; else as std::sort.
  void SortAndMerge(std::vector<SlottedKey>& keys, size_t sorted);

  size_t memory() const;

 private:
  void Sort(SlottedKey* keys, size_t n);

  std::vector<SlottedKey> copy_;
  std::vector<uint32_t> ends_;
};

}  // namespace rtstream::internal
