#pragma once

#include <string_view>

#include "rtstream/op/window.h"

namespace rtstream {

// What an aggregate emits: a key and its accumulator, over one window or over all records so far
// (then the window is empty).
template <typename K, typename Acc>
struct Aggregated {
  K key{};  // views in it are valid until the end of the batch
  Window window;
  Acc value{};
};

// The name of an Aggregate operator's table, for ReadState: the key is the user's key, behind the
// window's start (std::pair<Time, K>) if there are windows.
inline constexpr std::string_view kSumsTable = "sums";

}  // namespace rtstream
