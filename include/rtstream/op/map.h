#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "rtstream/op/stage.h"

namespace rtstream {
namespace internal {

// Changes the record in place: where an operator of the segment has just made it there is no copy.
template <typename F, typename In>
struct MapInPlaceOp {
  static constexpr std::string_view kKind = "Map";
  using Input = In;
  using Output = In;
  static constexpr bool kUsesContext = std::is_invocable_v<const F&, In&, Context&>;
  using Result = typename std::conditional_t<kUsesContext, std::invoke_result<const F&, In&, Context&>,
                                             std::invoke_result<const F&, In&>>::type;
  static_assert(kIsInPlaceResult<Result>,
                "rtstream: a function that changes the record in place returns nothing or a Status");
  static constexpr bool kMayRefuse = !std::is_void_v<Result>;
  static constexpr bool kKeepsRow = false;
  static constexpr bool kChangesRow = true;
  static constexpr bool kEmitsEach = true;

  std::string name;
  F fn;

  absl::Status Change(In& row, Context& ctx) const {
    if constexpr (kUsesContext) {
      return InvokeInPlace(fn, row, ctx);
    } else {
      return InvokeInPlace(fn, row);
    }
  }

  template <typename Emit>
  absl::Status Process(In&& row, Context& ctx, Emit&& emit) const {
    absl::Status status = Change(row, ctx);
    if (status.ok()) [[likely]] emit(std::move(row));
    return status;
  }
  template <typename Emit>
  absl::Status Process(const In& row, Context& ctx, Emit&& emit) const {
    In copy = row;
    return Process(std::move(copy), ctx, std::forward<Emit>(emit));
  }
};

template <typename F, typename In>
struct MapOp {
  static constexpr std::string_view kKind = "Map";
  using Input = In;
  using Result = std::remove_cvref_t<RecordResult<F, In>>;
  using Output = typename UnwrapStatusOr<Result>::type;
  static constexpr bool kMayRefuse = UnwrapStatusOr<Result>::kMayFail;
  static constexpr bool kKeepsRow = false;
  static constexpr bool kEmitsEach = true;
  static constexpr bool kUsesContext = kTakesContext<F, In>;

  static constexpr bool kMakesEach = !kMayRefuse;

  std::string name;
  F fn;

  decltype(auto) Make(const In& in, Context& ctx) const { return InvokeRecord(fn, in, ctx); }

  template <typename Emit>
  absl::Status Process(const In& in, Context& ctx, Emit&& emit) const {
    if constexpr (kMayRefuse) {
      absl::StatusOr<Output> out = InvokeRecord(fn, in, ctx);
      if (!out.ok()) [[unlikely]] return std::move(out).status();
      emit(*std::move(out));
    } else {
      emit(InvokeRecord(fn, in, ctx));
    }
    return absl::OkStatus();
  }
};

template <typename F>
struct MapStage : RecordStage<F> {
  std::string name;
  F fn;
  MapStage(std::string n, F f) : name(std::move(n)), fn(std::move(f)) {}
  template <typename In>
  static constexpr bool kInPlace = !kTakesRecord<F, In>;
  template <typename In>
  static constexpr bool kAccepts =
      kTakesRecord<F, In> || std::is_invocable_v<const F&, In&> ||
      std::is_invocable_v<const F&, In&, Context&>;
  template <typename In>
  auto Bind() && {
    if constexpr (kInPlace<In>) {
      return MapInPlaceOp<F, In>{std::move(name), std::move(fn)};
    } else {
      return MapOp<F, In>{std::move(name), std::move(fn)};
    }
  }
};

}  // namespace internal

// Makes one record of each record.
//
//   | rt::Map("to_sale", [](const Row& row) -> absl::StatusOr<Sale> {...})
//
//   | rt::Map("stamp", [](Sale& s, rt::Context& ctx) { s.position = ctx.position(); })
//
// Takes    the type that `fn` names as its parameter; `fn` may take a Context& as well.
// Emits    what `fn` returns; StatusOr<T> emits T. A `fn` that takes a T& and returns nothing, or a
//          Status, changes the record where it stands, if no other branch looks at it, else a copy.
// State    none. Watermark: passes.
// Refuses  when `fn` returns an error status, with that status.
template <typename F>
internal::MapStage<F> Map(std::string name, F fn) {
  return {std::move(name), std::move(fn)};
}

}  // namespace rtstream
