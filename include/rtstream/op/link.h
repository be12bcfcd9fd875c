#pragma once

#include <cstddef>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/core/batch.h"
#include "rtstream/op/lane.h"
#include "rtstream/op/node.h"

namespace rtstream::internal {

// A chain is an operator and everything behind it, as one value. Every chain has
//   absl::Status Process(Lane&, const Rows<Input>&);   runs a batch through to the end
//   static constexpr bool kMayRefuse;                  whether a record may become a dead letter in it
//   void Collect(std::vector<Node*>&);                 its nodes, upstream first; called in place

// What a batch operator passes its results to.
template <typename Next>
class Emitter {
 public:
  static constexpr bool kMayRefuse = Next::kMayRefuse;
  // Nobody looks at what is passed on.
  static constexpr bool kDiscards = requires { Next::kDiscards; };

  Emitter(Lane& lane, Node& node, Next& next) : lane_(&lane), node_(&node), next_(&next) {}

  template <typename T>
  absl::Status Push(const Rows<T>& rows) {
    if (rows.empty()) return absl::OkStatus();
    node_->counters().out.Add(rows.size());
    absl::Status status = next_->Process(*lane_, rows);
    lane_->Enter(node_);
    return status;
  }

  void Refuse(Frame& frame, size_t row, absl::Status reason) {
    lane_->Refuse(*node_, frame, row, std::move(reason));
  }
  Lane& lane() { return *lane_; }
  Node& node() { return *node_; }

 private:
  Lane* lane_;
  Node* node_;
  Next* next_;
};

// A batch operator and what follows. Op has
//   using Input, Output;   static constexpr bool kMayRefuse;   std::string name;
//   absl::Status Process(const Rows<Input>&, Emitter<Next>&)
// and, where it needs them, Start(Lane&), Restore(const CheckpointReader&),
// Checkpoint(CheckpointWriter&), state_keys(), OnWatermark(Emitter<Next>&), UsePages(PagePool&),
// Collect(std::vector<Node*>&).
template <typename Op, typename Next>
class OpLink final : public Node {
 public:
  using Input = typename Op::Input;
  static constexpr bool kMayRefuse = Op::kMayRefuse || Next::kMayRefuse;

  OpLink(Op op, Next next) : Node(op.name), op_(std::move(op)), next_(std::move(next)) {}

  absl::Status Process(Lane& lane, const Rows<Input>& rows) {
    lane.Enter(this);
    counters().in.Add(rows.size());
    Emitter<Next> emit(lane, *this, next_);
    return op_.Process(rows, emit);
  }

  void Collect(std::vector<Node*>& nodes) {
    nodes.push_back(this);
    if constexpr (requires { op_.Collect(nodes); }) op_.Collect(nodes);
    next_.Collect(nodes);
  }

  absl::Status Start(Lane& lane) override {
    if constexpr (requires { op_.UsePages(lane.pages()); }) op_.UsePages(lane.pages());
    if constexpr (requires { op_.Start(lane); }) return op_.Start(lane);
    return absl::OkStatus();
  }
  absl::Status Restore(const StateReader& store) override {
    if constexpr (kHasState) return op_.Restore(CheckpointReader(OperatorScope(name()), store));
    return absl::OkStatus();
  }
  absl::Status Checkpoint(uint64_t epoch, StateBatch& batch) override {
    if constexpr (kHasState) {
      CheckpointWriter out(epoch, OperatorScope(name()), batch);
      if constexpr (requires { op_.state_keys(); }) counters().keys.Set(op_.state_keys());
      return op_.Checkpoint(out);
    }
    return absl::OkStatus();
  }
  absl::Status OnWatermark(Lane& lane) override {
    if constexpr (requires(Emitter<Next>& emit) { op_.OnWatermark(emit); }) {
      lane.Enter(this);
      Emitter<Next> emit(lane, *this, next_);
      return op_.OnWatermark(emit);
    }
    return absl::OkStatus();
  }
  bool has_state() const override { return kHasState; }

 private:
  static constexpr bool kHasState = requires(Op& op, CheckpointWriter& out) { op.Checkpoint(out); };

  Op op_;
  Next next_;
};

// Record operators in one loop, and what follows. Each takes a row and emits it, another, or none:
//   using Input, Output;  static constexpr bool kMayRefuse, kKeepsRow;  std::string name;
//   template <typename Emit> absl::Status Process(const Input&, Context&, Emit&&)
// kKeepsRow: what it emits is the row that it got, so rows need not be copied.
template <typename Next, typename... Ops>
class Segment {
 public:
  using Input = typename std::tuple_element_t<0, std::tuple<Ops...>>::Input;
  using Output = typename std::tuple_element_t<sizeof...(Ops) - 1, std::tuple<Ops...>>::Output;
  static constexpr bool kMayRefuse = (Ops::kMayRefuse || ...) || Next::kMayRefuse;

  Segment(std::tuple<Ops...> ops, Next next) : ops_(std::move(ops)), next_(std::move(next)) {
    std::apply([&](const Ops&... op) { (nodes_.emplace_back(op.name), ...); }, ops_);
  }

  absl::Status Process(Lane& lane, const Rows<Input>& rows) {
    lane.Enter(&nodes_[0]);
    if constexpr (!kKeepsRows) {
      if (built_.size() < rows.frame().rows.size()) built_.resize(rows.frame().rows.size());
    }
    selection_.Clear();
    size_t taken[kOps] = {};
    Frame& frame = rows.frame();
    for (size_t i = 0; i < rows.size(); ++i) {
      lane.context().At(frame, rows.row(i));
      Step<0>(rows[i], lane, taken);
    }
    for (size_t k = 0; k < kOps; ++k) {
      nodes_[k].counters().in.Add(taken[k]);
      nodes_[k].counters().out.Add(k + 1 < kOps ? taken[k + 1] : selection_.size());
    }
    if (selection_.empty()) return absl::OkStatus();
    if constexpr (kKeepsRows) {
      return next_.Process(lane, Rows<Output>(rows.data(), frame, selection_));
    } else {
      return next_.Process(lane, Rows<Output>(built_.data(), frame, selection_));
    }
  }

  void Collect(std::vector<Node*>& nodes) {
    nodes_[0].segment = this;
    for (SegmentNode& node : nodes_) nodes.push_back(&node);
    next_.Collect(nodes);
  }

 private:
  static constexpr size_t kOps = sizeof...(Ops);
  static constexpr bool kKeepsRows = (Ops::kKeepsRow && ...);

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

  template <size_t I, typename R>
  void Step(R&& row, Lane& lane, size_t* taken) {
    if constexpr (I == kOps) {
      const size_t at = lane.context().row();
      if constexpr (!kKeepsRows) built_[at] = std::forward<R>(row);
      selection_.Add(at);
    } else {
      ++taken[I];
      // What an operator of this segment has made is the next one's to take.
      absl::Status status =
          std::get<I>(ops_).Process(std::forward<R>(row), lane.context(), [&](auto&& out) {
            Step<I + 1>(std::forward<decltype(out)>(out), lane, taken);
          });
      if (!status.ok()) [[unlikely]] {
        lane.Refuse(nodes_[I], lane.context().frame(), lane.context().row(), std::move(status));
      }
    }
  }

  std::tuple<Ops...> ops_;
  Next next_;
  std::vector<SegmentNode> nodes_;
  std::vector<Output> built_;
  Selection selection_;
};

}  // namespace rtstream::internal
