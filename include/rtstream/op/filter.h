#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "rtstream/core/batch.h"
#include "rtstream/op/checks.h"
#include "rtstream/op/stage.h"

namespace rtstream {
namespace internal {

template <typename F, typename In>
struct FilterOp {
  static constexpr std::string_view kKind = "Filter";
  using Input = In;
  using Output = In;
  static constexpr bool kMayRefuse = false;
  static constexpr bool kKeepsRow = true;
  static constexpr bool kTakesRows = true;
  static constexpr bool kDecides = true;
  static constexpr bool kUsesContext = kTakesContext<F, In>;

  std::string name;
  F fn;

  Rows<In> Process(const Rows<In>& in, Context& ctx, Selection& kept) const {
    InLoop<F> keeps = fn;
    kept.KeepOfEach([&](auto&& visit) { in.ForEach(visit); },
                    [&](size_t row) -> bool {
                      if constexpr (kUsesContext) ctx.At(in.frame(), row);
                      return InvokeRecord(keeps, in.at_row(row), ctx);
                    });
    return in.Narrowed(kept);
  }
  bool Keeps(const In& row, Context& ctx) const { return InvokeRecord(fn, row, ctx); }
};

template <typename F>
struct FilterStage : RecordStage<F> {
  std::string name;
  F fn;
  template <typename In>
  using Check = FilterReturns<RecordResult<F, In>>;
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
