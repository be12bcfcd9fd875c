#pragma once

#include <cstdint>

#include "rtstream/base/bytes.h"
#include "rtstream/base/time.h"
#include "rtstream/core/plain_input.h"

namespace rtstream::internal {

// Reads YYYY-MM-DDTHH:MM:SS, a fraction of three or six digits or none, and Z: see plain_number.h for what
// such readers have in common.
[[gnu::always_inline]] inline const char* ReadPlainTime(const char* p, PlainInput& in, Time& out) {
  constexpr uint64_t kTooLarge = 0x7676767676767676, kHigh = 0x8080808080808080;
  int64_t us = 0;
  if (!in.ReadDay(p, us) || p[10] != 'T') [[unlikely]] return nullptr;
  const uint64_t t = LoadWord<uint64_t>(p + 11) ^ LoadWord<uint64_t>("00:00:00");
  const auto at = [](uint64_t word, int i) { return static_cast<uint32_t>(word >> 8 * i & 0xff); };
  // Hour, minute and second in bytes 0, 3 and 6.
  const uint64_t times = (t * 10 + (t >> 8)) & 0x00ff0000ff0000ff;
  const uint32_t hour = at(times, 0), minute = at(times, 3), second = at(times, 6);
  uint64_t bad = ((t | (t + kTooLarge)) & kHigh) | (t & 0x0000ff0000ff0000);
  // Adding what is missing from 24 and 60 to 128 sets the high bit of one that is too large.
  bad |= (times + 0x0044000044000068) & kHigh;
  uint32_t fraction = 0;
  if (p[19] == '.') [[likely]] {
    // The point and seven characters behind it.
    uint64_t f = LoadWord<uint64_t>(p + 19) ^ LoadWord<uint64_t>(".0000000");
    const bool has_six = p[23] != 'Z';
    if (has_six) [[unlikely]] {
      bad |= p[26] != 'Z';
      fraction = at(f, 4) * 100 + at(f, 5) * 10 + at(f, 6);
      f &= 0x00ffffffffffffff;
    } else {
      f &= 0x00000000ffffffff;
    }
    bad |= (f | (f + kTooLarge)) & kHigh;
    fraction += (at(f, 1) * 100 + at(f, 2) * 10 + at(f, 3)) * 1000;
    p += has_six ? 27 : 24;
  } else {
    bad |= p[19] != 'Z';
    p += 20;
  }
  if (bad != 0) [[unlikely]] return nullptr;
  us += (int64_t{hour} * 60 + minute) * 60'000'000 + int64_t{second} * 1'000'000 + fraction;
  out = Time(Duration(us));
  return p;
}

}  // namespace rtstream::internal
