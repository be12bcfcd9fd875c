#pragma once

#include <array>
#include <cstddef>
#include <new>
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
// Whether it passes a row on as it is, or refuses it.
template <typename Op>
inline constexpr bool kChecks = requires { Op::kChecks; };
// Whether it builds its output in a place that it is given.
template <typename Op>
inline constexpr bool kBuildsInto = requires { Op::kBuildsInto; };
// Whether a row may end in it.
template <typename Op>
inline constexpr bool kMayDrop = Op::kMayRefuse || !requires { Op::kEmitsEach; };
// Whether it returns its output.
template <typename Op>
inline constexpr bool kMakesEach = requires { requires Op::kMakesEach; };
// Whether it only says of each row whether it is passed on.
template <typename Op>
inline constexpr bool kDecides = requires { Op::kDecides; };
template <typename Op>
inline constexpr bool kLooksAtContext = !requires { requires !Op::kUsesContext; };

// Operators kBegin to before kEnd of the tuple Ops in one loop. Each takes a row and emits it, another, or
// none:
//   using Input, Output;  static constexpr bool kMayRefuse, kKeepsRow;  std::string name;
//   template <typename Emit> absl::Status Process(const Input&, Context&, Emit&&)
// kKeepsRow: what it emits is the row that it got, so rows need not be copied. Other forms, which save
// copies as well:
//   static constexpr bool kChangesRow = true;  absl::Status Change(Input&, Context&)
//   static constexpr bool kChecks = true;      absl::Status Check(const Input&, Context&), of one with kKeepsRow
//   static constexpr bool kBuildsInto = true;  absl::Status Build(const Input&, Context&, Output&)
//     (what is there is of an earlier batch: Build sets all of it)
//   static constexpr bool kMakesEach = true;     Make(const Input&, Context&), which returns the output
//   static constexpr bool kDecides = true;       bool Keeps(const Input&, Context&); only the last one of a
//     loop in which no other drops rows
// What it may say of itself to make the loop shorter:
//   static constexpr bool kEmitsEach = true;     emits each row that it does not refuse
//   static constexpr bool kUsesContext = false;  looks at nothing of the context
template <typename Ops, size_t kBegin, size_t kEnd>
class RecordLoop {
  template <size_t K>
  using Op = std::tuple_element_t<K, Ops>;

 public:
  using Output = typename Op<kEnd - 1>::Output;

  // `nodes` are those of all operators of the tuple. The rows that are passed on are those of `rows`, or
  // put into `selection`, which may be the one that `rows` has.
  template <typename R, typename OpNode>
  Rows<Output> Run(Ops& ops, std::vector<OpNode>& nodes, Lane& lane, const Rows<R>& rows,
                   Selection& selection) {
    // The first builds rows where they stay, and the others leave them there.
    constexpr bool kBuildsInPlace = kBuildsInto<Op<kBegin>> && AllAreSame<kBegin + 1>();
    Pass<OpNode> pass{ops, nodes, lane, rows.frame()};
    if constexpr (AllKeep(std::make_index_sequence<kEnd - kBegin>())) {
      return rows.Narrowed(ForEach(pass, rows, selection, rows.data(), [&](size_t row) {
        return StepInPlace<kBegin>(pass, rows.at_row(row), row);
      }));
    } else if constexpr (AllAreSame<kBegin>()) {
      Output* const own = OwnRows(rows, built_);
      return {own, rows.frame(), ForEach(pass, rows, selection, own, [&](size_t row) {
                return StepInPlace<kBegin>(pass, own[row], row);
              })};
    } else {
      if (built_.size() < rows.frame().size()) built_.resize(rows.frame().size());
      Output* const built = built_.data();
      return {built, rows.frame(), ForEach(pass, rows, selection, built, [&](size_t row) {
                if constexpr (kBuildsInPlace) {
                  Op<kBegin>& op = std::get<kBegin>(ops);
                  return Accept(pass, kBegin, row,
                                op.Build(rows.at_row(row), lane.context(), built[row])) &&
                         StepInPlace<kBegin + 1>(pass, built[row], row);
                } else {
                  return Step<kBegin>(pass, rows.at_row(row), built[row], row);
                }
              })};
    }
  }

 private:
  static constexpr size_t kOps = kEnd - kBegin;

  template <size_t... K>
  static constexpr bool AllKeep(std::index_sequence<K...>) {
    return (Op<kBegin + K>::kKeepsRow && ...);
  }
  template <size_t K>
  static constexpr bool AllAreSame() {
    if constexpr (K == kEnd) {
      return true;
    } else {
      return kSameRow<Op<K>> && AllAreSame<K + 1>();
    }
  }
  // Whether a row may end in an operator before K.
  template <size_t K>
  static constexpr bool MayDropBefore() {
    if constexpr (K == kBegin) {
      return false;
    } else {
      return kMayDrop<Op<K - 1>> || MayDropBefore<K - 1>();
    }
  }
  template <size_t... K>
  static constexpr bool LooksAtContext(std::index_sequence<K...>) {
    return (kLooksAtContext<Op<kBegin + K>> || ...);
  }
  static constexpr bool kLoopMayDrop = MayDropBefore<kEnd>();
  static constexpr bool kEndDecides = kDecides<Op<kEnd - 1>>;
  // The others, which make or change rows.
  static constexpr size_t kStepsEnd = kEndDecides ? kEnd - 1 : kEnd;
  static_assert(!kEndDecides || !MayDropBefore<kEnd - 1>());
  static constexpr bool kNeedsContext = LooksAtContext(std::make_index_sequence<kOps>());

  // One run over a batch. `taken`: of rows that may have been dropped, how many each operator has been given;
  // at the end, those passed on.
  template <typename OpNode>
  struct Pass {
    Ops& ops;
    std::vector<OpNode>& nodes;
    Lane& lane;
    Frame& frame;
    std::array<size_t, kOps + 1> taken{};
  };

  // Calls step(row), which says whether the row is passed on, for each row; returns those that are. The
  // row that it makes stands in `out`.
  template <typename P, typename R, typename F>
  const Selection& ForEach(P& pass, const Rows<R>& rows, Selection& selection, const Output* out, F&& step) {
    const auto at = [&](size_t row) -> bool {
      if constexpr (kNeedsContext) pass.lane.context().At(pass.frame, row);
      const bool is_passed = step(row);
      if constexpr (kEndDecides) return std::get<kEnd - 1>(pass.ops).Keeps(out[row], pass.lane.context());
      return is_passed;
    };
    const Selection* kept = &rows.selection();
    const size_t all = rows.size();
    if constexpr (kLoopMayDrop) {
      selection.Keep(rows.selection(), at);
      pass.taken[kOps] = selection.size();
      kept = &selection;
    } else {
      rows.selection().ForEachListed(at);
    }
    CountAll(pass, all, std::make_index_sequence<kOps>());
    return *kept;
  }

  template <typename P, size_t... K>
  void CountAll(P& pass, size_t all, std::index_sequence<K...>) {
    const auto taken = [&]<size_t I>() { return MayDropBefore<kBegin + I>() ? pass.taken[I] : all; };
    (pass.nodes[kBegin + K].counters().in.Add(taken.template operator()<K>()), ...);
    (pass.nodes[kBegin + K].counters().out.Add(taken.template operator()<K + 1>()), ...);
  }

  // Sends the record to the dead letters if operator `k` refuses it.
  template <typename P>
  bool Accept(P& pass, size_t k, size_t row, absl::Status&& status) {
    if (status.ok()) [[likely]] return true;
    pass.lane.Refuse(pass.nodes[k], pass.frame, row, std::move(status));
    return false;
  }

  template <size_t K, typename P>
  void CountTaken(P& pass) {
    if constexpr (MayDropBefore<K>()) ++pass.taken[K - kBegin];
  }

  // Operators from K on, which all leave the row where it is; whether it is passed on.
  template <size_t K, typename P, typename R>
  bool StepInPlace(P& pass, R& row, size_t at) {
    if constexpr (K == kStepsEnd) {
      return true;
    } else {
      CountTaken<K>(pass);
      auto& op = std::get<K>(pass.ops);
      if constexpr (kChangesRow<Op<K>>) {
        return Accept(pass, K, at, op.Change(row, pass.lane.context())) &&
               StepInPlace<K + 1>(pass, row, at);
      } else if constexpr (kChecks<Op<K>>) {
        return Accept(pass, K, at, op.Check(std::as_const(row), pass.lane.context())) &&
               StepInPlace<K + 1>(pass, row, at);
      } else {
        bool is_passed = false;
        absl::Status status = op.Process(std::as_const(row), pass.lane.context(), [&](const auto&) {
          is_passed = StepInPlace<K + 1>(pass, row, at);
        });
        return Accept(pass, K, at, std::move(status)) && is_passed;
      }
    }
  }

  // Operators from K on; what the last one makes goes to `out`.
  template <size_t K, typename P, typename R>
  bool Step(P& pass, R&& row, Output& out, size_t at) {
    if constexpr (K == kStepsEnd) {
      out = std::forward<R>(row);
      return true;
    } else {
      CountTaken<K>(pass);
      if constexpr (kMakesEach<Op<K>>) {
        auto& op = std::get<K>(pass.ops);
        using Made = decltype(op.Make(row, pass.lane.context()));
        if constexpr (K + 1 == kStepsEnd && std::is_same_v<Made, Output> && std::is_trivially_destructible_v<Output>) {
          // Made where it stays: a temporary would go through the stack.
          ::new (static_cast<void*>(&out)) Output(op.Make(row, pass.lane.context()));
          return true;
        }
        return Step<K + 1>(pass, op.Make(row, pass.lane.context()), out, at);
      }
      bool is_passed = false;
      // What an operator of this loop has made is the next one's to take.
      absl::Status status = std::get<K>(pass.ops).Process(
          std::forward<R>(row), pass.lane.context(), [&](auto&& made) {
            is_passed = Step<K + 1>(pass, std::forward<decltype(made)>(made), out, at);
          });
      return Accept(pass, K, at, std::move(status)) && is_passed;
    }
  }

  std::vector<Output> built_;
};

}  // namespace rtstream::internal
