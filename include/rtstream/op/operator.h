#pragma once

#include <concepts>
#include <tuple>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "rtstream/base/time.h"
#include "rtstream/core/batch.h"
#include "rtstream/core/context.h"
#include "rtstream/state/checkpoint.h"

namespace rtstream {

namespace internal {
// Stands for the emit function when an operator is looked at and not run.
template <typename T>
struct ProbeEmit {
  void operator()(T) const {}
};
}  // namespace internal

// An operator of one's own, called for every record:
//
//   struct OnlyChanges {
//     using Input = Reading;
//     using Output = Reading;
//     rt::KeyedState<int64_t, double> last{"last"};
//     auto States() { return std::tie(last); }
//     template <typename Emit>
//     absl::Status Process(const Reading& r, rt::Context&, Emit&& emit) {
//       const double* before = last.Get(r.sensor);
//       if (before != nullptr && *before == r.value) return absl::OkStatus();
//       last.Put(r.sensor, r.value);
//       emit(r);
//       return absl::OkStatus();
//     }
//   };
//   ... | rt::Apply("only_changes", OnlyChanges{})
//
// Process emits any number of records and returns OK, or emits none and returns why the record is
// refused. Deterministic in (state, record, context): it is called again when records are replayed.
// Optional members:
//   static constexpr bool kEmitsAtMostOne = true;        fused with its neighbours, if it has none of
//                                                        the members below
//   absl::Status OnWatermark(Time watermark, Emit&&)     event time is complete up to here
//   auto States()                                        a tuple of references to its KeyedStates
//   absl::Status OnCheckpoint(CheckpointWriter&) const,  other state: stored and read back by hand
//   absl::Status OnRestore(const CheckpointReader&)
template <typename Op>
concept RecordOperator =
    std::movable<Op> && requires {
      typename Op::Input;
      typename Op::Output;
    } && requires(Op op, const typename Op::Input& in, Context& ctx,
                  internal::ProbeEmit<typename Op::Output> emit) {
      { op.Process(in, ctx, emit) } -> std::same_as<absl::Status>;
    };

// What a batch operator gives its results to: at most one for each of the rows it was given. The last
// word on a row counts.
template <typename Out>
class BatchResults {
 public:
  // The result for the i-th row.
  virtual void Emit(size_t i, Out out) = 0;
  // Sends the i-th row's record to the dead letters.
  virtual void Refuse(size_t i, absl::Status reason) = 0;

 protected:
  ~BatchResults() = default;
};

// An operator of one's own, called once for every batch: for look-ups and other I/O that wants many
// keys at a time. An error status is a failed plug-in: what the call gave is forgotten, and it is
// repeated, with backoff, if the error is transient; else the run ends.
//
//   absl::Status ProcessBatch(const rt::Rows<In>& rows, rt::Context&, rt::BatchResults<Out>& results);
//
// A repeated call gets the same rows, and only the results are forgotten: what the failed call did to
// the operator's own state stays and would be done twice. So ask, send and check first, and change state
// only when nothing can fail any more.
// It may have States(), or OnCheckpoint and OnRestore, like a record operator; OnWatermark it may not.
template <typename Op>
concept BatchOperator =
    std::movable<Op> && requires {
      typename Op::Input;
      typename Op::Output;
    } && requires(Op op, const Rows<typename Op::Input>& in, Context& ctx,
                  BatchResults<typename Op::Output>& results) {
      { op.ProcessBatch(in, ctx, results) } -> std::same_as<absl::Status>;
    };

namespace internal {

template <typename Op>
concept HasStates = requires(Op op) { op.States(); };

template <typename Op>
concept HasOnWatermark = requires(Op op) { op.OnWatermark(Time{}, ProbeEmit<typename Op::Output>{}); };

template <typename Op>
concept HasHooks = requires(const Op op, Op mutable_op, CheckpointWriter& out,
                            const CheckpointReader& in) {
  { op.OnCheckpoint(out) } -> std::same_as<absl::Status>;
  { mutable_op.OnRestore(in) } -> std::same_as<absl::Status>;
};

template <typename Op>
concept HasConstProcess =
    requires(const Op op, const typename Op::Input& in, Context& ctx,
             ProbeEmit<typename Op::Output> emit) { op.Process(in, ctx, emit); } ||
    requires(const Op op, const Rows<typename Op::Input>& in, Context& ctx,
             BatchResults<typename Op::Output>& results) { op.ProcessBatch(in, ctx, results); };

// An operator that can change while it runs has state, and state must be in the commits.
template <typename Op>
inline constexpr bool kKeepsItsState = HasConstProcess<Op> || HasStates<Op> || HasHooks<Op>;

}  // namespace internal
}  // namespace rtstream
