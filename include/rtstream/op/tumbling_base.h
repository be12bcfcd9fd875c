#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/base/text.h"
#include "rtstream/op/aggregated.h"
#include "rtstream/op/link.h"
#include "rtstream/op/side_output.h"
#include "rtstream/op/stage.h"
#include "rtstream/op/window.h"

namespace rtstream::internal {

// What aggregates over tumbling windows have in common, wherever they keep their sums.
template <typename KeyF, typename F, typename In, typename Side>
struct TumblingBase {
  static constexpr std::string_view kKind = "Aggregate";
  static constexpr std::string_view kStateKind = "Aggregate with Tumbling";
  static constexpr bool kReadsEventTime = true;
  using Input = In;
  using K = std::remove_cvref_t<std::invoke_result_t<const KeyF&, const In&>>;
  using Acc = FirstArgOf<F>;
  using Output = Aggregated<K, Acc>;
  static constexpr bool kHasLateExit = !std::is_same_v<Side, NoSideOutput>;
  static constexpr bool kMayRefuse = !kHasLateExit || Side::kMayRefuse;

  std::string name;
  KeyF key;
  F add;
  Tumbling window;
  Side late;
  Selection late_rows{};

  std::string Options() const {
    std::string lateness = ShortDuration(window.allowed_lateness);
    return Concat("tumbling ", ShortDuration(window.size),
                  window.allowed_lateness > Duration{0} ? Concat(", lateness ", lateness) : "");
  }
  absl::Status Start(Lane&) {
    if (window.size <= Duration{0} || window.allowed_lateness < Duration{0}) {
      return absl::InvalidArgumentError(
          Concat("operator '", name, "': want a window above 0 and a lateness of at least 0, got ",
                       window.size.count(), " us and ", window.allowed_lateness.count(), " us"));
    }
    return absl::OkStatus();
  }
  void Collect(std::vector<Node*>& nodes) { CollectBranch(late, nodes, "late"); }

  // The i-th row comes after its window was closed.
  template <typename Next>
  void Late(const Rows<In>& in, size_t i, Emitter<Next>& emit) {
    if constexpr (kHasLateExit) {
      late_rows.Add(in.row(i));
    } else {
      emit.Refuse(in.frame(), in.row(i),
                  absl::OutOfRangeError(Concat(
                      "late record: its window is closed, event time is ",
                      SaturatingDifference(in.watermark(i), in.event_time(i)).count() / 1000,
                      " ms behind the watermark")));
    }
  }
  // Passes the late rows of a batch on.
  template <typename Next>
  absl::Status PassLate(const Rows<In>& in, Emitter<Next>& emit) {
    if (late_rows.empty()) return absl::OkStatus();
    emit.node().counters().side.Add(late_rows.size());
    return late.Process(emit.lane(), in.Narrowed(late_rows));
  }

  // Says when the results of a window happen, in a frame that has their rows.
  void SetTimes(const Window& w, Frame& frame) const {
    // The last watermark at which the window was open, wherever batches were cut.
    frame.SetTimes(w.end - Duration{1}, SaturatingAdd(w.end, window.allowed_lateness) - Duration{1});
  }
};

}  // namespace rtstream::internal
