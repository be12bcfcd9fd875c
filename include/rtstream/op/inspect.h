#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "rtstream/op/stage.h"

namespace rtstream {
namespace internal {

template <typename F, typename In>
struct InspectOp {
  static constexpr std::string_view kKind = "Inspect";
  using Input = In;
  using Output = In;
  static constexpr bool kMayRefuse = false;
  static constexpr bool kKeepsRow = true;
  static constexpr bool kEmitsEach = true;
  static constexpr bool kUsesContext = kTakesContext<F, In>;

  std::string name;
  F fn;

  template <typename Emit>
  absl::Status Process(const In& in, Context& ctx, Emit&& emit) const {
    InvokeRecord(fn, in, ctx);
    emit(in);
    return absl::OkStatus();
  }
};

template <typename F>
struct InspectStage : RecordStage<F> {
  std::string name;
  F fn;
  InspectStage(std::string n, F f) : name(std::move(n)), fn(std::move(f)) {}
  template <typename In>
  auto Bind() && {
    return InspectOp<F, In>{std::move(name), std::move(fn)};
  }
};

}  // namespace internal

// Shows each record to `fn` and passes it on unchanged. For logging and debugging: what `fn` does is
// not part of any commit and happens again when records are replayed.
//
// Takes    the type that `fn` names; `fn` may take a Context& as well.
// Emits    the same record.
// State    none. Watermark: passes.
// Refuses  never.
template <typename F>
internal::InspectStage<F> Inspect(std::string name, F fn) {
  return {std::move(name), std::move(fn)};
}

}  // namespace rtstream
