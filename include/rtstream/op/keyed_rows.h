#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rtstream/core/batch.h"

namespace rtstream::internal {

// The encoded keys of a batch and their hashes, so that a keyed operator can ask for memory some rows
// before it needs it.
class KeyedRows {
 public:
  template <typename In, typename Append>
  void Encode(const Rows<In>& in, Append&& append) {
    bytes_.clear();
    ends_.clear();
    for (size_t i = 0; i < in.size(); ++i) {
      append(in[i], bytes_);
      ends_.push_back(static_cast<uint32_t>(bytes_.size()));
    }
  }

  std::string_view operator[](size_t i) const {
    const uint32_t begin = i == 0 ? 0 : ends_[i - 1];
    return {bytes_.data() + begin, ends_[i] - begin};
  }

  template <typename Table>
  void Hash(const Table& table) {
    hashes_.resize(ends_.size());
    for (size_t i = 0; i < ends_.size(); ++i) hashes_[i] = table.Hash((*this)[i]);
  }
  uint64_t hash(size_t i) const { return hashes_[i]; }

  template <typename Table>
  [[gnu::always_inline]] void PrefetchAhead(const Table& table, size_t i) const {
    // The slot is asked for first, the entry that it names once it has come.
    constexpr size_t kSlotAhead = 20, kEntryAhead = 10;
    if (i + kSlotAhead < hashes_.size()) table.PrefetchSlot(hashes_[i + kSlotAhead]);
    if (i + kEntryAhead < hashes_.size()) table.PrefetchEntry(hashes_[i + kEntryAhead]);
  }

 private:
  std::string bytes_;
  std::vector<uint32_t> ends_;
  std::vector<uint64_t> hashes_;
};

}  // namespace rtstream::internal
