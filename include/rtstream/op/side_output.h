#pragma once

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/core/batch.h"
#include "rtstream/op/lane.h"

namespace rtstream {

// A branch with its end: what Tee, Route and side outputs take. Made by
// Branch<T>() | op | ... | To(sink).
template <typename T, typename Chain>
struct Terminal {
  using Input = T;
  Chain chain;
};

namespace internal {

// The side output of an operator whose user gave none.
struct NoSideOutput {
  static constexpr bool kMayRefuse = false;
  template <typename R>
  absl::Status Process(Lane&, const R&) {
    return absl::OkStatus();
  }
  void Collect(std::vector<Node*>&) {}
};

inline NoSideOutput SideChain(NoSideOutput side) { return side; }
template <typename T, typename Chain>
Chain SideChain(Terminal<T, Chain> branch) {
  return std::move(branch.chain);
}

}  // namespace internal
}  // namespace rtstream
