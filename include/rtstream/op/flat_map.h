#pragma once

#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "rtstream/op/expand.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/op/link.h"
#include "rtstream/op/stage.h"

namespace rtstream {
namespace internal {

template <typename F, typename In>
struct FlatMapOp {
  static constexpr std::string_view kKind = "FlatMap";
  using Input = In;
  using Result = std::remove_cvref_t<RecordResult<F, In>>;
  using Range = typename UnwrapStatusOr<Result>::type;
  using Output = std::remove_cvref_t<decltype(*std::begin(std::declval<Range&>()))>;
  static constexpr bool kMayRefuse = UnwrapStatusOr<Result>::kMayFail;
  static constexpr bool kExpands = true;

  std::string name;
  F fn;
  ExpandedRows<Output> rows;

  template <typename Next>
  absl::Status Process(const Rows<In>& in, Emitter<Next>& emit) {
    Context& ctx = emit.lane().context();
    rows.Begin(in.frame());
    for (size_t i = 0; i < in.size(); ++i) {
      const size_t row = in.row(i);
      ctx.At(in.frame(), row);
      Result result = InvokeRecord(fn, in[i], ctx);
      if constexpr (kMayRefuse) {
        if (!result.ok()) [[unlikely]] {
          emit.Refuse(in.frame(), row, std::move(result).status());
          continue;
        }
        RTSTREAM_RETURN_IF_ERROR(AppendAll(*result, row, emit));
      } else {
        RTSTREAM_RETURN_IF_ERROR(AppendAll(result, row, emit));
      }
    }
    return rows.Flush(emit);
  }

 private:
  template <typename Next>
  absl::Status AppendAll(Range& range, size_t row, Emitter<Next>& emit) {
    for (auto&& out : range) {
      if (rows.is_full()) RTSTREAM_RETURN_IF_ERROR(rows.Flush(emit));
      rows.Append(std::move(out), row);
    }
    return absl::OkStatus();
  }
};

template <typename F>
struct FlatMapStage : RecordStage<F> {
  std::string name;
  F fn;
  FlatMapStage(std::string n, F f) : name(std::move(n)), fn(std::move(f)) {}
  template <typename In>
  auto Bind() && {
    return FlatMapOp<F, In>{std::move(name), std::move(fn), {}};
  }
};

}  // namespace internal

// Makes any number of records of each record: the elements of the range that `fn` returns, in order.
//
//   | rt::FlatMap("split", [](const std::string& line) -> std::vector<std::string> {...})
//
// Takes    the type that `fn` names; `fn` may take a Context& as well.
// Emits    the range's elements; StatusOr<range> is fine. They carry the record's position and times.
// State    none. Watermark: passes.
// Refuses  when `fn` returns an error status, with that status.
//
// A record that is refused behind a FlatMap goes to the dead letters as the whole record that it came
// from, and does not give back what Dedup claimed for it.
template <typename F>
internal::FlatMapStage<F> FlatMap(std::string name, F fn) {
  return {std::move(name), std::move(fn)};
}

}  // namespace rtstream
