#pragma once

#include <string_view>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "rtstream/op/operator.h"
#include "rtstream/state/checkpoint.h"
#include "rtstream/state/state_host.h"

// What a user's operator keeps, as Apply needs it.

namespace rtstream::internal {

// InvalidArgument: the names of its states would mix up what is stored.
template <typename Op>
absl::Status CheckUser(std::string_view name, Op& op) {
  if constexpr (HasStates<Op>) {
    return std::apply(
        [&](auto&... state) { return CheckStateNames(name, {std::string_view(state.name())...}); },
        op.States());
  }
  return absl::OkStatus();
}

// Stores and reads back what a user's operator keeps.
template <typename Op>
absl::Status CheckpointUser(Op& op, CheckpointWriter& out) {
  if constexpr (HasStates<Op>) {
    absl::Status status;
    std::apply(
        [&](auto&... state) {
          ([&](auto& s) {
            if constexpr (requires { s.CheckKeys(); }) status.Update(s.CheckKeys());
          }(state), ...);
        },
        op.States());
    if (!status.ok()) return status;
    std::apply([&](auto&... state) { (state.Checkpoint(out), ...); }, op.States());
  }
  if constexpr (HasHooks<Op>) return std::as_const(op).OnCheckpoint(out);
  return absl::OkStatus();
}
template <typename Op>
absl::Status RestoreUser(Op& op, const CheckpointReader& in) {
  absl::Status status;
  if constexpr (HasStates<Op>) {
    std::apply([&](auto&... state) { (status.Update(state.Restore(in)), ...); }, op.States());
  }
  if constexpr (HasHooks<Op>) status.Update(op.OnRestore(in));
  return status;
}
template <typename Op>
void AttachUser(Op& op, const StateHost& host) {
  if constexpr (HasStates<Op>) {
    std::apply(
        [&](auto&... state) {
          ([&](auto& s) {
            if constexpr (requires { s.Attach(host); }) s.Attach(host);
          }(state), ...);
        },
        op.States());
  }
}
template <typename Op>
inline constexpr bool kUserHasState = HasStates<Op> || HasHooks<Op>;

}  // namespace rtstream::internal
