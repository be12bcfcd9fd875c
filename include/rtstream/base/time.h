#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace rtstream {

// All times are UTC in microseconds; all durations are in microseconds.
using Duration = std::chrono::microseconds;
// A moment; see Duration.
using Time = std::chrono::time_point<std::chrono::system_clock, Duration>;

inline constexpr Time kMinTime = Time::min();  // "none yet" for event times and watermarks
// Later than every moment.
inline constexpr Time kMaxTime = Time::max();

// t + d and t - d, held at kMinTime and kMaxTime.
constexpr Time SaturatingAdd(Time t, Duration d) {
  int64_t us = 0;
  if (__builtin_add_overflow(t.time_since_epoch().count(), d.count(), &us)) {
    return d.count() > 0 ? kMaxTime : kMinTime;
  }
  return Time(Duration(us));
}
// See SaturatingAdd.
constexpr Time SaturatingSubtract(Time t, Duration d) {
  int64_t us = 0;
  if (__builtin_sub_overflow(t.time_since_epoch().count(), d.count(), &us)) {
    return d.count() > 0 ? kMinTime : kMaxTime;
  }
  return Time(Duration(us));
}

// a - b, held at the ends of Duration.
constexpr Duration SaturatingDifference(Time a, Time b) {
  int64_t us = 0;
  if (__builtin_sub_overflow(a.time_since_epoch().count(), b.time_since_epoch().count(), &us)) {
    return a > b ? Duration::max() : Duration::min();
  }
  return Duration(us);
}

// The largest multiple of `step` since 1970 that is not after t. REQUIRES: step > 0. Where no such
// time exists in 64 bits, kMinTime.
constexpr Time FloorTo(Time t, Duration step) {
  const int64_t us = t.time_since_epoch().count();
  int64_t rest = us % step.count();
  if (rest < 0) rest += step.count();
  return SaturatingSubtract(t, Duration(rest));
}

// Reads an RFC 3339 time: 2025-11-28T14:23:45.123Z, or with an offset as +01:00. A fraction of any
// length is cut to microseconds; a second of 60 is refused, and so is a moment that in UTC is not in the
// years 0000 to 9999. InvalidArgument says what was wanted.
absl::StatusOr<Time> ParseRfc3339(std::string_view text);

// Reads "2025-11-28 14:23:45", with or without a fraction, as UTC.
absl::StatusOr<Time> ParseCivil(std::string_view text);

// Appends 2025-11-28T14:23:45.123Z: three digits of fraction, or six if t needs them.
// REQUIRES: 0000 <= year of t <= 9999.
void AppendRfc3339(Time t, std::string& out);
// The same as a text of its own, for logs and messages: for every Time, held at the ends of the years 0000 to 9999.
std::string FormatRfc3339(Time t);
namespace internal {
// Puts the same text at `p`, where kRfc3339Bound bytes fit; returns its end.
inline constexpr size_t kRfc3339Bound = 28;
char* PutRfc3339(Time t, char* p);
}  // namespace internal
// Appends 2025-11-28.
void AppendDate(Time t, std::string& out);
// Appends 2025-11-28T14:00:00Z.
void AppendHour(Time t, std::string& out);

}  // namespace rtstream
