#include "rtstream/base/time.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "absl/status/status.h"
#include "rtstream/base/digits.h"

namespace rtstream {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kDay = 86'400 * kSecond;
constexpr int64_t kFirstDay = -719'528, kEndDay = 2'932'897;  // 0000-01-01 and 10000-01-01

// Days since 1970-01-01 in the proleptic Gregorian calendar, and back; after Howard Hinnant,
// "chrono-Compatible Low-Level Date Algorithms".
int64_t DaysFromCivil(int64_t y, int64_t m, int64_t d) {
  y -= m <= 2;
  const int64_t era = (y >= 0 ? y : y - 399) / 400;
  const int64_t year_of_era = y - era * 400;
  const int64_t day_of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

struct Civil {
  int64_t year, month, day;
};

Civil CivilFromDays(int64_t days) {
  days += 719468;
  const int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const int64_t day_of_era = days - era * 146097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t mp = (5 * day_of_year + 2) / 153;
  const int64_t month = mp + (mp < 10 ? 3 : -9);
  return {year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * mp + 2) / 5 + 1};
}

int64_t DaysInMonth(int64_t year, int64_t month) {
  constexpr int8_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return kDays[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

// Reads fixed-width parts; remembers whether anything did not fit.
class Parts {
 public:
  explicit Parts(std::string_view text) : text_(text) {}

  int64_t Digits(size_t n) {
    if (text_.size() < n) return Fail();
    int64_t v = 0;
    for (size_t i = 0; i < n; ++i) {
      const auto digit = static_cast<unsigned char>(text_[i] - '0');
      if (digit > 9) return Fail();
      v = v * 10 + digit;
    }
    text_.remove_prefix(n);
    return v;
  }
  // The next n characters; null if there are fewer.
  const char* Bytes(size_t n) {
    if (text_.size() < n) return nullptr;
    const char* const p = text_.data();
    text_.remove_prefix(n);
    return p;
  }
  void Expect(char a, char b) {
    if (text_.empty() || (text_[0] != a && text_[0] != b)) {
      Fail();
      return;
    }
    text_.remove_prefix(1);
  }
  bool Take(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  // Microseconds of a fraction, after its point.
  int64_t Fraction() {
    int64_t us = 0;
    size_t n = 0;
    for (; n < text_.size(); ++n) {
      const auto digit = static_cast<unsigned char>(text_[n] - '0');
      if (digit > 9) break;
      if (n < 6) us = us * 10 + digit;
    }
    if (n == 0) return Fail();
    for (size_t k = n; k < 6; ++k) us *= 10;
    text_.remove_prefix(n);
    return us;
  }
  bool ok() const { return ok_; }
  bool done() const { return ok_ && text_.empty(); }

 private:
  int64_t Fail() {
    ok_ = false;
    text_ = {};
    return 0;
  }
  std::string_view text_;
  bool ok_ = true;
};

// The date, the separator and the time of day, in microseconds since 1970; false if out of range.
bool ReadDateTime(Parts& in, char separator, char separator2, int64_t& us) {
  const char* const p = in.Bytes(19);
  if (p == nullptr) return false;
  bool bad = p[4] != '-' || p[7] != '-' || (p[10] != separator && p[10] != separator2) ||
             p[13] != ':' || p[16] != ':';
  const auto two = [&](size_t at) {
    const auto tens = static_cast<uint8_t>(p[at] - '0'), ones = static_cast<uint8_t>(p[at + 1] - '0');
    bad |= tens > 9 || ones > 9;
    return int64_t{tens} * 10 + ones;
  };
  const int64_t year = two(0) * 100 + two(2);
  const int64_t month = two(5), day = two(8);
  const int64_t hour = two(11), minute = two(14), second = two(17);
  const int64_t fraction = in.Take('.') ? in.Fraction() : 0;
  if (bad || !in.ok() || month < 1 || month > 12 || day < 1 || day > DaysInMonth(year, month) ||
      hour > 23 || minute > 59 || second > 59) {
    return false;
  }
  us = DaysFromCivil(year, month, day) * kDay + ((hour * 60 + minute) * 60 + second) * kSecond +
       fraction;
  return true;
}

absl::Status BadTime() {
  return absl::InvalidArgumentError("want a time as 2025-11-28T14:23:45.123Z (RFC 3339)");
}

// Puts v as kWidth digits; returns what follows them.
template <int kWidth>
char* PutDigits(int64_t v, char* p) {
  auto rest = static_cast<uint32_t>(v);
  for (int i = kWidth - 1; i >= 0; --i) {
    p[i] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  }
  return p + kWidth;
}

// Puts the date and sets the microseconds since midnight.
char* PutDay(Time t, int64_t& us, char* p) {
  // Times that are written one after the other mostly have the day of the one before.
  struct LastDay {
    Time midnight = kMinTime;  // no day begins then
    char text[10];
  };
  thread_local LastDay last;
  const auto since = static_cast<uint64_t>(t.time_since_epoch().count()) -
                     static_cast<uint64_t>(last.midnight.time_since_epoch().count());
  us = static_cast<int64_t>(since);
  if (since >= static_cast<uint64_t>(kDay) || last.midnight == kMinTime) {
    const Time midnight = FloorTo(t, Duration(kDay));
    us = (t - midnight).count();
    const Civil c = CivilFromDays(midnight.time_since_epoch().count() / kDay);
    char* at = PutDigits<4>(c.year, last.text);
    *at++ = '-';
    at = PutDigits<2>(c.month, at);
    *at++ = '-';
    PutDigits<2>(c.day, at);
    last.midnight = midnight;
  }
  std::memcpy(p, last.text, sizeof last.text);
  return p + sizeof last.text;
}

}  // namespace

absl::StatusOr<Time> ParseRfc3339(std::string_view text) {
  Parts in(text);
  int64_t us = 0;
  if (!ReadDateTime(in, 'T', 't', us)) return BadTime();
  if (in.Take('Z') || in.Take('z')) {
    if (!in.done()) return BadTime();
    return Time(Duration(us));
  }
  const bool is_negative = in.Take('-');
  if (!is_negative && !in.Take('+')) return BadTime();
  const int64_t hours = in.Digits(2);
  in.Expect(':', ':');
  const int64_t minutes = in.Digits(2);
  if (!in.done() || hours > 23 || minutes > 59) return BadTime();
  const int64_t offset = (hours * 60 + minutes) * 60 * kSecond;
  us = is_negative ? us + offset : us - offset;
  // An offset may lead out of the years that can be written.
  if (us < kFirstDay * kDay || us >= kEndDay * kDay) return BadTime();
  return Time(Duration(us));
}

absl::StatusOr<Time> ParseCivil(std::string_view text) {
  Parts in(text);
  int64_t us = 0;
  if (!ReadDateTime(in, ' ', ' ', us) || !in.done()) {
    return absl::InvalidArgumentError("want a time as 2025-11-28 14:23:45");
  }
  return Time(Duration(us));
}

char* internal::PutRfc3339(Time t, char* p) {
  int64_t us = 0;
  p = PutDay(t, us, p);
  const auto second = static_cast<uint32_t>(us / kSecond);
  const auto fraction = static_cast<uint32_t>(us % kSecond);
  // "HH0MM0SS", and colons for the zeros between.
  constexpr uint64_t kColons = uint64_t{':' - '0'} << 16 | uint64_t{':' - '0'} << 40;
  const uint32_t clock = second / 3600 * 1'000'000 + second / 60 % 60 * 1'000 + second % 60;
  *p++ = 'T';
  PutEight((ToEightDigits(clock) | kEightZeros) + kColons, p);
  p[8] = '.';
  PutEight(ToEightDigits(fraction * 100) | kEightZeros, p + 9);
  p += fraction % 1000 == 0 ? 12 : 15;
  *p = 'Z';
  return p + 1;
}

void AppendRfc3339(Time t, std::string& out) {
  char text[internal::kRfc3339Bound];
  out.append(text, static_cast<size_t>(internal::PutRfc3339(t, text) - text));
}

std::string FormatRfc3339(Time t) {
  constexpr Time kFirst = Time(std::chrono::sys_days(std::chrono::year(0) / 1 / 1));
  constexpr Time kEnd = Time(std::chrono::sys_days(std::chrono::year(10'000) / 1 / 1));
  std::string text;
  AppendRfc3339(std::clamp(t, kFirst, kEnd - Duration(1)), text);
  return text;
}

void AppendDate(Time t, std::string& out) {
  char text[internal::kRfc3339Bound];
  int64_t us = 0;
  out.append(text, static_cast<size_t>(PutDay(t, us, text) - text));
}

void AppendHour(Time t, std::string& out) {
  char text[internal::kRfc3339Bound];
  int64_t us = 0;
  char* p = PutDay(t, us, text);
  *p++ = 'T';
  p = PutDigits<2>(us / kSecond / 3600, p);
  out.append(text, static_cast<size_t>(p - text));
  out.append(":00:00Z");
}

}  // namespace rtstream
