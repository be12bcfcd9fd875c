#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "rtstream/op/stage.h"

namespace rtstream {
namespace internal {

template <typename F, typename In>
struct FilterOp {
  using Input = In;
  using Output = In;
  static constexpr bool kMayRefuse = false;
  static constexpr bool kKeepsRow = true;

  std::string name;
  F fn;

  template <typename Emit>
  absl::Status Process(const In& in, Context& ctx, Emit&& emit) const {
    if (InvokeRecord(fn, in, ctx)) emit(in);
    return absl::OkStatus();
  }
};

template <typename F>
struct FilterStage : RecordStage<F> {
  std::string name;
  F fn;
  FilterStage(std::string n, F f) : name(std::move(n)), fn(std::move(f)) {}
  template <typename In>
  auto Bind() && {
    return FilterOp<F, In>{std::move(name), std::move(fn)};
  }
};

}  // namespace internal

// Passes on the records for which `fn` is true. The others are gone: count on the counters, or use
// Route to keep them.
//
//   | rt::Filter("big", [](const Order& o) { return o.units > 100; })
//
// Takes    the type that `fn` names; `fn` may take a Context& as well.
// Emits    the same record.
// State    none. Watermark: passes.
// Refuses  never.
template <typename F>
internal::FilterStage<F> Filter(std::string name, F fn) {
  return {std::move(name), std::move(fn)};
}

}  // namespace rtstream
