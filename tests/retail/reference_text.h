#pragma once

// What the reference program reads and writes, written a second time on purpose: it shares no code
// with the library, so that a mistake of the one is not a mistake of the other. Slow and plain.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reference {

// Millionths. Enough for 10^4 * 2^31 times any number of records.
__extension__ typedef __int128 Micros;

// "-1893643.334": no exponent, no trailing zeros.
std::string MoneyText(Micros money);

// The length of the JSON number at the start of `text`; 0: there is none.
size_t NumberLength(std::string_view text);

// A JSON number, exact. Nothing: it is none, has more than six decimals after trailing zeros, or is
// 10^24 or more.
std::optional<Micros> ParseMoney(std::string_view text);

// A JSON integer (no fraction, no exponent) that fits in the type.
std::optional<int64_t> ParseInt32(std::string_view text);
std::optional<int64_t> ParseUint32(std::string_view text);

// Microseconds since 1970 of an RFC 3339 time with Z or an offset; further digits are cut.
std::optional<int64_t> ParseTime(std::string_view text);

// The same of "2010-12-01 08:26:00", taken as UTC.
std::optional<int64_t> ParseCsvTime(std::string_view text);

std::string TimeText(int64_t micros);  // "2025-11-28T14:23:45.123456Z"
std::string DateText(int64_t micros);  // "2025-11-28"
std::string HourText(int64_t micros);  // "2025-11-28T14:00:00Z"

struct JsonValue {
  enum class Kind { kString, kNumber, kOther };
  Kind kind;
  std::string text;  // a string without its escapes, a number as it stands
};

// The fields of one object that is the whole line, in the order met, doubled ones twice. Nothing:
// the line is not one RFC 8259 object in valid UTF-8, or is nested deeper than 1,000.
std::optional<std::vector<std::pair<std::string, JsonValue>>> ParseJsonObject(
    std::string_view line);

// `text` between quotes, escaped.
std::string JsonText(std::string_view text);

// The fields of one RFC 4180 line. Nothing: a quote is not closed, or something follows it.
std::optional<std::vector<std::string>> ParseCsvLine(std::string_view line);

std::string Base64(std::string_view bytes);

}  // namespace reference
