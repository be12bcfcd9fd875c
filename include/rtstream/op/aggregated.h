#pragma once

#include <string_view>
#include <utility>

#include "rtstream/base/arena.h"
#include "rtstream/core/own_texts.h"
#include "rtstream/op/window.h"
#include "rtstream/state/keyed_state.h"

namespace rtstream {

// What an aggregate emits: a key and its accumulator, over one window or over all records so far
// (then the window is empty).
template <typename K, typename Acc>
struct Aggregated {
  K key{};        // views in it are valid until the end of the batch
  Window window;  // of the sum; empty: over everything
  Acc value{};    // the sum
};

// For who keeps sums beyond their batch; see core/own_texts.h.
template <typename K, typename Acc>
void OwnTextsIn(Aggregated<K, Acc>& sum, Arena& arena) {
  internal::OwnTexts(sum.key, arena);
  internal::OwnTexts(sum.value, arena);
}

// The name of an Aggregate operator's table, for ReadState: the key is the user's key, behind the
// window's start (std::pair<Time, K>) if there are windows.
inline constexpr std::string_view kSumsTable = "sums";

// The committed sums of an Aggregate operator, in the keys' order: visit(key, sum). With windows, those that are open,
// and K is std::pair<Time, K>. With Partial: see ReadPartials. Errors: as ReadState.
//
//   rt::ReadSums<std::string_view, int64_t>(store, "count", [](std::string_view word, int64_t n) { ... });
template <Key K, StateValue Acc, typename Visit>
absl::Status ReadSums(const StateReader& store, std::string_view op, Visit&& visit) {
  return ReadState<K, Acc>(store, op, kSumsTable, std::forward<Visit>(visit));
}

}  // namespace rtstream
