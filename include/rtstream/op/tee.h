#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/op/checks.h"
#include "rtstream/op/link.h"
#include "rtstream/op/side_output.h"
#include "rtstream/op/stage.h"

namespace rtstream {
namespace internal {

template <typename T, typename Chain>
struct TeeOp {
  static constexpr std::string_view kKind = "Tee";
  using Input = T;
  using Output = T;
  static constexpr bool kMayRefuse = Chain::kMayRefuse;

  std::string name;
  Chain branch;

  template <typename Next>
  absl::Status Process(const Rows<T>& in, Emitter<Next>& emit) {
    if (in.empty()) return absl::OkStatus();
    RTSTREAM_RETURN_IF_ERROR(branch.Process(emit.lane(), in.Shared()));
    if (kMayRefuse && in.frame().any_refused()) {
      for (size_t i = 0; i < in.size(); ++i) in.frame().PassOn(in.row(i));
    }
    return emit.Push(in);
  }
  void Collect(std::vector<Node*>& nodes) { CollectBranch(branch, nodes, "branch"); }
};

template <typename T, typename Chain>
struct TeeStage : StageTag {
  template <typename>
  using Expected = T;
  template <typename In>
  static constexpr bool kAccepts = std::is_same_v<In, T>;
  std::string name;
  Chain branch;
  TeeStage(std::string n, Chain c) : name(std::move(n)), branch(std::move(c)) {}
  template <typename>
  auto Bind() && {
    return TeeOp<T, Chain>{std::move(name), std::move(branch)};
  }
};

}  // namespace internal

// Sends every record down a branch as well, and passes it on. The branch runs first; nothing is
// copied.
//
//   | rt::Tee("facts", rt::Branch<Sale>() | rt::Filter("accepted", IsAccepted) | rt::To(facts))
//
// Takes    the branch's type.
// Emits    the same record, also when the branch refuses it.
// State    that of the branch. Watermark: passes, through the branch as well.
// Refuses  what the branch refuses. That does not give back what Dedup claimed for the record, since
//          the record goes on; refused there as well, it still has one dead letter.
template <typename T, typename Chain>
internal::TeeStage<T, Chain> Tee(std::string name, Terminal<T, Chain> branch) {
  return {std::move(name), std::move(branch.chain)};
}
// Of something that is no branch with an end.
template <typename B>
internal::BrokenStage Tee(std::string, B) {
  (void)internal::BranchOf<B>::value;
  return {};
}

}  // namespace rtstream
