#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/op/expand.h"
#include "rtstream/op/link.h"
#include "rtstream/op/operator.h"
#include "rtstream/op/stage.h"
#include "rtstream/op/user_state.h"

namespace rtstream {
namespace internal {

// A user's operator that emits at most one record for each: one more of a fused segment.
template <typename User>
struct FusedUserOp {
  static constexpr std::string_view kKind = "Apply";
  using Input = typename User::Input;
  using Output = typename User::Output;
  static constexpr bool kMayRefuse = true;
  static constexpr bool kKeepsRow = false;
  std::string name;
  User user;

  // What it emits waits until it is known to be right: a row of a segment has no place for two.
  template <typename Emit>
  absl::Status Process(const Input& in, Context& ctx, Emit&& emit) {
    std::optional<Output> result;
    bool is_single = true;
    RTSTREAM_RETURN_IF_ERROR(user.Process(in, ctx, [&](Output out) {
      is_single = !result.has_value();
      result = std::move(out);
    }));
    if (!is_single) {
      return absl::InternalError("the operator says that it emits at most one record, and emits more");
    }
    if (result.has_value()) emit(*std::move(result));
    return absl::OkStatus();
  }
};

// A user's operator called for every record, with any number of results.
template <typename User>
struct RecordUserOp {
  static constexpr std::string_view kKind = "Apply";
  using Input = typename User::Input;
  using Output = typename User::Output;
  static constexpr bool kMayRefuse = true;
  static constexpr bool kExpands = true;
  static constexpr bool kStateByHand = HasHooks<User>;
  static constexpr bool kEmitsAtWill = HasOnWatermark<User>;
  std::string name;
  User user;
  ExpandedRows<Output> rows{};
  Frame timer_frame{};

  template <typename Next>
  absl::Status Process(const Rows<Input>& in, Emitter<Next>& emit) {
    Context& ctx = emit.lane().context();
    rows.Begin(in.frame());
    absl::Status downstream;
    for (size_t i = 0; i < in.size(); ++i) {
      const size_t row = in.row(i);
      ctx.At(in.frame(), row);
      absl::Status status = user.Process(in[i], ctx, [&](Output out) {
        if (rows.is_full() && downstream.ok()) {
          downstream = rows.Flush(emit);
          ctx.At(in.frame(), row);
        }
        if (downstream.ok()) rows.Append(std::move(out), row);
      });
      RTSTREAM_RETURN_IF_ERROR(downstream);
      if (!status.ok()) [[unlikely]] emit.Refuse(in.frame(), row, std::move(status));
    }
    return rows.Flush(emit);
  }

  template <typename Next>
  absl::Status OnWatermark(Emitter<Next>& emit)
    requires HasOnWatermark<User>
  {
    timer_frame.Clear();
    timer_frame.AppendSame(1);
    timer_frame.SetTimes(emit.lane().watermark(), emit.lane().watermark_before());
    emit.lane().context().Leave();
    rows.Begin(timer_frame);
    absl::Status downstream;
    absl::Status status = user.OnWatermark(emit.lane().watermark(), [&](Output out) {
      if (rows.is_full() && downstream.ok()) downstream = rows.Flush(emit);
      if (downstream.ok()) rows.Append(std::move(out), 0);
    });
    RTSTREAM_RETURN_IF_ERROR(downstream);
    RTSTREAM_RETURN_IF_ERROR(status);
    return rows.Flush(emit);
  }

  void Attach(const StateHost& host) { AttachUser(user, host); }
  absl::Status Start(Lane&) { return CheckUser(name, user); }
  absl::Status Checkpoint(CheckpointWriter& out)
    requires kUserHasState<User>
  {
    return CheckpointUser(user, out);
  }
  absl::Status Restore(const CheckpointReader& in) { return RestoreUser(user, in); }
};

// A user's operator called for every batch.
template <typename User>
struct BatchUserOp {
  static constexpr std::string_view kKind = "Apply";
  using Input = typename User::Input;
  using Output = typename User::Output;
  static constexpr bool kMayRefuse = true;
  static constexpr bool kStateByHand = HasHooks<User>;
  std::string name;
  User user;
  enum class Verdict : uint8_t { kNone, kEmitted, kRefused };
  std::vector<Output> built{};
  std::vector<Verdict> verdicts{};
  std::vector<std::pair<size_t, absl::Status>> reasons{};
  Selection selection{};

  template <typename Next>
  absl::Status Process(const Rows<Input>& in, Emitter<Next>& emit) {
    if (built.size() < in.frame().size()) built.resize(in.frame().size());
    Results results(*this, in);
    Context& ctx = emit.lane().context();
    RTSTREAM_RETURN_IF_ERROR(emit.lane().Retry([&] {
      // What a call that failed has said is forgotten.
      verdicts.assign(in.size(), Verdict::kNone);
      reasons.clear();
      ctx.Leave();
      return user.ProcessBatch(in, ctx, results);
    }));
    selection.Clear();
    for (size_t i = 0; i < in.size(); ++i) {
      if (verdicts[i] == Verdict::kEmitted) selection.Add(in.row(i));
    }
    for (auto& [i, reason] : reasons) {
      if (verdicts[i] != Verdict::kRefused) continue;
      verdicts[i] = Verdict::kNone;
      emit.Refuse(in.frame(), in.row(i), std::move(reason));
    }
    return emit.Push(Rows<Output>(built.data(), in.frame(), selection));
  }
  void Attach(const StateHost& host) { AttachUser(user, host); }
  absl::Status Start(Lane&) { return CheckUser(name, user); }
  absl::Status Checkpoint(CheckpointWriter& out)
    requires kUserHasState<User>
  {
    return CheckpointUser(user, out);
  }
  absl::Status Restore(const CheckpointReader& in) { return RestoreUser(user, in); }

 private:
  class Results final : public BatchResults<Output> {
   public:
    Results(BatchUserOp& op, const Rows<Input>& in) : op_(&op), in_(&in) {}
    void Emit(size_t i, Output out) override {
      op_->built[in_->row(i)] = std::move(out);
      op_->verdicts[i] = Verdict::kEmitted;
    }
    void Refuse(size_t i, absl::Status reason) override {
      op_->verdicts[i] = Verdict::kRefused;
      op_->reasons.emplace_back(i, std::move(reason));
    }

   private:
    BatchUserOp* op_;
    const Rows<Input>* in_;
  };
};

template <typename User>
struct ApplyStage : StageTag {
  template <typename>
  using Expected = typename User::Input;
  template <typename In>
  static constexpr bool kAccepts = std::is_same_v<In, typename User::Input>;
  std::string name;
  User user;
  ApplyStage(std::string n, User u) : name(std::move(n)), user(std::move(u)) {}
  template <typename In>
  auto Bind() && {
    if constexpr (BatchOperator<User>) {
      return BatchUserOp<User>{std::move(name), std::move(user)};
    } else if constexpr (requires { requires User::kEmitsAtMostOne; } && !kUserHasState<User> &&
                         !HasOnWatermark<User>) {
      return FusedUserOp<User>{std::move(name), std::move(user)};
    } else {
      return RecordUserOp<User>{std::move(name), std::move(user)};
    }
  }
};

}  // namespace internal

// Puts an operator of one's own into a flow; see RecordOperator and BatchOperator for what it is.
template <typename User>
  requires RecordOperator<User> || BatchOperator<User>
internal::ApplyStage<User> Apply(std::string name, User user) {
  static_assert(internal::kKeepsItsState<User>,
                "rtstream: an operator whose Process is not const must keep its state in KeyedState "
                "(States) or have OnCheckpoint and OnRestore: a plain member is lost in a crash");
  static_assert(!(BatchOperator<User> && internal::HasOnWatermark<User>),
                "rtstream: a batch operator (ProcessBatch) must not have OnWatermark: it would never be "
                "called");
  return {std::move(name), std::move(user)};
}

}  // namespace rtstream
