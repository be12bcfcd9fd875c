#pragma once

#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "rtstream/op/stage.h"

namespace rtstream {
namespace internal {

template <typename F, typename In>
struct MapOp {
  using Input = In;
  using Result = std::remove_cvref_t<RecordResult<F, In>>;
  using Output = typename UnwrapStatusOr<Result>::type;
  static constexpr bool kMayRefuse = UnwrapStatusOr<Result>::kMayFail;
  static constexpr bool kKeepsRow = false;

  std::string name;
  F fn;

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
  auto Bind() && {
    return MapOp<F, In>{std::move(name), std::move(fn)};
  }
};

}  // namespace internal

// Makes one record of each record.
//
//   | rt::Map("to_sale", [](const Row& row) -> absl::StatusOr<Sale> {...})
//
// Takes    the type that `fn` names as its parameter; `fn` may take a Context& as well.
// Emits    what `fn` returns; StatusOr<T> emits T.
// State    none. Watermark: passes.
// Refuses  when `fn` returns an error status, with that status.
template <typename F>
internal::MapStage<F> Map(std::string name, F fn) {
  return {std::move(name), std::move(fn)};
}

}  // namespace rtstream
