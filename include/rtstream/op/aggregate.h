#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/op/add_to_sums.h"
#include "rtstream/op/aggregated.h"
#include "rtstream/op/checks.h"
#include "rtstream/op/keyed_rows.h"
#include "rtstream/op/link.h"
#include "rtstream/op/packed_tumbling_aggregate.h"
#include "rtstream/op/partial_aggregate.h"
#include "rtstream/op/side_output.h"
#include "rtstream/op/stage.h"
#include "rtstream/op/tumbling_aggregate.h"
#include "rtstream/op/window.h"
#include "rtstream/state/key_codec.h"
#include "rtstream/state/stored_table.h"

namespace rtstream {

namespace internal {

template <typename KeyF, typename F, typename In>
struct RunningAggregateOp {
  static constexpr std::string_view kKind = "Aggregate";
  static constexpr std::string_view kStateKind = "Aggregate without windows";
  using Input = In;
  using K = std::remove_cvref_t<std::invoke_result_t<const KeyF&, const In&>>;
  using Acc = FirstArgOf<F>;
  using Output = Aggregated<K, Acc>;
  static constexpr bool kMayRefuse = false;

  std::string name;
  KeyF key;
  F add;
  size_t expected_keys = 0;
  StoredTableOf<K, Acc> sums{std::string(kSumsTable)};
  KeyedRows<TableOf<K, Acc>> keys{};
  std::vector<Output> built{};

  template <typename Next>
  absl::Status Process(const Rows<In>& in, Emitter<Next>& emit) {
    if (kBuilds<Next> && built.size() < in.frame().size()) {
      built.resize(in.frame().size());
    }
    AddToSums(sums, keys, in, key, add, [&](size_t i, const auto& entry) {
      if constexpr (kBuilds<Next>) {
        built[in.row(i)] = Output{std::invoke(key, in[i]), {}, entry->value};
      }
    });
    if constexpr (!kBuilds<Next>) {
      emit.node().counters().out.Add(in.size());
      return absl::OkStatus();
    } else {
      return emit.Push(Rows<Output>(built.data(), in.frame(), in.selection()));
    }
  }

  std::string Options() const { return "running"; }
  void Attach(const StateHost& host) {
    sums.Attach(host);
    sums.Reserve(expected_keys);
  }
  size_t state_keys() const { return sums.size(); }
  size_t state_memory() const { return sums.memory(); }
  absl::Status Checkpoint(CheckpointWriter& out) {
    sums.Checkpoint(out);
    return absl::OkStatus();
  }
  absl::Status Restore(const CheckpointReader& in) { return sums.Restore(in); }

 private:
  // Results that nobody looks at are not built.
  template <typename Next>
  static constexpr bool kBuilds = !Emitter<Next>::kDiscards;
};

template <typename W>
inline constexpr bool kIsPartial = false;
template <typename MergeF>
inline constexpr bool kIsPartial<Partial<MergeF>> = true;

template <typename W>
inline constexpr bool kIsWindow = std::is_same_v<W, Running> || std::is_same_v<W, Tumbling> || kIsPartial<W>;

template <typename KeyF, typename F, typename W, typename Side>
struct AggregateStage : StageTag {
  template <typename In>
  static constexpr bool kAdds = std::is_invocable_v<const F&, FirstArgOf<F>&, const In&>;
  template <typename In>
  using Expected = KeyedExpected<
      KeyF, In,
      std::conditional_t<kAdds<In>, typename SideOutput<Side, In>::Expected, SecondArgOf<F>>>;
  template <typename In>
  static constexpr bool kAccepts = std::is_invocable_v<const KeyF&, const In&> && kAdds<In> &&
                                   SideOutput<Side, In>::kAccepts;
  template <typename In>
  using KeyOf = std::remove_cvref_t<std::invoke_result_t<const KeyF&, const In&>>;
  template <typename In>
  using Check = std::conditional_t<kIsWindow<W>, StateOf<KeyOf<In>, FirstArgOf<F>>, WindowOf<W>>;
  std::string name;
  KeyF key;
  F add;
  W window;
  Side late;
  AggregateStage(std::string n, KeyF k, F f, W w, Side s)
      : name(std::move(n)), key(std::move(k)), add(std::move(f)), window(std::move(w)), late(std::move(s)) {}
  template <typename In>
  auto Bind() && {
    if constexpr (std::is_same_v<W, Running>) {
      return RunningAggregateOp<KeyF, F, In>{std::move(name), std::move(key), std::move(add),
                                              window.expected_keys};
    } else if constexpr (kIsPartial<W>) {
      using Merge = std::remove_cvref_t<decltype(window.merge())>;
      return PartialAggregateOp<KeyF, F, Merge, In>{std::move(name), std::move(key), std::move(add),
                                                    window.merge(), window.expected_keys()};
    } else {
      using K = KeyOf<In>;
      using Op = std::conditional_t<kFitsWindows<K, FirstArgOf<F>>, PackedTumblingAggregateOp<KeyF, F, In, Side>,
                                    TumblingAggregateOp<KeyF, F, In, Side>>;
      return Op{{std::move(name), std::move(key), std::move(add), window, std::move(late)}};
    }
  }
};

}  // namespace internal

// Sums up the records of each key.
//
//   | rt::Aggregate("daily_sales", DayOf, [](Sum& sum, const Sale& s) { sum.units += s.quantity; })
//   | rt::Aggregate("revenue_1m", &Sale::store, AddRevenue, rt::Tumbling{.size = 1min})
//   | rt::Aggregate("total", NoKey, AddRevenue, rt::Partial(MergeRevenue)) | rt::Discard()
//
// Takes    the type that `add` names second; `add` changes the accumulator that it names first, which
//          begins as Acc{}. `key` returns text, an integer, a Time, a Uuid or a tuple of
//          them; one that PackableKey takes is fastest.
// Emits    Aggregated<K, Acc>. Running: after each record, its key's sum. Tumbling: when the watermark
//          passes a window's end plus the allowed lateness, the window's sums, ordered by window and key.
//          With Partial: nothing; see there.
// State    the accumulators, under `name`; ReadSums reads them. A window's are erased
//          with its result.
// Watermark  closes windows; passes.
// Refuses  tumbling: OutOfRange, a record whose window is closed, unless `late` takes it.
template <typename KeyF, typename F, typename W = Running,
          typename Late = internal::NoSideOutput>
auto Aggregate(std::string name, KeyF key, F add, W window = {}, Late late = {}) {
  using Side = decltype(internal::SideChain(std::move(late)));
  return internal::AggregateStage<KeyF, F, W, Side>(std::move(name), std::move(key), std::move(add),
                                                    std::move(window),
                                                    internal::SideChain(std::move(late)));
}

}  // namespace rtstream
