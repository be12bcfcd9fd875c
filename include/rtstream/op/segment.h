#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/core/batch.h"
#include "rtstream/op/lane.h"
#include "rtstream/op/node.h"
#include "rtstream/op/record_loop.h"

namespace rtstream::internal {

// Whether a record operator has a loop of its own, which narrows the selection or looks at the rows:
//   static constexpr bool kTakesRows = true, kKeepsRow = true;
//   Rows<Input> Process(const Rows<Input>& in, Context&, Selection& selection)
// What it passes on are rows of `in`; it may put them into `selection`, which may be the one of `in`. One that
// only decides on rows ends a loop that has just made them, all of them.
template <typename Op>
inline constexpr bool kTakesRows = requires { Op::kTakesRows; };

// Record operators and what follows. Those that stand side by side share a loop (see RecordLoop); one with
// a loop of its own cuts theirs in two.
template <typename Next, typename... Ops>
class Segment {
  using OpTuple = std::tuple<Ops...>;

 public:
  using Input = typename std::tuple_element_t<0, OpTuple>::Input;
  static constexpr bool kMayRefuse = (Ops::kMayRefuse || ...) || Next::kMayRefuse;

  Segment(std::tuple<Ops...> ops, Next next) : ops_(std::move(ops)), next_(std::move(next)) {
    std::apply([&](const Ops&... op) { (nodes_.emplace_back(op.name, FactsOf(op)), ...); }, ops_);
  }

  absl::Status Process(Lane& lane, const Rows<Input>& rows) {
    lane.Enter(&nodes_[0]);
    return RunFrom<0>(lane, rows);
  }

  void Collect(std::vector<Node*>& nodes) {
    nodes_[0].segment = this;
    for (SegmentNode& node : nodes_) nodes.push_back(&node);
    next_.Collect(nodes);
  }

 private:
  static constexpr size_t kOps = sizeof...(Ops);
  static constexpr std::array<bool, kOps> kHasLoop{kTakesRows<Ops>...}, kOpDecides{kDecides<Ops>...},
      kOpMayDrop{kMayDrop<Ops>...};

  // Where the loop that begins with operator `begin` ends.
  static constexpr size_t EndOfLoop(size_t begin) {
    if (kHasLoop[begin]) return begin + 1;
    bool may_drop = false;
    size_t end = begin;
    for (; end < kOps && !kHasLoop[end]; ++end) may_drop = may_drop || kOpMayDrop[end];
    return end < kOps && kOpDecides[end] && !may_drop ? end + 1 : end;
  }
  template <size_t... I>
  static auto LoopsOf(std::index_sequence<I...>) -> std::tuple<RecordLoop<OpTuple, I, EndOfLoop(I)>...>;
  using Loops = decltype(LoopsOf(std::index_sequence_for<Ops...>()));

  // The first node of the segment starts all its operators.
  class SegmentNode final : public Node {
   public:
    using Node::Node;
    absl::Status Start(Lane& lane) override {
      return segment == nullptr ? absl::OkStatus() : segment->StartAll(lane);
    }
    Segment* segment = nullptr;
  };

  absl::Status StartAll(Lane& lane) {
    absl::Status status;
    std::apply(
        [&](Ops&... op) {
          ([&] {
            if constexpr (requires { op.Start(lane); }) status.Update(op.Start(lane));
          }(), ...);
        },
        ops_);
    return status;
  }

  // Operators from I on.
  template <size_t I, typename R>
  absl::Status RunFrom(Lane& lane, const Rows<R>& rows) {
    if (rows.empty()) return absl::OkStatus();
    if constexpr (I == kOps) {
      return next_.Process(lane, rows);
    } else if constexpr (kHasLoop[I]) {
      nodes_[I].counters().in.Add(rows.size());
      const Rows<R> out = std::get<I>(ops_).Process(rows, lane.context(), selection_);
      nodes_[I].counters().out.Add(out.size());
      if constexpr (requires { std::get<I>(ops_).TakeAhead(); }) {
        nodes_[I].counters().ahead.Add(std::get<I>(ops_).TakeAhead());
      }
      return RunFrom<I + 1>(lane, out);
    } else {
      return RunFrom<EndOfLoop(I)>(lane,
                                   std::get<I>(loops_).Run(ops_, nodes_, lane, rows, selection_));
    }
  }

  OpTuple ops_;
  Next next_;
  std::vector<SegmentNode> nodes_;
  Loops loops_;
  Selection selection_;
};

}  // namespace rtstream::internal
