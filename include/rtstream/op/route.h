#pragma once

#include <array>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/base/text.h"
#include "rtstream/op/lane.h"
#include "rtstream/op/link.h"
#include "rtstream/op/side_output.h"
#include "rtstream/op/stage.h"
#include "rtstream/op/to.h"

namespace rtstream {
namespace internal {

template <typename T, typename F, typename... Chains>
class RouteChain final : public Node {
 public:
  using Input = T;
  static constexpr size_t kWays = sizeof...(Chains);
  static constexpr bool kIsBool = std::is_same_v<std::invoke_result_t<const F&, const T&>, bool>;
  // A route number that no branch has is refused.
  static constexpr bool kMayRefuse = !kIsBool || (Chains::kMayRefuse || ...);

  RouteChain(std::string name, F fn, std::tuple<Chains...> branches)
      : Node(std::move(name), {"Route", TypeName<T>(), sizeof(T)}), fn_(std::move(fn)), branches_(std::move(branches)) {}

  absl::Status Process(Lane& lane, const Rows<T>& rows) {
    lane.Enter(this);
    counters().in.Add(rows.size());
    for (Selection& s : ways_) s.Clear();
    uint64_t refused = 0;
    for (size_t i = 0; i < rows.size(); ++i) {
      const size_t way = WayOf(std::invoke(fn_, rows[i]));
      if (way < kWays) [[likely]] {
        ways_[way].Add(rows.row(i));
      } else {
        ++refused;
        lane.Refuse(*this, rows.frame(), rows.row(i),
                    absl::InternalError(Concat("route ", way, " does not exist, want below ",
                                                     kWays)));
      }
    }
    counters().out.Add(rows.size() - refused);
    return Send(lane, rows, std::make_index_sequence<kWays>());
  }

  void Collect(std::vector<Node*>& nodes) {
    nodes.push_back(this);
    size_t way = 0;
    std::apply([&](Chains&... chain) { (CollectBranch(chain, nodes, NameOf(way++)), ...); }, branches_);
  }

 private:
  static std::string NameOf(size_t way) {
    if constexpr (kIsBool) return way == 0 ? "true" : "false";
    return Concat(way);
  }
  template <typename R>
  static size_t WayOf(R route) {
    if constexpr (kIsBool) {
      return route ? 0 : 1;
    } else {
      return static_cast<size_t>(route);
    }
  }

  template <size_t... I>
  absl::Status Send(Lane& lane, const Rows<T>& rows, std::index_sequence<I...>) {
    absl::Status status;
    (void)((ways_[I].empty() ||
            (status = std::get<I>(branches_).Process(lane, rows.Narrowed(ways_[I]))).ok()) &&
           ...);
    return status;
  }

  F fn_;
  std::tuple<Chains...> branches_;
  std::array<Selection, kWays> ways_;
};

template <typename T, typename F, typename... Chains>
struct RouteStage : EndStage {
  template <typename In>
  using Expected = std::conditional_t<std::is_same_v<In, T>, FirstArgOf<F>, T>;
  template <typename In>
  static constexpr bool kAccepts = std::is_same_v<In, T> && std::is_invocable_v<const F&, const T&>;
  std::string name;
  F fn;
  std::tuple<Chains...> branches;
  RouteStage(std::string n, F f, std::tuple<Chains...> b)
      : name(std::move(n)), fn(std::move(f)), branches(std::move(b)) {}
  template <typename>
  auto MakeChain() && {
    return RouteChain<T, F, Chains...>(std::move(name), std::move(fn), std::move(branches));
  }
};

}  // namespace internal

// Ends a flow by sending each record down exactly one of several branches: with `fn` returning a bool,
// the first if true and the second if not; with a number or enum, the branch of that number from 0.
//
//   | rt::Route("route", IsHot, rt::Branch<Sale>() | rt::To(hot), rt::Branch<Sale>() | rt::To(cold))
//
// Takes    the branches' common type.
// State    that of the branches. Watermark: goes to every branch.
// Refuses  a record whose number no branch has.
template <typename F, typename T, typename Chain, typename... Chains>
internal::RouteStage<T, F, Chain, Chains...> Route(std::string name, F fn, Terminal<T, Chain> first,
                                                   Terminal<T, Chains>... others) {
  if constexpr (std::is_invocable_v<const F&, const T&>) {
    static_assert(!std::is_same_v<std::invoke_result_t<const F&, const T&>, bool> ||
                      sizeof...(Chains) == 1,
                  "rtstream: a route by a yes or no wants two branches");
  }
  return {std::move(name), std::move(fn),
          std::tuple<Chain, Chains...>(std::move(first.chain), std::move(others.chain)...)};
}

}  // namespace rtstream
