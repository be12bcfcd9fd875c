#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/base/text.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/op/aggregated.h"
#include "rtstream/op/expand.h"
#include "rtstream/op/keyed_rows.h"
#include "rtstream/op/link.h"
#include "rtstream/op/side_output.h"
#include "rtstream/op/stage.h"
#include "rtstream/op/window.h"
#include "rtstream/state/key_codec.h"
#include "rtstream/state/stored_table.h"

namespace rtstream::internal {

// Aggregate over tumbling windows. One table over (window start, key); a list of entries per open
// window says what to emit and erase when it closes.
template <typename KeyF, typename F, typename In, typename Side>
struct TumblingAggregateOp {
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
  using WindowKey = std::pair<Time, K>;
  using Table = TableOf<WindowKey, Acc>;
  StoredTable<Table> sums{std::string(kSumsTable)};
  KeyedRows<Table> keys{};
  Selection late_rows{};
  // How the entries of each open window are found again.
  std::map<Time, std::vector<typename Table::Ref>> open{};
  ExpandedRows<Output> results{};
  Frame timer_frame{};

  absl::Status Start(Lane&) {
    if (window.size <= Duration{0} || window.allowed_lateness < Duration{0}) {
      return absl::InvalidArgumentError(
          Concat("operator '", name, "': want a window above 0 and a lateness of at least 0, got ",
                       window.size.count(), " us and ", window.allowed_lateness.count(), " us"));
    }
    return absl::OkStatus();
  }

  template <typename Next>
  absl::Status Process(const Rows<In>& in, Emitter<Next>& emit) {
    const auto key_of = [this](const Rows<In>& rows, size_t i) {
      return WindowKey(window.WindowOf(rows.event_time(i)).start, std::invoke(key, rows[i]));
    };
    Table& table = sums.table();
    keys.Begin(table, in, key_of);
    late_rows.Clear();
    for (size_t i = 0; i < in.size(); ++i) {
      keys.Ahead(table, in, key_of, i);
      const Window w = window.WindowOf(in.event_time(i));
      if (window.IsClosed(w, in.watermark(i))) [[unlikely]] {
        Late(in, i, emit);
        continue;
      }
      bool fresh = false;
      const auto entry = keys.FindOrInsert(table, i, fresh);
      if (fresh) open[w.start].push_back(table.RefOf(*entry, table.SliceAt(entry)));
      std::invoke(add, entry->value, in[i]);
      sums.Changed(entry);
    }
    if (late_rows.empty()) return absl::OkStatus();
    emit.node().counters().side.Add(late_rows.size());
    return late.Process(emit.lane(), in.Narrowed(late_rows));
  }

  template <typename Next>
  absl::Status OnWatermark(Emitter<Next>& emit) {
    while (!open.empty()) {
      const Window w{open.begin()->first, SaturatingAdd(open.begin()->first, window.size)};
      if (!window.IsClosed(w, emit.lane().watermark())) break;
      RTSTREAM_RETURN_IF_ERROR(Close(w, open.begin()->second, emit));
      open.erase(open.begin());
    }
    return absl::OkStatus();
  }

  void Attach(const StateHost& host) { sums.Attach(host); }
  size_t state_keys() const { return sums.size(); }
  absl::Status Checkpoint(CheckpointWriter& out) {
    sums.Checkpoint(out);
    return absl::OkStatus();
  }
  absl::Status Restore(const CheckpointReader& in) {
    RTSTREAM_RETURN_IF_ERROR(sums.Restore(in));
    absl::Status status;
    for (uint32_t slice = 0; slice < kSlices; ++slice) {
      sums.table().ForEachInSlice(slice, [&](auto& entry) {
        WindowKey window_key;
        if (!ReadKey(entry.key(), window_key)) {
          status = absl::DataLossError(Concat("a key of operator '", name, "' has no window"));
          return;
        }
        open[window_key.first].push_back(Table::RefOf(entry, slice));
      });
    }
    return status;
  }
  void Collect(std::vector<Node*>& nodes) { CollectBranch(late, nodes); }

 private:
  // Texts of a key that is emitted are views: of bytes that live as long as the batch.
  static std::string_view KeptKey(std::string_view key, Arena& arena) { return arena.Copy(key); }
  template <typename P>
  static const P& KeptKey(const P& key, Arena&) {
    return key;
  }

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

  template <typename Next>
  absl::Status Close(const Window& w, std::vector<typename Table::Ref>& entries, Emitter<Next>& emit) {
    Table& table = sums.table();
    std::sort(entries.begin(), entries.end(), [&](const auto& a, const auto& b) {
      return table.KeyOf(a) < table.KeyOf(b);
    });
    timer_frame.Clear();
    timer_frame.AppendSame(1);
    // The last watermark at which the window was open, wherever batches were cut.
    timer_frame.SetTimes(w.end - Duration{1},
                         SaturatingAdd(w.end, window.allowed_lateness) - Duration{1});
    results.Begin(timer_frame);
    for (const auto& ref : entries) {
      const auto entry = table.At(ref);
      // What comes behind keeps its state where the window's was.
      if (emit.lane().is_keyed()) {
        *timer_frame.BeginSlices() = static_cast<uint8_t>(table.SliceAt(entry));
      }
      Output out;
      WindowKey window_key;
      if (!ReadKey(KeptKey(entry->key(), emit.lane().context().arena()), window_key)) {
        return absl::InternalError(Concat("operator '", name, "' cannot read its own key"));
      }
      out.key = std::move(window_key.second);
      out.window = w;
      out.value = entry->value;
      sums.Erase(entry);
      if (results.is_full()) RTSTREAM_RETURN_IF_ERROR(results.Flush(emit));
      results.Append(std::move(out), 0);
    }
    return results.Flush(emit);
  }
};

}  // namespace rtstream::internal
