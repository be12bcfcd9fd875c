#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <tuple>

#include "rtstream/base/time.h"

namespace rtstream {

// The record of the operators' tests.
struct Sale {
  std::string id;
  std::string sku;
  int64_t units = 1;
  Time at{};
  friend bool operator==(const Sale&, const Sale&) = default;
  friend std::ostream& operator<<(std::ostream& os, const Sale& s) {
    return os << s.id << "/" << s.sku << "/" << s.units << "@" << s.at.time_since_epoch().count();
  }
};

// Some moment, and moments after and before it: tests of event time count in seconds from here.
inline Time At(int64_t seconds) { return Time(std::chrono::seconds(1'000'000'000 + seconds)); }

}  // namespace rtstream
