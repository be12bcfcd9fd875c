#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "benchmarks/baseline/hand_values.h"
#include "benchmarks/baseline/simdjson_sale.h"
#include "rtstream/base/arena.h"

namespace bench::hand {

// A valid sale in a cache line. Texts are offsets from `text`.
struct alignas(64) SaleRow {
  const char* text;
  uint64_t id_high, id_low;
  uint32_t day, ms_of_day;  // since 1970
  uint32_t quantity;
  uint32_t cents;
  uint32_t currency;  // three bytes, the first the lowest
  uint32_t source_size;
  uint16_t retailer_at, store_at, sku_at, source_at;
  uint16_t schema_version;
  uint8_t retailer_size, store_size, sku_size;
};
static_assert(sizeof(SaleRow) == 64);

// Reads sales by foreseeing how they are laid out: members in the order of the mapping, no white space,
// texts as long as in the record before. What is laid out otherwise goes to SaleReader.
//
// Not thread-safe.
class SaleParser {
 public:
  // Reads the line at p into `row`, returns its LF, and says whether it is a valid sale. Texts are valid
  // until NextBatch(), or as long as the input. REQUIRES: p < end, and the last line ends with LF.
  [[gnu::always_inline]] const char* Read(const char* p, const char* end, SaleRow& row, bool& is_valid) {
    if (const char* const lf = ReadForeseen(p, row); lf != nullptr) [[likely]] {
      is_valid = true;
      return lf;
    }
    return ReadAny(p, end, row, is_valid);
  }
  void NextBatch() { arena_.Clear(); }

 private:
  [[gnu::always_inline]] const char* ReadForeseen(const char* const line, SaleRow& row) {
    const char* p = line;
    const auto at = [&] { return static_cast<uint16_t>(p - line); };

    uint64_t differs = Differs<"{\"eventId\":\"">(p) | Differs<"\",\"retailerId\":\"">(p + 48);
    if (differs != 0 || !ReadUuid(p + 12, row.id_high, row.id_low)) [[unlikely]] return nullptr;
    p += 64;
    row.text = line;
    row.retailer_at = at();
    const size_t retailer = StringSize(p, kLongestId, guesses_[0]);
    p += retailer;

    differs = Differs<"\",\"storeId\":\"">(p);
    p += 13;
    row.store_at = at();
    const size_t store = StringSize(p, kLongestId, guesses_[1]);
    p += store;

    differs |= Differs<"\",\"sku\":\"">(p);
    p += 9;
    row.sku_at = at();
    const size_t sku = StringSize(p, kLongestId, guesses_[2]);
    p += sku;
    row.retailer_size = static_cast<uint8_t>(retailer);
    row.store_size = static_cast<uint8_t>(store);
    row.sku_size = static_cast<uint8_t>(sku);

    differs |= Differs<"\",\"quantity\":">(p);
    p += 13;
    if (differs != 0 || retailer == 0 || store == 0 || sku == 0) [[unlikely]] return nullptr;
    const size_t quantity = ReadDigits<9>(p, row.quantity);
    p += quantity;
    differs = Differs<",\"price\":">(p);
    p += 9;
    if (differs != 0 || quantity == 0 || row.quantity == 0) [[unlikely]] return nullptr;
    const size_t price = ReadCents(p, row.cents);
    if (price == 0 || row.cents >= kPriceLimit) [[unlikely]] return nullptr;
    p += price;

    // From here to the source all sizes are fixed.
    const uint32_t currency = Load<uint32_t>(p + 13) & 0xffffff;
    row.currency = currency;
    differs = Differs<",\"currency\":\"">(p) | Differs<"\",\"timestamp\":\"">(p + 16) |
              Differs<"\",\"source\":\"">(p + 55) | IsOdd(currency);
    if (differs != 0 || !times_.Read(p + 31, row.day, row.ms_of_day)) [[unlikely]] return nullptr;
    p += 67;
    row.source_at = at();
    const size_t source = StringSize(p, kLongestSource, guesses_[3]);
    row.source_size = static_cast<uint32_t>(source);
    p += source;
    if (source == 0 || Differs<"\",\"schemaVersion\":">(p) != 0) [[unlikely]] return nullptr;
    p += 18;
    uint32_t version = 0;
    const size_t size = ReadDigits<5>(p, version);
    row.schema_version = static_cast<uint16_t>(version);
    p += size;
    if (size == 0 || version > 0xffff || p[0] != '}' || p[1] != '\n') [[unlikely]] return nullptr;
    return p + 1;
  }

  // Not 0 if one of three bytes is a quote, a backslash, a control character or beyond ASCII.
  static uint32_t IsOdd(uint32_t v) {
    return ((((v ^ 0x222222) - 0x010101) | ((v ^ 0x5c5c5c) - 0x010101) | (v - 0x202020)) | v) & 0x808080;
  }

  [[gnu::noinline]] const char* ReadAny(const char* p, const char* end, SaleRow& row, bool& is_valid);

  static constexpr size_t kLongestSource = 4096;
  std::array<uint32_t, 4> guesses_{};
  TimeReader times_;
  SaleReader reader_;
  rt::Arena arena_;
};

}  // namespace bench::hand
