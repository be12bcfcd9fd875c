#pragma once

#include <concepts>
#include <cstdlib>
#include <memory>
#include <type_traits>
#include <utility>

#include "rtstream/flow/boundary.h"
#include "rtstream/flow/chain.h"
#include "rtstream/flow/head.h"
#include "rtstream/flow/pipeline.h"
#include "rtstream/io/source.h"
#include "rtstream/op/checks.h"
#include "rtstream/op/side_output.h"
#include "rtstream/op/stage.h"
#include "rtstream/op/to.h"

namespace rtstream {

// What a mismatched edge of a flow is called in the compiler's message.
template <typename T>
struct Emits;
template <typename T>
struct Takes;

// An edge of a flow: does the operator take what the one before it emits?
template <typename Upstream, typename Downstream, bool kMatch>
struct Edge {
  static_assert(kMatch,
                "rtstream: an operator does not take what the one before it emits: compare Emits<...> "
                "with Takes<...>");
};

// What stands to the right of a flow's `|`.
template <typename Upstream, typename Right, bool kIsStage>
struct RightSide {
  static_assert(kIsStage, "rtstream: the right of | is not an operator or a sink");
};

namespace internal {

// What a mismatch turns into: it swallows the rest of the expression, so that one mistake is one
// error. A broken branch ends as a branch all the same, so that what it is given to has no objection.
template <typename Head>
struct BrokenFlow {
  template <typename S>
  static auto After() {
    if constexpr (Head::kIsBranch && std::derived_from<S, EndStage>) {
      return Terminal<typename Head::Input, DiscardChain>{};
    } else {
      return BrokenFlow{};
    }
  }
  template <typename S>
  friend auto operator|(BrokenFlow, S&&) {
    return After<std::remove_cvref_t<S>>();
  }
  operator Pipeline() const;
};

}  // namespace internal

// A flow that is being composed: a source, or the beginning of a branch, and operators. Movable.
//
// `|` takes a stage that accepts what the flow emits. It is not constrained: a mismatch is one error
// that names both types, and the rest of the expression is not looked at.
template <typename Head, typename Out, typename Ops = internal::NoOps>
class Flow {
 public:
  using Output = Out;  // what the flow emits here

  // For From, Branch and `|`.
  Flow(Head head, std::unique_ptr<Ops> ops) : head_(std::move(head)), ops_(std::move(ops)) {}

  // Chosen only when a flow without an end is used as a pipeline.
  operator Pipeline() const {
    static_assert(sizeof(Out) == 0,
                  "rtstream: this flow has no sink: end it with To(sink), Route(...) or Discard()");
    std::abort();
  }

  template <typename S>
  friend auto operator|(Flow flow, S stage) {
    // What says so is looked at inside the branch: as the condition itself, clang 19 takes a failed assertion for
    // no condition at all, and compiles every branch.
    if constexpr (!Stage<S>) {
      static_cast<void>(sizeof(RightSide<Emits<Out>, S, false>));
      return internal::BrokenFlow<Head>{};
    } else if constexpr (!S::template kAccepts<Out>) {
      static_cast<void>(sizeof(Edge<Emits<Out>, Takes<typename S::template Expected<Out>>, false>));
      return internal::BrokenFlow<Head>::template After<S>();
    } else if constexpr (!internal::CheckOf<S, Out>::type::value) {
      static_cast<void>(sizeof(typename internal::CheckOf<S, Out>::type::Sentence));
      return internal::BrokenFlow<Head>{};
    } else if constexpr (std::derived_from<S, internal::EndStage>) {
      return std::move(flow.head_)
          .Finish(internal::MakeChain(*flow.ops_, std::move(stage).template MakeChain<Out>()));
    } else if constexpr (std::is_same_v<S, internal::BoundaryStage>) {
      using Cut = internal::CutHead<Head, Out>;
      return Flow<Cut, Out>(Cut(std::move(flow.head_), std::move(flow.ops_)),
                            std::make_unique<internal::NoOps>());
    } else {
      return std::move(flow).Append(std::move(stage).template Bind<Out>());
    }
  }

 private:
  template <typename Op>
  auto Append(Op op) && {
    using List = internal::OpList<Ops, Op>;
    return Flow<Head, typename Op::Output, List>(
        std::move(head_), std::make_unique<List>(std::move(ops_), std::move(op)));
  }

  Head head_;
  std::unique_ptr<Ops> ops_;
};

// Begins a flow with the records of `source`, which must outlive the pipeline.
template <typename T>
Flow<internal::SourceHead<T>, T> From(Source<T>& source) {
  return {{&source}, std::make_unique<internal::NoOps>()};
}

// Begins a branch that takes records of type T: for Tee, Route and side outputs.
template <typename T>
Flow<internal::BranchHead<T>, T> Branch() {
  return {{}, std::make_unique<internal::NoOps>()};
}

}  // namespace rtstream
