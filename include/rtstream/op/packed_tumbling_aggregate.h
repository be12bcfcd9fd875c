#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/core/batch.h"
#include "rtstream/op/aggregated.h"
#include "rtstream/op/link.h"
#include "rtstream/op/tumbling_base.h"
#include "rtstream/op/window_adder.h"
#include "rtstream/state/stored_windows.h"
#include "rtstream/state/window_keys.h"

namespace rtstream::internal {

// Aggregate over tumbling windows, of keys of at most 8 bytes and sums of plain bytes: a table for each open
// window. A batch that lies in one window, in which nothing is late, is added in a loop that looks at
// neither.
template <typename KeyF, typename F, typename In, typename Side>
struct PackedTumblingAggregateOp : TumblingBase<KeyF, F, In, Side> {
  using Base = TumblingBase<KeyF, F, In, Side>;
  using typename Base::Acc, typename Base::K, typename Base::Output;
  using Sums = StoredWindows<K, Acc>;
  using Adder = WindowAdder<In, Acc, KeyF, F>;

  Sums sums{std::string(kSumsTable)};
  Adder adder{};
  std::vector<Output> results{};
  Frame result_frame{};
  Selection all{};

  template <typename Next>
  absl::Status Process(const Rows<In>& in, Emitter<Next>& emit) {
    Frame& frame = in.frame();
    const Window w = this->window.WindowOf(frame.earliest());
    if (this->window.WindowOf(frame.latest()) == w &&
        !this->window.IsClosed(w, frame.last_watermark())) [[likely]] {
      adder.AddAll(sums.Open(w.start), in, this->key, this->add);
      return absl::OkStatus();
    }
    return AddOneByOne(in, emit);
  }

  template <typename Next>
  absl::Status OnWatermark(Emitter<Next>& emit) {
    while (sums.has_open()) {
      const Window w{sums.first_start(), SaturatingAdd(sums.first_start(), this->window.size)};
      if (!this->window.IsClosed(w, emit.lane().watermark())) break;
      RTSTREAM_RETURN_IF_ERROR(Close(w, emit));
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
  absl::Status Restore(const CheckpointReader& in) { return sums.Restore(in); }

 private:
  // Of a full batch of results, which stays in the nearest cache.
  static constexpr size_t kResults = 1024;

  template <typename Next>
  absl::Status AddOneByOne(const Rows<In>& in, Emitter<Next>& emit) {
    const Frame& frame = in.frame();
    this->late_rows.Clear();
    Window w;
    typename Sums::Table* table = nullptr;
    bool may_be_closed = false;
    for (size_t i = 0; i < in.size(); ++i) {
      const Window own = this->window.WindowOf(in.event_time(i));
      if (!(own == w) || table == nullptr) {
        w = own;
        table = nullptr;
        // Which no record of the batch sees closed if its end does not.
        may_be_closed = this->window.IsClosed(w, frame.last_watermark());
      }
      if (may_be_closed && this->window.IsClosed(w, in.watermark(i))) {
        this->Late(in, i, emit);
        continue;
      }
      if (table == nullptr) table = &sums.Open(w.start);
      Adder::Add(*table, in, in.row(i), this->key, this->add);
    }
    return this->PassLate(in, emit);
  }

  template <typename Next>
  absl::Status Close(const Window& w, Emitter<Next>& emit) {
    results.resize(kResults);
    uint8_t slices[kResults];
    auto& table = sums.Close();
    const auto put = [&](size_t n, uint64_t packed, const Acc& sum, uint8_t slice) {
      results[n] = {WindowKeys<K>::Unpack(packed), w, sum};
      slices[n] = slice;
    };
    while (const size_t n = table.Take(kResults, put)) {
      result_frame.Clear();
      result_frame.AppendSame(n);
      this->SetTimes(w, result_frame);
      // What comes behind keeps its state where the window's was.
      if (sums.has_slices()) std::copy_n(slices, n, result_frame.BeginSlices());
      all.SelectAll(n);
      RTSTREAM_RETURN_IF_ERROR(emit.Push(Rows<Output>(results.data(), result_frame, all)));
    }
    sums.Closed();
    return absl::OkStatus();
  }
};

}  // namespace rtstream::internal
