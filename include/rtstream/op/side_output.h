#pragma once

#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/core/batch.h"
#include "rtstream/op/checks.h"
#include "rtstream/op/lane.h"

namespace rtstream {

// A branch with its end: what Tee, Route and side outputs take. Made by
// Branch<T>() | op | ... | To(sink).
template <typename T, typename Chain>
struct Terminal {
  using Input = T;  // what the branch takes
  Chain chain;      // its operators, the last of which ends it
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

// Whether the records of type In may leave by a side output, and what it wants else, for the message.
template <typename Side, typename In>
struct SideOutput {
  static constexpr bool kAccepts = true;
  using Expected = In;
};
template <typename Side, typename In>
  requires requires { typename Side::Input; }
struct SideOutput<Side, In> {
  static constexpr bool kAccepts = std::is_same_v<typename Side::Input, In>;
  using Expected = typename Side::Input;
};

inline NoSideOutput SideChain(NoSideOutput side) { return side; }
template <typename T, typename Chain>
Chain SideChain(Terminal<T, Chain> branch) {
  return std::move(branch.chain);
}
// Something that is no branch with an end.
template <typename B>
NoSideOutput SideChain(B) {
  (void)BranchOf<B>::value;
  return {};
}

}  // namespace internal
}  // namespace rtstream
