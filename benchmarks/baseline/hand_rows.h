#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "benchmarks/baseline/hand_bits.h"
#include "benchmarks/baseline/hand_sale.h"
#include "benchmarks/workload/w1.h"

namespace bench::hand {

// A text as RowBinary has it, its length in front: for the few names that many rows share.
struct EncodedText {
  static constexpr size_t kMost = 31;
  char bytes[1 + kMost] = {};
  size_t size;  // with the length

  // REQUIRES: at most kMost bytes.
  explicit EncodedText(std::string_view text) : size(1 + text.size()) {
    bytes[0] = static_cast<char>(text.size());
    text.copy(bytes + 1, kMost);
  }
};

// Writes rows into a buffer that stays in the second-level cache, sixteen bytes at a time.
class RowWriter {
 public:
  explicit RowWriter(RowOutput& output) : output_(&output) { MakeRoom(kBuffer); }

  [[gnu::always_inline]] void Put(const SaleRow& row, const EncodedText& region,
                                  const EncodedText& category) {
    const size_t most = kMostRow + row.source_size;
    if (static_cast<size_t>(end_ - p_) < most) [[unlikely]] MakeRoom(most);
    PutWord(row.id_high);
    PutWord(row.id_low);
    PutText(row.text + row.retailer_at, row.retailer_size);
    PutText(row.text + row.store_at, row.store_size);
    PutText(row.text + row.sku_at, row.sku_size);
    PutWord(row.quantity);
    PutWord(uint64_t{row.cents});
    std::memcpy(p_, &row.currency, 4);
    p_ += 3;
    PutWord(uint64_t{row.day} * 86'400'000 + row.ms_of_day);
    PutText(row.text + row.source_at, row.source_size);
    PutWord(row.schema_version);
    PutEncoded(region);
    PutEncoded(category);
  }
  void Flush() {
    output_->Write({buffer_.get(), static_cast<size_t>(p_ - buffer_.get())});
    p_ = buffer_.get();
  }

 private:
  static constexpr size_t kBuffer = 64 << 10;
  // Everything but the source, and what is written beyond the end.
  static constexpr size_t kMostRow = 1024;

  template <typename Word>
  void PutWord(Word word) {
    std::memcpy(p_, &word, sizeof word);
    p_ += sizeof word;
  }
  [[gnu::always_inline]] void PutText(const char* text, size_t size) {
    if (size > 16) [[unlikely]] {
      PutLongText(text, size);
      return;
    }
    *p_ = static_cast<char>(size);
    Store16(p_ + 1, Load16(text));
    p_ += 1 + size;
  }
  [[gnu::always_inline]] void PutEncoded(const EncodedText& text) {
    Store16(p_, Load16(text.bytes));
    Store16(p_ + 16, Load16(text.bytes + 16));
    p_ += text.size;
  }
  [[gnu::noinline]] void PutLongText(const char* text, size_t size);
  [[gnu::noinline]] void MakeRoom(size_t most);

  RowOutput* output_;
  std::unique_ptr<char[]> buffer_;
  char* p_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace bench::hand
