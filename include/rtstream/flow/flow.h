#pragma once

#include <concepts>
#include <cstdlib>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "rtstream/flow/boundary.h"
#include "rtstream/flow/chain.h"
#include "rtstream/flow/pipeline.h"
#include "rtstream/flow/pipeline_body.h"
#include "rtstream/io/source.h"
#include "rtstream/op/side_output.h"
#include "rtstream/op/stage.h"
#include "rtstream/op/to.h"

namespace rtstream {

// What a mismatched edge of a flow is called in the compiler's message.
template <typename T>
struct Emits;
template <typename T>
struct Takes;

template <typename Upstream, typename Downstream, bool kMatch>
struct Edge {
  static_assert(kMatch,
                "rtstream: an operator does not take what the one before it emits: compare Emits<...> "
                "with Takes<...>");
  static constexpr bool value = kMatch;
};

// What stands to the right of a flow's `|`.
template <typename Upstream, typename Right, bool kIsStage>
struct RightSide {
  static_assert(kIsStage, "rtstream: the right of | is not an operator or a sink");
  static constexpr bool value = kIsStage;
};

namespace internal {

struct NoSource {};

// What a mismatch turns into: it swallows the rest of the expression, so that one mistake is one
// error. A broken branch ends as a branch all the same, so that what it is given to has no objection.
template <typename Head, typename First>
struct BrokenFlow {
  template <typename S>
  static auto After() {
    if constexpr (std::is_same_v<Head, NoSource> && std::derived_from<S, EndStage>) {
      return Terminal<First, DiscardChain>{};
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

template <typename T, typename Chain>
class FlowBody final : public PipelineBody {
 public:
  FlowBody(Source<T>* source, Chain chain)
      : source_(source), source_node_("source"), chain_(std::move(chain)) {
    nodes_.push_back(&source_node_);
    chain_.Collect(nodes_);
  }

  SourceBase& source() override { return *source_; }
  const std::vector<Node*>& nodes() const override { return nodes_; }
  absl::StatusOr<PollResult> Poll(size_t max_rows) override {
    return source_->Poll(max_rows, batch_);
  }
  const Frame& frame() const override { return batch_.frame(); }
  const std::string& resume() const override { return batch_.resume; }
  uint64_t input_bytes() const override { return batch_.input_bytes; }
  absl::Status Process(Lane& lane) override {
    source_node_.counters().out.Add(batch_.size());
    source_node_.counters().bytes.Add(batch_.input_bytes);
    if (batch_.empty()) return absl::OkStatus();
    all_.SelectAll(batch_.size());
    return chain_.Process(lane, Rows<T>(batch_.rows().data(), batch_.frame(), all_));
  }

 private:
  class SourceNode final : public Node {
   public:
    using Node::Node;
  };

  Source<T>* source_;
  SourceNode source_node_;
  Chain chain_;
  std::vector<Node*> nodes_;
  Batch<T> batch_;
  Selection all_;
};

}  // namespace internal

// A flow that is being composed: a source, or the beginning of a branch, and operators.
//
// `|` takes a stage that accepts what the flow emits. It is not constrained: a mismatch is one error
// that names both types, and the rest of the expression is not looked at.
template <typename Head, typename First, typename Out, typename... Ops>
class Flow {
 public:
  using Output = Out;

  Flow(Head head, std::tuple<Ops...> ops) : head_(std::move(head)), ops_(std::move(ops)) {}

  // Chosen only when a flow without an end is used as a pipeline.
  operator Pipeline() const {
    static_assert(sizeof(Out) == 0,
                  "rtstream: this flow has no sink: end it with To(sink), Route(...) or Discard()");
    std::abort();
  }

  template <typename S>
  friend auto operator|(Flow flow, S stage) {
    if constexpr (!RightSide<Emits<Out>, S, Stage<S>>::value) {
      return internal::BrokenFlow<Head, First>{};
    } else if constexpr (!Edge<Emits<Out>, Takes<typename S::template Expected<Out>>,
                               S::template kAccepts<Out>>::value) {
      return internal::BrokenFlow<Head, First>::template After<S>();
    } else if constexpr (std::derived_from<S, internal::EndStage>) {
      return std::move(flow).End(std::move(stage).template MakeChain<Out>());
    } else {
      return std::move(flow).Append(std::move(stage).template Bind<Out>());
    }
  }

 private:
  template <typename Op>
  auto Append(Op op) && {
    return Flow<Head, First, typename Op::Output, Ops..., Op>(
        std::move(head_), std::tuple_cat(std::move(ops_), std::tuple<Op>(std::move(op))));
  }

  template <typename Tail>
  auto End(Tail tail) && {
    auto chain = internal::MakeChain<sizeof...(Ops)>(ops_, std::move(tail));
    using Chain = decltype(chain);
    if constexpr (std::is_same_v<Head, internal::NoSource>) {
      return Terminal<First, Chain>{std::move(chain)};
    } else {
      return Pipeline(std::make_unique<internal::FlowBody<First, Chain>>(head_, std::move(chain)));
    }
  }

  Head head_;
  std::tuple<Ops...> ops_;
};

// Begins a flow with the records of `source`, which must outlive the pipeline.
template <typename T>
Flow<Source<T>*, T, T> From(Source<T>& source) {
  return {&source, {}};
}

// Begins a branch that takes records of type T: for Tee, Route and side outputs.
template <typename T>
Flow<internal::NoSource, T, T> Branch() {
  return {{}, {}};
}

}  // namespace rtstream
