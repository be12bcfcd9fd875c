#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/base/text.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/op/aggregated.h"
#include "rtstream/op/expand.h"
#include "rtstream/op/keyed_rows.h"
#include "rtstream/op/link.h"
#include "rtstream/op/tumbling_base.h"
#include "rtstream/op/window.h"
#include "rtstream/state/key_codec.h"
#include "rtstream/state/stored_table.h"

namespace rtstream::internal {

// Aggregate over tumbling windows, of any keys and sums. One table over (window start, key); a list of
// entries per open window says what to emit and erase when it closes.
template <typename KeyF, typename F, typename In, typename Side>
struct TumblingAggregateOp : TumblingBase<KeyF, F, In, Side> {
  using Base = TumblingBase<KeyF, F, In, Side>;
  using typename Base::Acc, typename Base::K, typename Base::Output;
  using Base::add, Base::key, Base::late_rows, Base::name, Base::window;

  using WindowKey = std::pair<Time, K>;
  using Table = TableOf<WindowKey, Acc>;
  StoredTable<Table> sums{std::string(kSumsTable)};
  KeyedRows<Table> keys{};
  // How the entries of each open window are found again.
  std::map<Time, std::vector<typename Table::Ref>> open{};
  ExpandedRows<Output> results{};
  Frame timer_frame{};

  template <typename Next>
  absl::Status Process(const Rows<In>& in, Emitter<Next>& emit) {
    const auto key_of = [this](const Rows<In>& rows, size_t i) {
      return WindowKey(window.WindowOf(rows.event_time(i)).start, std::invoke(key, rows[i]));
    };
    Table& table = sums.table();
    late_rows.Clear();
    keys.ForEach(table, in, key_of, [&](size_t i, const auto& at) {
      const Window w = window.WindowOf(in.event_time(i));
      if (window.IsClosed(w, in.watermark(i))) [[unlikely]] return this->Late(in, i, emit);
      bool fresh = false;
      const auto entry = keys.FindOrInsert(table, at, fresh);
      if (fresh) open[w.start].push_back(table.RefOf(*entry, table.SliceAt(entry)));
      std::invoke(add, entry->value, in[i]);
      sums.Changed(entry);
    });
    return this->PassLate(in, emit);
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
  size_t state_memory() const { return sums.memory(); }
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

 private:
  // Texts of a key that is emitted are views: of bytes that live as long as the batch.
  static std::string_view KeptKey(std::string_view key, Arena& arena) { return arena.Copy(key); }
  template <typename P>
  static const P& KeptKey(const P& key, Arena&) {
    return key;
  }

  template <typename Next>
  absl::Status Close(const Window& w, std::vector<typename Table::Ref>& entries, Emitter<Next>& emit) {
    Table& table = sums.table();
    std::sort(entries.begin(), entries.end(), [&](const auto& a, const auto& b) {
      return table.KeyOf(a) < table.KeyOf(b);
    });
    timer_frame.Clear();
    timer_frame.AppendSame(1);
    this->SetTimes(w, timer_frame);
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
