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

// Whether it emits the row that it got, as it was, or changed where it stands.
template <typename Op>
inline constexpr bool kChangesRow = requires { Op::kChangesRow; };
template <typename Op>
inline constexpr bool kSameRow = Op::kKeepsRow || kChangesRow<Op>;
// Whether it builds its output in a place that it is given.
template <typename Op>
inline constexpr bool kBuildsInto = requires { Op::kBuildsInto; };

// Record operators in one loop, and what follows. Each takes a row and emits it, another, or none:
//   using Input, Output;  static constexpr bool kMayRefuse, kKeepsRow;  std::string name;
//   template <typename Emit> absl::Status Process(const Input&, Context&, Emit&&)
// kKeepsRow: what it emits is the row that it got, so rows need not be copied. Other forms, which save
// copies as well:
//   static constexpr bool kChangesRow = true;  absl::Status Change(Input&, Context&)
//   static constexpr bool kBuildsInto = true;  absl::Status Build(const Input&, Context&, Output&)
//     (what is there is of an earlier batch: Build sets all of it)
template <typename Next, typename... Ops>
class Segment {
 public:
  using First = std::tuple_element_t<0, std::tuple<Ops...>>;
  using Input = typename First::Input;
  using Output = typename std::tuple_element_t<sizeof...(Ops) - 1, std::tuple<Ops...>>::Output;
  static constexpr bool kMayRefuse = (Ops::kMayRefuse || ...) || Next::kMayRefuse;

  Segment(std::tuple<Ops...> ops, Next next) : ops_(std::move(ops)), next_(std::move(next)) {
    std::apply([&](const Ops&... op) { (nodes_.emplace_back(op.name), ...); }, ops_);
  }

  absl::Status Process(Lane& lane, const Rows<Input>& rows) {
    lane.Enter(&nodes_[0]);
    selection_.Clear();
    size_t taken[kOps] = {};
    Rows<Output> out = Run(lane, rows, taken);
    for (size_t k = 0; k < kOps; ++k) {
      nodes_[k].counters().in.Add(taken[k]);
      nodes_[k].counters().out.Add(k + 1 < kOps ? taken[k + 1] : selection_.size());
    }
    if (selection_.empty()) return absl::OkStatus();
    return next_.Process(lane, out);
  }

  void Collect(std::vector<Node*>& nodes) {
    nodes_[0].segment = this;
    for (SegmentNode& node : nodes_) nodes.push_back(&node);
    next_.Collect(nodes);
  }

 private:
  static constexpr size_t kOps = sizeof...(Ops);
  static constexpr bool kAllKeep = (Ops::kKeepsRow && ...);
  static constexpr bool kAllSame = (kSameRow<Ops> && ...);
  // The first builds rows where they stay, and the others leave them there.
  static constexpr bool kBuildsInPlace = kBuildsInto<First> && ((kSameRow<Ops> ? 1 : 0) + ...) == kOps - 1;

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

  Rows<Output> Run(Lane& lane, const Rows<Input>& rows, size_t* taken) {
    Frame& frame = rows.frame();
    if constexpr (kAllKeep) {
      for (size_t i = 0; i < rows.size(); ++i) {
        lane.context().At(frame, rows.row(i));
        StepInPlace<0>(rows[i], lane, taken);
      }
      return rows.Narrowed(selection_);
    } else if constexpr (kAllSame) {
      Output* const own = OwnRows(rows, built_);
      for (size_t i = 0; i < rows.size(); ++i) {
        lane.context().At(frame, rows.row(i));
        StepInPlace<0>(own[rows.row(i)], lane, taken);
      }
      return Rows<Output>(own, frame, selection_);
    } else {
      if (built_.size() < frame.rows.size()) built_.resize(frame.rows.size());
      for (size_t i = 0; i < rows.size(); ++i) {
        lane.context().At(frame, rows.row(i));
        if constexpr (kBuildsInPlace) {
          Output& out = built_[rows.row(i)];
          ++taken[0];
          if (Accept(std::get<0>(ops_).Build(rows[i], lane.context(), out), 0, lane)) [[likely]] {
            StepInPlace<1>(out, lane, taken);
          }
        } else {
          Step<0>(rows[i], lane, taken);
        }
      }
      return Rows<Output>(built_.data(), frame, selection_);
    }
  }

  // Sends the record to the dead letters if operator `k` refuses it.
  bool Accept(const absl::Status& status, size_t k, Lane& lane) {
    if (status.ok()) [[likely]] return true;
    lane.Refuse(nodes_[k], lane.context().frame(), lane.context().row(), status);
    return false;
  }

  // Operators from I on, which all leave the row where it is.
  template <size_t I, typename R>
  void StepInPlace(R& row, Lane& lane, size_t* taken) {
    if constexpr (I == kOps) {
      selection_.Add(lane.context().row());
    } else {
      ++taken[I];
      auto& op = std::get<I>(ops_);
      if constexpr (kChangesRow<std::remove_reference_t<decltype(op)>>) {
        if (Accept(op.Change(row, lane.context()), I, lane)) [[likely]] {
          StepInPlace<I + 1>(row, lane, taken);
        }
      } else {
        Accept(op.Process(std::as_const(row), lane.context(),
                          [&](const auto&) { StepInPlace<I + 1>(row, lane, taken); }),
               I, lane);
      }
    }
  }

  template <size_t I, typename R>
  void Step(R&& row, Lane& lane, size_t* taken) {
    if constexpr (I == kOps) {
      const size_t at = lane.context().row();
      built_[at] = std::forward<R>(row);
      selection_.Add(at);
    } else {
      ++taken[I];
      // What an operator of this segment has made is the next one's to take.
      Accept(std::get<I>(ops_).Process(std::forward<R>(row), lane.context(),
                                       [&](auto&& out) {
                                         Step<I + 1>(std::forward<decltype(out)>(out), lane, taken);
                                       }),
             I, lane);
    }
  }

  std::tuple<Ops...> ops_;
  Next next_;
  std::vector<SegmentNode> nodes_;
  std::vector<Output> built_;
  Selection selection_;
};

}  // namespace rtstream::internal
