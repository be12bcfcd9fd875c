#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "rtstream/op/checks.h"
#include "rtstream/op/stage.h"

namespace rtstream {
namespace internal {

template <typename F, typename In>
struct ValidateOp {
  static constexpr std::string_view kKind = "Validate";
  using Input = In;
  using Output = In;
  static constexpr bool kMayRefuse = true;
  static constexpr bool kKeepsRow = true;
  static constexpr bool kEmitsEach = true;
  static constexpr bool kUsesContext = kTakesContext<F, In>;

  static constexpr bool kChecks = true;

  std::string name;
  F fn;

  absl::Status Check(const In& in, Context& ctx) const { return InvokeRecord(fn, in, ctx); }

  template <typename Emit>
  absl::Status Process(const In& in, Context& ctx, Emit&& emit) const {
    if (absl::Status status = Check(in, ctx); !status.ok()) [[unlikely]] return status;
    emit(in);
    return absl::OkStatus();
  }
};

template <typename F>
struct ValidateStage : RecordStage<F> {
  std::string name;
  F fn;
  template <typename In>
  using Check = ValidateReturns<RecordResult<F, In>>;
  ValidateStage(std::string n, F f) : name(std::move(n)), fn(std::move(f)) {}
  template <typename In>
  auto Bind() && {
    return ValidateOp<F, In>{std::move(name), std::move(fn)};
  }
};

}  // namespace internal

// Passes on the records that `fn` finds right.
//
//   | rt::Validate("validate", [](const Sale& s) {
//       return s.quantity > 0 ? absl::OkStatus() : absl::InvalidArgumentError("quantity: want > 0");
//     })
//
// Takes    the type that `fn` names; `fn` may take a Context& as well and returns absl::Status.
// Emits    the same record.
// State    none. Watermark: passes.
// Refuses  when `fn` returns an error status, with that status.
template <typename F>
internal::ValidateStage<F> Validate(std::string name, F fn) {
  return {std::move(name), std::move(fn)};
}

}  // namespace rtstream
