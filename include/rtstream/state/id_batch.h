#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rtstream/base/hash.h"

namespace rtstream {

// The ids of a batch: numbers of 16 bytes, and texts. A UUID in its canonical text is the number that it
// stands for, since that text can be made of the number again; any other text stays what it is. A batch's
// ids are all of one type, so a number is never mistaken for a text's.
class IdBatch {
 public:
  void Clear();                       // forgets the ids and keeps the memory
  void AddText(std::string_view id);  // becomes a number if it is a UUID's canonical text
  // An id that is a number.
  void AddNumber(const Word128& id) {
    high_.push_back(id.high);
    low_.push_back(id.low);
    text_ends_.push_back(kNumber);
  }
  // Makes it one of `n` numbers, which are then set.
  void ResetToNumbers(size_t n);
  // REQUIRES: ResetToNumbers() made it, and i < n.
  void SetNumber(size_t i, const Word128& id) {
    high_[i] = id.high;
    low_[i] = id.low;
  }
  // An id of another type, as the bytes that `append` puts behind a string.
  template <typename Append>
  void AddBytes(Append&& append) {
    AddNumber({texts_.size(), 0});
    has_texts_ = true;
    append(texts_);
    text_ends_.back() = static_cast<uint32_t>(texts_.size());
  }

  size_t size() const { return text_ends_.size(); }  // ids added
  bool are_numbers() const { return !has_texts_; }  // whether every id is a number
  bool is_number(size_t i) const { return text_ends_[i] == kNumber; }  // whether the i-th id is
  // REQUIRES: is_number(i).
  Word128 number(size_t i) const { return {high_[i], low_[i]}; }
  // REQUIRES: !is_number(i). Valid until the batch is changed.
  std::string_view text(size_t i) const {
    return std::string_view(texts_).substr(high_[i], text_ends_[i] - high_[i]);
  }

 private:
  static constexpr uint32_t kNumber = ~uint32_t{0};

  // Halves apart: written as one of 16 bytes, a number would be read back before it is there.
  std::vector<uint64_t> high_, low_;  // of a text, where it begins
  std::vector<uint32_t> text_ends_;   // kNumber: it is a number
  std::string texts_;
  bool has_texts_ = false;
};

}  // namespace rtstream
