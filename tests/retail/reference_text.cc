#include "tests/retail/reference_text.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace reference {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The value of `count` digits at `at`, or -1.
int Digits(std::string_view text, size_t at, size_t count) {
  if (at + count > text.size()) return -1;
  int value = 0;
  for (size_t i = at; i < at + count; ++i) {
    if (!IsDigit(text[i])) return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

// "2025-11-28?14:23:45" with `separator` for '?': seconds since 1970.
std::optional<int64_t> ParseDateTime(std::string_view text, char separator) {
  if (text.size() < 19 || text[4] != '-' || text[7] != '-' || text[10] != separator ||
      text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  const int year = Digits(text, 0, 4), month = Digits(text, 5, 2), day = Digits(text, 8, 2);
  const int hour = Digits(text, 11, 2), minute = Digits(text, 14, 2), second = Digits(text, 17, 2);
  const auto date = std::chrono::year(year) / month / day;
  if (year < 0 || month < 1 || day < 1 || !date.ok()) return std::nullopt;
  // A leap second cannot be told from its neighbours in microseconds since 1970: not accepted.
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
    return std::nullopt;
  }
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return days * 86400 + hour * 3600 + minute * 60 + second;
}

std::string PartOfTime(int64_t micros, const char* format, bool with_fraction) {
  const int64_t seconds = micros / 1'000'000;
  const auto of_day = static_cast<int>(seconds % 86400);
  const std::chrono::year_month_day date(std::chrono::sys_days(std::chrono::days(seconds / 86400)));
  char out[64];
  std::snprintf(out, sizeof out, format, int{date.year()}, unsigned{date.month()},
                unsigned{date.day()}, of_day / 3600, of_day / 60 % 60, of_day % 60);
  std::string text = out;
  if (with_fraction) {
    std::snprintf(out, sizeof out, ".%06dZ", static_cast<int>(micros % 1'000'000));
    text += out;
  }
  return text;
}

}  // namespace

size_t NumberLength(std::string_view text) {
  size_t i = 0;
  const auto digits = [&] {
    const size_t from = i;
    while (i < text.size() && IsDigit(text[i])) ++i;
    return i - from;
  };
  if (i < text.size() && text[i] == '-') ++i;
  const size_t first = i;
  const size_t whole = digits();
  if (whole == 0 || (whole > 1 && text[first] == '0')) return 0;
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (digits() == 0) return 0;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) return 0;
  }
  return i;
}

std::string MoneyText(Micros money) {
  const bool is_negative = money < 0;
  if (is_negative) money = -money;
  std::string text;
  for (int digit = 0; digit < 7 || money > 0; ++digit) {
    if (digit == 6) text += '.';
    text += static_cast<char>('0' + static_cast<int>(money % 10));
    money /= 10;
  }
  std::reverse(text.begin(), text.end());
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return is_negative ? "-" + text : text;
}

std::optional<Micros> ParseMoney(std::string_view text) {
  if (text.empty() || NumberLength(text) != text.size()) return std::nullopt;
  const bool is_negative = text[0] == '-';
  if (is_negative) text.remove_prefix(1);
  const size_t e = text.find_first_of("eE");
  std::string digits(text.substr(0, e));
  int64_t exponent = 0;
  if (e != text.npos) {
    std::string_view power = text.substr(e + 1);
    const bool is_below = power[0] == '-';
    for (char c : power) {
      if (IsDigit(c)) exponent = std::min<int64_t>(exponent * 10 + (c - '0'), 1'000'000);
    }
    if (is_below) exponent = -exponent;
  }
  if (const size_t point = digits.find('.'); point != digits.npos) {
    exponent -= static_cast<int64_t>(digits.size() - point - 1);
    digits.erase(point, 1);
  }
  digits.erase(0, digits.find_first_not_of('0'));
  while (!digits.empty() && digits.back() == '0') {
    digits.pop_back();
    ++exponent;
  }
  if (digits.empty()) return Micros{0};
  if (exponent < -6 || static_cast<int64_t>(digits.size()) + exponent > 24) return std::nullopt;
  Micros value = 0;
  for (char c : digits) value = value * 10 + (c - '0');
  for (int64_t i = -6; i < exponent; ++i) value *= 10;
  return is_negative ? -value : value;
}

std::optional<int64_t> ParseInteger(std::string_view text, int64_t least, int64_t most) {
  if (text.empty() || NumberLength(text) != text.size()) return std::nullopt;
  if (text.find_first_of(".eE") != text.npos || text.size() > 11) return std::nullopt;
  const int64_t value = std::stoll(std::string(text));
  if (value < least || value > most) return std::nullopt;
  return value;
}

std::optional<int64_t> ParseInt32(std::string_view text) {
  return ParseInteger(text, INT32_MIN, INT32_MAX);
}

std::optional<int64_t> ParseUint32(std::string_view text) {
  // "-0" has a sign, which the type has not.
  if (text.starts_with('-')) return std::nullopt;
  return ParseInteger(text, 0, UINT32_MAX);
}

std::optional<int64_t> ParseTime(std::string_view text) {
  // RFC 3339, 5.6: T and Z may be in lower case.
  const bool is_lower = text.size() > 10 && text[10] == 't';
  const std::optional<int64_t> seconds = ParseDateTime(text, is_lower ? 't' : 'T');
  if (!seconds) return std::nullopt;
  size_t i = 19;
  int64_t micros = 0;
  if (i < text.size() && text[i] == '.') {
    int64_t unit = 100'000;
    const size_t from = ++i;
    for (; i < text.size() && IsDigit(text[i]); ++i, unit /= 10) micros += unit * (text[i] - '0');
    if (i == from) return std::nullopt;
  }
  int64_t offset = 0;
  const std::string_view zone = text.substr(i);
  if (zone != "Z" && zone != "z") {
    if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':')
      return std::nullopt;
    const int hours = Digits(zone, 1, 2), minutes = Digits(zone, 4, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
    offset = (hours * 3600 + minutes * 60) * (zone[0] == '-' ? -1 : 1);
  }
  return (*seconds - offset) * 1'000'000 + micros;
}

std::optional<int64_t> ParseCsvTime(std::string_view text) {
  const std::optional<int64_t> seconds = ParseDateTime(text, ' ');
  if (!seconds || text.size() != 19) return std::nullopt;
  return *seconds * 1'000'000;
}

std::string TimeText(int64_t micros) {
  return PartOfTime(micros, "%04d-%02u-%02uT%02d:%02d:%02d", true);
}
std::string DateText(int64_t micros) { return PartOfTime(micros, "%04d-%02u-%02u", false); }
std::string HourText(int64_t micros) {
  return PartOfTime(micros, "%04d-%02u-%02uT%02d:00:00Z", false);
}

std::optional<std::vector<std::string>> ParseCsvLine(std::string_view line) {
  std::vector<std::string> fields(1);
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == ',') {
      fields.emplace_back();
    } else if (line[i] != '"') {
      fields.back() += line[i];
    } else {
      // A quote opens a field only at its start; within, a doubled one stands for itself.
      if (!fields.back().empty()) return std::nullopt;
      for (++i;; ++i) {
        if (i >= line.size()) return std::nullopt;
        if (line[i] == '"' && (i + 1 >= line.size() || line[i + 1] != '"')) break;
        if (line[i] == '"') ++i;
        fields.back() += line[i];
      }
      if (i + 1 < line.size() && line[i + 1] != ',') return std::nullopt;
    }
  }
  return fields;
}

std::string Base64(std::string_view bytes) {
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) {
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (size_t k = 0; k < 4; ++k) {
      out += i + k > bytes.size() ? '=' : kAlphabet[group >> (18 - 6 * k) & 63];
    }
  }
  return out;
}

}  // namespace reference
