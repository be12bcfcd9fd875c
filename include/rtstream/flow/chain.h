#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include "rtstream/op/link.h"
#include "rtstream/op/segment.h"

namespace rtstream::internal {

template <typename Op>
concept FusableOp = requires { Op::kKeepsRow; };

// Longest run of record operators in one loop: compile time grows faster than their number.
inline constexpr size_t kLongestSegment = 10;

// The operators of a flow that is being composed, the last one first. On the heap, so that what the
// compiler has to do for one more operator does not grow with their number.
struct NoOps {};
template <typename BeforeList, typename LastOp>
struct OpList {
  using Before = BeforeList;
  using Op = LastOp;
  OpList(std::unique_ptr<Before> list, Op last) : before(std::move(list)), op(std::move(last)) {}
  std::unique_ptr<Before> before;
  Op op;
};

// How many operators at the list's end make one segment.
template <typename List>
consteval size_t SegmentLength(size_t longest = kLongestSegment) {
  if constexpr (requires { requires FusableOp<typename List::Op>; }) {
    return longest == 0 ? 0 : 1 + SegmentLength<typename List::Before>(longest - 1);
  } else {
    return 0;
  }
}

// The list without its last kCount operators.
template <size_t kCount, typename List>
auto& Without(List& list) {
  if constexpr (kCount == 0) {
    return list;
  } else {
    return Without<kCount - 1>(*list.before);
  }
}

template <typename List, typename Tail, size_t... I>
auto MakeSegment(List& list, Tail tail, std::index_sequence<I...>) {
  constexpr size_t kLast = sizeof...(I) - 1;
  return Segment<Tail, typename std::remove_reference_t<decltype(Without<kLast - I>(list))>::Op...>(
      {std::move(Without<kLast - I>(list).op)...}, std::move(tail));
}

// The list's operators and then the tail, as one chain.
template <typename List, typename Tail>
auto MakeChain(List& list, Tail tail) {
  if constexpr (std::is_same_v<List, NoOps>) {
    return tail;
  } else if constexpr (constexpr size_t kLength = SegmentLength<List>(); kLength > 0) {
    return MakeChain(Without<kLength>(list), MakeSegment(list, std::move(tail),
                                                         std::make_index_sequence<kLength>()));
  } else {
    return MakeChain(*list.before,
                     OpLink<typename List::Op, Tail>(std::move(list.op), std::move(tail)));
  }
}

}  // namespace rtstream::internal
