#pragma once

#include <concepts>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rtstream/core/context.h"

namespace rtstream {

// What every operator and sink factory returns derives from this: it is how `|` knows its right side.
// A stage is an open value that is bound to the type of the records that reach it:
//
//   template <typename In> using Expected = ...;             the type it wants, for the message
//   template <typename In> static constexpr bool kAccepts;   whether it takes In
//   template <typename In> auto Bind() &&;                   the operator for In
struct StageTag {};

template <typename S>
concept Stage = std::derived_from<S, StageTag>;

namespace internal {

// Stands in messages for the parameter of a generic function.
struct AnythingInvocable;

template <typename F>
struct FirstArg {
  using type = AnythingInvocable;
};
template <typename R, typename A, typename... B>
struct FirstArg<R (*)(A, B...)> {
  using type = std::remove_cvref_t<A>;
};
template <typename C, typename R, typename A, typename... B>
struct FirstArg<R (C::*)(A, B...)> {
  using type = std::remove_cvref_t<A>;
};
template <typename C, typename R, typename A, typename... B>
struct FirstArg<R (C::*)(A, B...) const> {
  using type = std::remove_cvref_t<A>;
};
template <typename C, typename R>
struct FirstArg<R C::*> {
  using type = C;
};
template <typename F>
  requires requires { &F::operator(); }
struct FirstArg<F> : FirstArg<decltype(&F::operator())> {};
template <typename F>
using FirstArgOf = typename FirstArg<std::decay_t<F>>::type;

// The second parameter: the record, in functions that take an accumulator or an item first.
template <typename F>
struct SecondArg {
  using type = AnythingInvocable;
};
template <typename R, typename A, typename B, typename... C>
struct SecondArg<R (*)(A, B, C...)> {
  using type = std::remove_cvref_t<B>;
};
template <typename T, typename R, typename A, typename B, typename... C>
struct SecondArg<R (T::*)(A, B, C...)> {
  using type = std::remove_cvref_t<B>;
};
template <typename T, typename R, typename A, typename B, typename... C>
struct SecondArg<R (T::*)(A, B, C...) const> {
  using type = std::remove_cvref_t<B>;
};
template <typename F>
  requires requires { &F::operator(); }
struct SecondArg<F> : SecondArg<decltype(&F::operator())> {};
template <typename F>
using SecondArgOf = typename SecondArg<std::decay_t<F>>::type;

// A record function takes the record, or the record and the context.
template <typename F, typename In>
inline constexpr bool kTakesRecord =
    std::is_invocable_v<const F&, const In&> || std::is_invocable_v<const F&, const In&, Context&>;

template <typename F, typename In>
inline constexpr bool kTakesContext = std::is_invocable_v<const F&, const In&, Context&>;

// A function as a loop over rows has it: a small one as a copy, which stays in registers.
template <typename F>
using InLoop = std::conditional_t<std::is_trivially_copyable_v<F> && sizeof(F) <= 32, const F, const F&>;

template <typename F, typename In>
decltype(auto) InvokeRecord(const F& fn, const In& in, Context& ctx) {
  if constexpr (kTakesContext<F, In>) {
    return std::invoke(fn, in, ctx);
  } else {
    return std::invoke(fn, in);
  }
}
template <typename F, typename In>
using RecordResult = decltype(InvokeRecord(std::declval<const F&>(), std::declval<const In&>(),
                                           std::declval<Context&>()));

// A function that changes the record in place returns nothing, or a status that refuses the record if it
// is not OK.
template <typename R>
inline constexpr bool kIsInPlaceResult = std::is_void_v<R> || std::is_same_v<R, absl::Status>;

template <typename F, typename... Args>
absl::Status InvokeInPlace(const F& fn, Args&&... args) {
  if constexpr (std::is_void_v<std::invoke_result_t<const F&, Args...>>) {
    std::invoke(fn, std::forward<Args>(args)...);
    return absl::OkStatus();
  } else {
    return std::invoke(fn, std::forward<Args>(args)...);
  }
}

template <typename T>
struct UnwrapStatusOr {
  using type = T;
  static constexpr bool kMayFail = false;
};
template <typename T>
struct UnwrapStatusOr<absl::StatusOr<T>> {
  using type = T;
  static constexpr bool kMayFail = true;
};

// What a stage with a key function wants, for the message: the key function's type if that is what
// does not take In, else what the other function names.
template <typename KeyF, typename In, typename Other>
using KeyedExpected =
    std::conditional_t<std::is_invocable_v<const KeyF&, const In&>, Other, FirstArgOf<KeyF>>;

// Base of stages whose one function takes the record.
template <typename F>
struct RecordStage : StageTag {
  template <typename>
  using Expected = FirstArgOf<F>;
  template <typename In>
  static constexpr bool kAccepts = kTakesRecord<F, In>;
};

}  // namespace internal
}  // namespace rtstream
