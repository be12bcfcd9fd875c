#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "rtstream/io/lookup_table.h"
#include "rtstream/io/text_map.h"

namespace rtstream {

// Reference data in memory: the values of a batch's keys in two passes, so that the memory of one comes
// while another is looked up. Keys of up to 15 bytes take one slot of 24 bytes.
//
// Filled before the run; then any number of threads may look up.
template <typename V>
class MemoryTable final : public LookupTable<V> {
 public:
  // Replaces the value that the key had.
  void Put(std::string_view key, V value) {
    const uint32_t at = index_.FindOrInsert(key, static_cast<uint32_t>(values_.size()));
    if (at == values_.size()) {
      values_.push_back({std::move(value)});
    } else {
      values_[at].value = std::move(value);
    }
    ++version_;
  }
  size_t size() const { return values_.size(); }  // keys that have a value
  uint64_t version() const override { return version_; }

  bool concurrent() const override { return true; }

  absl::Status Lookup(absl::Span<const std::string_view> keys,
                      absl::Span<const V*> found) override {
    constexpr size_t kPiece = 512;
    std::array<uint32_t, kPiece> rows;
    for (size_t begin = 0; begin < keys.size(); begin += kPiece) {
      const size_t n = std::min(kPiece, keys.size() - begin);
      index_.Find(keys.subspan(begin, n), absl::MakeSpan(rows.data(), n));
      for (size_t i = 0; i < n; ++i) {
        if (rows[i] != internal::TextMap::kNone) found[begin + i] = &values_[rows[i]].value;
      }
    }
    return absl::OkStatus();
  }

 private:
  // A vector of bool has no values to point at.
  struct Held {
    V value;
  };
  internal::TextMap index_;
  std::vector<Held> values_;
  uint64_t version_ = 1;
};

}  // namespace rtstream
