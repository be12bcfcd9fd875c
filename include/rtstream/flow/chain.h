#pragma once

#include <cstddef>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include "rtstream/op/link.h"

namespace rtstream::internal {

template <typename Op>
concept FusableOp = requires { Op::kKeepsRow; };

// Longest run of record operators in one loop: compile time grows faster than their number.
inline constexpr size_t kLongestSegment = 10;

// Where the segment begins that ends before operator kEnd.
template <size_t kEnd, typename... Ops>
consteval size_t SegmentBegin() {
  constexpr bool kFusable[] = {FusableOp<Ops>...};
  size_t begin = kEnd;
  while (begin > 0 && kFusable[begin - 1] && kEnd - begin < kLongestSegment) --begin;
  return begin;
}

template <size_t kBegin, typename Tail, typename... Ops, size_t... I>
auto MakeSegment(std::tuple<Ops...>& ops, Tail tail, std::index_sequence<I...>) {
  using Tuple = std::tuple<Ops...>;
  using Seg = Segment<Tail, std::tuple_element_t<kBegin + I, Tuple>...>;
  return Seg({std::move(std::get<kBegin + I>(ops))...}, std::move(tail));
}

// The first kCount operators and then the tail, as one chain.
template <size_t kCount, typename Tail, typename... Ops>
auto MakeChain(std::tuple<Ops...>& ops, Tail tail) {
  if constexpr (kCount == 0) {
    return tail;
  } else {
    using Op = std::tuple_element_t<kCount - 1, std::tuple<Ops...>>;
    if constexpr (FusableOp<Op>) {
      constexpr size_t kBegin = SegmentBegin<kCount, Ops...>();
      return MakeChain<kBegin>(
          ops, MakeSegment<kBegin>(ops, std::move(tail),
                                   std::make_index_sequence<kCount - kBegin>()));
    } else if constexpr (requires { Op::kIsBoundary; }) {
      return MakeChain<kCount - 1>(ops, std::get<kCount - 1>(ops).Erase(std::move(tail)));
    } else {
      return MakeChain<kCount - 1>(
          ops, OpLink<Op, Tail>(std::move(std::get<kCount - 1>(ops)), std::move(tail)));
    }
  }
}

}  // namespace rtstream::internal
