#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rtstream/rtstream.h"

// What the cases speak of: two record types that have nothing to do with each other.
namespace rt = rtstream;

struct Order {
  std::string id;
  int64_t units = 0;
};

struct Click {
  std::string page;
  int64_t x = 0;
};

using namespace std::chrono_literals;
