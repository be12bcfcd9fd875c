#pragma once

#include <cstddef>
#include <string_view>

#include "gtest/gtest.h"
#include "rtstream/state/state_store.h"
#include "rtstream/testing/matchers.h"

namespace rtstream {

// How many keys that begin so a store has.
inline size_t CountStored(const StateReader& store, std::string_view prefix) {
  size_t n = 0;
  EXPECT_THAT(store.Scan(prefix,
                         [&](std::string_view, std::string_view) {
                           ++n;
                           return absl::OkStatus();
                         }),
              testing::IsOk());
  return n;
}

}  // namespace rtstream
