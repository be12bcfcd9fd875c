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
#include "rtstream/state/table_log.h"

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
  StoredTable<Acc> sums{std::string(kSumsTable)};
  KeyedRows keys{};
  Selection late_rows{};
  std::map<Time, std::vector<uint32_t>> open{};
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
    size_t i = 0;
    keys.Encode(in, [&](const In& row, std::string& out) {
      KeyCodec<Time>::Append(window.WindowOf(in.meta(i++).event_time).start, out);
      KeyCodec<K>::Append(std::invoke(key, row), out);
    });
    KeyedTable<Acc>& table = sums.table();
    keys.Hash(table);
    late_rows.Clear();
    for (i = 0; i < in.size(); ++i) {
      keys.PrefetchAhead(table, i);
      const RowMeta& meta = in.meta(i);
      const Window w = window.WindowOf(meta.event_time);
      if (window.IsClosed(w, meta.watermark)) [[unlikely]] {
        Late(in, i, emit);
        continue;
      }
      bool fresh = false;
      auto& entry = table.FindOrInsert(keys.hash(i), keys[i], fresh);
      if (fresh) open[w.start].push_back(entry.head.self);
      std::invoke(add, entry.value, in[i]);
      sums.Changed(entry);
    }
    if (late_rows.empty()) return absl::OkStatus();
    emit.node().counters().side.Add(late_rows.size());
    return late.Process(emit.lane(), Rows<In>(in.data(), in.frame(), late_rows));
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

  void UsePages(PagePool& pool) { sums.UsePages(pool); }
  size_t state_keys() const { return sums.size(); }
  absl::Status Checkpoint(CheckpointWriter& out) {
    sums.Checkpoint(out);
    return absl::OkStatus();
  }
  absl::Status Restore(const CheckpointReader& in) {
    RTSTREAM_RETURN_IF_ERROR(sums.Restore(in));
    absl::Status status;
    sums.table().ForEach([&](auto& entry) {
      std::string_view bytes = entry.key();
      Time start;
      if (!KeyCodec<Time>::Read(bytes, start)) {
        status = absl::DataLossError(Concat("a key of operator '", name, "' has no window"));
        return;
      }
      open[start].push_back(entry.head.self);
    });
    return status;
  }
  void Collect(std::vector<Node*>& nodes) { late.Collect(nodes); }

 private:
  template <typename Next>
  void Late(const Rows<In>& in, size_t i, Emitter<Next>& emit) {
    if constexpr (kHasLateExit) {
      late_rows.Add(in.row(i));
    } else {
      const RowMeta& meta = in.meta(i);
      emit.Refuse(in.frame(), in.row(i),
                  absl::OutOfRangeError(Concat(
                      "late record: its window is closed, event time is ",
                      SaturatingDifference(meta.watermark, meta.event_time).count() / 1000,
                      " ms behind the watermark")));
    }
  }

  template <typename Next>
  absl::Status Close(const Window& w, const std::vector<uint32_t>& entries, Emitter<Next>& emit) {
    KeyedTable<Acc>& table = sums.table();
    std::vector<typename KeyedTable<Acc>::Entry*> sorted;
    sorted.reserve(entries.size());
    for (uint32_t ref : entries) sorted.push_back(&table.At(ref));
    std::sort(sorted.begin(), sorted.end(),
              [](const auto* a, const auto* b) { return a->key() < b->key(); });
    timer_frame.Clear();
    RowMeta meta;
    meta.event_time = w.end - Duration{1};
    // The last watermark at which the window was open, wherever batches were cut.
    meta.watermark = SaturatingAdd(w.end, window.allowed_lateness) - Duration{1};
    timer_frame.rows.push_back(meta);
    results.Begin(timer_frame);
    for (auto* entry : sorted) {
      Output out;
      std::string_view bytes = emit.lane().context().arena().Copy(entry->key());
      Time start;
      if (!KeyCodec<Time>::Read(bytes, start) || !KeyCodec<K>::Read(bytes, out.key)) {
        return absl::InternalError(Concat("operator '", name, "' cannot read its own key"));
      }
      out.window = w;
      out.value = entry->value;
      sums.Erase(*entry);
      if (results.is_full()) RTSTREAM_RETURN_IF_ERROR(results.Flush(emit));
      results.Append(std::move(out), 0);
    }
    return results.Flush(emit);
  }
};

}  // namespace rtstream::internal
