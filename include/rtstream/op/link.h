#pragma once

#include <string>
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

// The nodes of a branch that leaves the operator by `way`, such as "late".
template <typename Chain>
void CollectBranch(Chain& branch, std::vector<Node*>& nodes, std::string way) {
  const size_t before = nodes.size();
  branch.Collect(nodes);
  if (nodes.size() > before) nodes[before]->SetWay(std::move(way));
  for (size_t i = before; i < nodes.size(); ++i) nodes[i]->EnterBranch();
}

// A batch operator and what follows. Op has
//   using Input, Output;   static constexpr bool kMayRefuse;   std::string name;
//   absl::Status Process(const Rows<Input>&, Emitter<Next>&)
// and, where it needs them, Start(Lane&), Restore(const CheckpointReader&),
// Checkpoint(CheckpointWriter&), state_keys(), state_memory(), OnWatermark(Emitter<Next>&), Attach(const StateHost&),
// Collect(std::vector<Node*>&), CheckpointShared(CheckpointWriter&); and as Node::Traits says,
//   static constexpr bool kExpands, kStateByHand, kEmitsAtWill
template <typename Op, typename Next>
class OpLink final : public Node {
 public:
  using Input = typename Op::Input;
  static constexpr bool kMayRefuse = Op::kMayRefuse || Next::kMayRefuse;

  OpLink(Op op, Next next) : Node(op.name, FactsOf(op)), op_(std::move(op)), next_(std::move(next)) {}

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
    if constexpr (requires(const StateHost& host) { op_.Attach(host); }) {
      op_.Attach(lane.state_host(name()));
    }
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
      CountKeys();
      return op_.Checkpoint(out);
    }
    return absl::OkStatus();
  }
  absl::Status CheckpointShared(uint64_t epoch, StateBatch& batch) override {
    if constexpr (kSharesState) {
      CheckpointWriter out(epoch, OperatorScope(name()), batch);
      CountKeys();
      return op_.CheckpointShared(out);
    }
    return absl::OkStatus();
  }
  void CountKeys() override {
    if constexpr (requires { op_.state_keys(); }) counters().keys.Set(op_.state_keys());
    if constexpr (requires { op_.state_memory(); }) counters().state_bytes.Set(op_.state_memory());
  }
  absl::Status OnWatermark(Lane& lane) override {
    if constexpr (kHasTimers) {
      lane.Enter(this);
      Emitter<Next> emit(lane, *this, next_);
      return op_.OnWatermark(emit);
    }
    return absl::OkStatus();
  }
  bool has_state() const override { return kHasState; }
  Traits traits() const override {
    Traits traits;
    traits.shares_state = kSharesState;
    traits.has_timers = kHasTimers;
    if constexpr (requires { Op::kStateByHand; }) traits.state_is_by_hand = Op::kStateByHand;
    if constexpr (requires { Op::kEmitsAtWill; }) traits.emits_at_will = Op::kEmitsAtWill;
    if constexpr (requires { Op::kExpands; }) traits.expands = Op::kExpands;
    if constexpr (requires { Op::kReadsEventTime; }) traits.reads_event_time = Op::kReadsEventTime;
    if constexpr (requires { Op::kStateKind; }) {
      traits.state_kind = Op::kStateKind;
    } else if constexpr (requires { Op::kKind; }) {
      traits.state_kind = Op::kKind;
    }
    return traits;
  }

 private:
  static constexpr bool kSharesState =
      requires(Op& op, CheckpointWriter& out) { op.CheckpointShared(out); };
  static constexpr bool kHasTimers = requires(Op& op, Emitter<Next>& emit) { op.OnWatermark(emit); };
  static constexpr bool kHasState = requires(Op& op, CheckpointWriter& out) { op.Checkpoint(out); };

  Op op_;
  Next next_;
};

}  // namespace rtstream::internal
