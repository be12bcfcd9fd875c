#pragma once

#include <cstddef>

#include "rtstream/base/time.h"

namespace rtstream {

// A half-open stretch of event time: [start, end).
struct Window {
  Time start{};  // the first moment in it
  Time end{};    // the first moment behind it
  friend bool operator==(const Window&, const Window&) = default;
};

// No windows: one result a key over everything that has come so far.
struct Running {
  // About how many keys there will be: their memory is taken before the first record, and no table has to
  // grow. Zero: it grows with its keys. More keys than expected only make it grow then.
  size_t expected_keys = 0;
};

// Windows of `size`, one after another, aligned to 1970-01-01T00:00:00Z.
struct Tumbling {
  // Of a window; at least 1 us. Windows begin at multiples of it since 1970, UTC.
  Duration size{0};
  // How long after a window's end, in event time, a record may still be counted in it. Results come
  // later by as much.
  Duration allowed_lateness{0};

  // The window that t is in.
  Window WindowOf(Time t) const {
    const Time start = FloorTo(t, size);
    return {start, SaturatingAdd(start, size)};
  }
  // Whether a record for it would be late.
  bool IsClosed(const Window& w, Time watermark) const {
    return SaturatingAdd(w.end, allowed_lateness) <= watermark;
  }
};

}  // namespace rtstream
