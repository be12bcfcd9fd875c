#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "rtstream/base/text.h"
#include "rtstream/core/batch.h"
#include "rtstream/op/checks.h"
#include "rtstream/op/lane.h"
#include "rtstream/op/stage.h"

namespace rtstream {

// How event times move the watermark.
struct EventTimeOptions {
  // How far behind the largest event time a record may come and still not be late. A larger value
  // keeps windows open longer: results come later and state is larger.
  Duration max_out_of_orderness{0};
  // A partition silent for this long in processing time no longer holds the watermark back; zero:
  // it always does.
  Duration idle_timeout{0};
  // A record this far ahead of processing time does not move the watermark, and is counted
  // (OperatorStats::ahead); zero: no bound.
  Duration max_ahead{std::chrono::hours(24)};
};

namespace internal {

template <typename F, typename In>
struct AssignEventTimeOp {
  static constexpr std::string_view kKind = "AssignEventTime";
  using Input = In;
  using Output = In;
  static constexpr bool kMayRefuse = false;
  static constexpr bool kKeepsRow = true;
  static constexpr bool kTakesRows = true;

  std::string name;
  F fn;
  EventTimeOptions options;
  WatermarkTracker* watermarks = nullptr;
  uint64_t ahead = 0;  // records of the batch that are too far ahead

  std::string Options() const {
    return Concat("out of order by ", ShortDuration(options.max_out_of_orderness));
  }
  absl::Status Start(Lane& lane) {
    watermarks = &lane.watermarks();
    watermarks->set_options({options.max_out_of_orderness, options.idle_timeout, options.max_ahead});
    return absl::OkStatus();
  }

  Rows<In> Process(const Rows<In>& in, Context& ctx, Selection&) {
    Frame& frame = in.frame();
    Time* const times = frame.BeginEventTimes(in.selection().data(), in.size());
    InLoop<F> time_of = fn;
    // Numbers: the least of two Times is chosen by address, which puts them into memory.
    Duration::rep earliest = kMaxTime.time_since_epoch().count(), latest = kMinTime.time_since_epoch().count();
    in.ForEach([&](size_t row) {
      if constexpr (kTakesContext<F, In>) ctx.At(frame, row);
      const Time event_time = InvokeRecord(time_of, in.at_row(row), ctx);
      times[row] = event_time;
      const Duration::rep us = event_time.time_since_epoch().count();
      earliest = us < earliest ? us : earliest;
      latest = us > latest ? us : latest;
    });
    if (options.max_ahead > Duration{0}) CountAhead(times, in.selection(), Time(Duration(latest)), ctx.now());
    frame.SetEventTimes(Time(Duration(earliest)), Time(Duration(latest)), *watermarks);
    return in;
  }
  // How many records of the last batch did not count for the watermark.
  uint64_t TakeAhead() { return std::exchange(ahead, 0); }

  // By the batch's time: with several lanes the tracker of this one does not know it.
  void CountAhead(const Time* times, const Selection& rows, Time latest, Time now) {
    const Time limit = SaturatingAdd(now, options.max_ahead);
    if (latest <= limit) [[likely]] return;
    rows.ForEachListed([&](size_t row) { ahead += times[row] > limit ? 1 : 0; });
  }
};

template <typename F>
struct AssignEventTimeStage : RecordStage<F> {
  F fn;
  EventTimeOptions options;
  template <typename In>
  using Check = EventTimeReturns<RecordResult<F, In>>;
  AssignEventTimeStage(F f, const EventTimeOptions& o) : fn(std::move(f)), options(o) {}
  template <typename In>
  auto Bind() && {
    return AssignEventTimeOp<F, In>{"event_time", std::move(fn), options};
  }
};

}  // namespace internal

// Says when each record happened, and moves the watermark: bounded out-of-orderness per partition,
// the minimum over the partitions. A record sees the watermark of the records before it. Once in a
// flow, and not in a branch, so it needs no name: Describe() and Stats() call it event_time.
//
//   | rt::AssignEventTime(&Sale::at, {.max_out_of_orderness = 5s})
//
// Takes    the type that `fn` names; `fn` returns a Time.
// Emits    the same record.
// State    the watermark, in every commit.
// Refuses  never.
template <typename F>
internal::AssignEventTimeStage<F> AssignEventTime(F fn, const EventTimeOptions& options = {}) {
  return {std::move(fn), options};
}

}  // namespace rtstream
