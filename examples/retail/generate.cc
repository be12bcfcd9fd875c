#include "examples/retail/generate.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "examples/retail/files.h"
#include "examples/retail/master_data.h"
#include "examples/retail/random.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"

namespace retail {
namespace {

constexpr uint64_t kRetailerCount = 180;
constexpr uint64_t kStoreCount = 1'000;
constexpr uint64_t kSkuCount = 50'000;
constexpr size_t kCopiedFrom = 10'000;  // lines that a duplicate may be a copy of
constexpr rt::Time kStart{std::chrono::sys_days(std::chrono::year(2025) / 11 / 28)};
constexpr rt::Duration kLatest = std::chrono::hours(1);
constexpr size_t kPieceBytes = 1 << 20;  // bytes handed over at once

// What is wrong with an invalid line.
enum class Defect : uint32_t {
  kNone,
  kTruncated,
  kNotAnObject,
  kMissingField,
  kDoubledField,
  kTrailingText,
  kZeroQuantity,
  kTextQuantity,
  kNegativePrice,
  kFinePrice,  // more than six decimals
  kBadTime,
};
constexpr uint64_t kDefects = 10;

void AppendPadded(uint64_t n, size_t width, std::string& out) {
  char digits[20];
  const auto size =
      static_cast<size_t>(std::to_chars(digits, digits + sizeof digits, n).ptr - digits);
  if (size < width) out.append(width - size, '0');
  out.append(digits, size);
}

void AppendStore(uint64_t store, std::string& out) {
  out.append("STORE-");
  AppendPadded(store, 4, out);
}

void AppendSku(uint64_t sku, std::string& out) {
  out.append("SKU-");
  AppendPadded(sku, 6, out);
}

void AppendUuid(Random& random, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const std::array<uint64_t, 2> bits = {random.Next(), random.Next()};
  for (size_t i = 0; i < 32; ++i) {
    uint64_t digit = bits[i / 16] >> (60 - i % 16 * 4) & 15;
    if (i == 12) digit = 4;                // version
    if (i == 16) digit = 8 | (digit & 3);  // variant
    if (i == 8 || i == 12 || i == 16 || i == 20) out.push_back('-');
    out.push_back(kDigits[digit]);
  }
}

struct Event {
  uint64_t store = 0;
  uint64_t sku = 0;
  uint64_t quantity = 1;
  rt::Time at;
};

void AppendTime(rt::Time at, Defect defect, std::string& out) {
  const size_t begin = out.size();
  rt::AppendRfc3339(rt::FloorTo(at, std::chrono::milliseconds(1)), out);
  if (defect == Defect::kBadTime) out.replace(begin + 5, 2, "13");  // the month
}

// A product has one price, from 0.99 to 199.98.
void AppendPrice(uint64_t sku, Defect defect, std::string& out) {
  const uint64_t cents = 99 + Mix(sku) % 19'900;
  if (defect == Defect::kNegativePrice) out.push_back('-');
  AppendPadded(cents / 100, 1, out);
  out.push_back('.');
  AppendPadded(cents % 100, 2, out);
  if (defect == Defect::kFinePrice) out.append("00001");
}

void AppendLine(const Event& event, Defect defect, Random& random, std::string& out) {
  const size_t begin = out.size();
  if (defect == Defect::kNotAnObject) out.push_back('[');
  out.append("{\"eventId\":\"");
  AppendUuid(random, out);
  out.append("\",\"retailerId\":\"retailer-");
  AppendPadded(event.store % kRetailerCount, 3, out);
  out.append("\",\"storeId\":\"");
  AppendStore(event.store, out);
  if (defect != Defect::kMissingField) {
    out.append("\",\"sku\":\"");
    AppendSku(event.sku, out);
  }
  out.append("\",\"quantity\":");
  if (defect == Defect::kTextQuantity) out.push_back('"');
  AppendPadded(defect == Defect::kZeroQuantity ? 0 : event.quantity, 1, out);
  if (defect == Defect::kTextQuantity) out.push_back('"');
  if (defect == Defect::kDoubledField) out.append(",\"quantity\":1");
  out.append(",\"price\":");
  AppendPrice(event.sku, defect, out);
  out.append(",\"currency\":\"USD\",\"timestamp\":\"");
  AppendTime(event.at, defect, out);
  out.append("\",\"source\":\"pos-terminal-");
  AppendPadded(random.Below(99) + 1, 2, out);
  out.append("\",\"schemaVersion\":3}");
  if (defect == Defect::kNotAnObject) out.push_back(']');
  if (defect == Defect::kTrailingText) out.append(" {}");
  if (defect == Defect::kTruncated) out.resize(begin + 1 + random.Below(out.size() - begin - 1));
  out.push_back('\n');
}

}  // namespace

absl::Status CheckOptions(const GenerateOptions& options) {
  const std::pair<std::string_view, double> shares[] = {
      {"duplicates", options.duplicates}, {"invalid", options.invalid}, {"late", options.late}};
  for (const auto& [name, share] : shares) {
    if (!(share >= 0.0 && share <= 1.0)) {
      return absl::InvalidArgumentError(rt::Concat(name, ": want a share from 0 to 1"));
    }
  }
  if (options.span < rt::Duration{0} || options.span > std::chrono::hours(24 * 365 * 100)) {
    return absl::InvalidArgumentError("span: want 0 to 100 years");
  }
  return absl::OkStatus();
}

absl::Status Generate(const GenerateOptions& options,
                      absl::FunctionRef<absl::Status(std::string_view)> write) {
  RTSTREAM_RETURN_IF_ERROR(CheckOptions(options));
  Random random(options.seed);
  const ZipfSampler skus(kSkuCount, 1.0);
  std::vector<std::string> recent;  // the last kCopiedFrom lines, in a ring
  std::string piece;
  const long double step = options.events < 2 ? 0.0L
                                              : static_cast<long double>(options.span.count()) /
                                                    static_cast<long double>(options.events);
  for (uint64_t i = 0; i < options.events; ++i) {
    const size_t begin = piece.size();
    if (!recent.empty() && random.Chance(options.duplicates)) {
      piece += recent[random.Below(recent.size())];
    } else {
      Event event;
      event.store = random.Below(kStoreCount);
      event.sku = skus.Draw(random);
      event.quantity = 1 + random.Below(5);
      event.at = kStart + rt::Duration(static_cast<int64_t>(step * static_cast<long double>(i)));
      if (random.Chance(options.late)) {
        event.at -= rt::Duration(static_cast<int64_t>(
            random.Below(static_cast<uint64_t>(kLatest.count()) + 1)));
      }
      const Defect defect = random.Chance(options.invalid)
                                ? static_cast<Defect>(1 + random.Below(kDefects))
                                : Defect::kNone;
      AppendLine(event, defect, random, piece);
    }
    const std::string_view line = std::string_view(piece).substr(begin);
    if (recent.size() < kCopiedFrom) {
      recent.emplace_back(line);
    } else {
      recent[i % kCopiedFrom].assign(line);
    }
    if (piece.size() >= kPieceBytes) {
      RTSTREAM_RETURN_IF_ERROR(write(piece));
      piece.clear();
    }
  }
  return piece.empty() ? absl::OkStatus() : write(piece);
}

absl::Status WriteMasterData(const std::string& dir) {
  std::string stores = "storeId,region\n";
  for (uint64_t i = 0; i < kStoreCount; ++i) {
    std::string store;
    AppendStore(i, store);
    stores += rt::Concat(store, ",", HashedRegion(store), "\n");
  }
  std::string products = "sku,category\n";
  for (uint64_t i = 0; i < kSkuCount; ++i) {
    std::string sku;
    AppendSku(i, sku);
    products += rt::Concat(sku, ",", HashedCategory(sku), "\n");
  }
  RTSTREAM_RETURN_IF_ERROR(MakeDirectory(dir));
  RTSTREAM_RETURN_IF_ERROR(WriteFile(dir + "/stores.csv", stores));
  return WriteFile(dir + "/products.csv", products);
}

}  // namespace retail
