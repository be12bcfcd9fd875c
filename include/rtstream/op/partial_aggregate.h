#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/op/add_to_sums.h"
#include "rtstream/op/aggregated.h"
#include "rtstream/op/keyed_rows.h"
#include "rtstream/op/link.h"
#include "rtstream/op/stage.h"
#include "rtstream/state/keyed_state.h"
#include "rtstream/state/stored_table.h"

namespace rtstream {

// In the place of an Aggregate's window: a sum for each key and lane, which are put together when they are
// read (ReadPartials). For keys that do not tell the key of KeyBy, such as a total.
//
//   | rt::Aggregate("daily", DayOf, AddSale, rt::Partial([](Sum& into, const Sum& from) { into += from; }))
//   | rt::Discard()
//
// `merge` must not depend on the order of its calls. The results are nobody's, so the branch ends with
// Discard(). Runs with fewer lanes take over what the others have left, and store it anew.
template <typename MergeF>
class Partial {
 public:
  // `keys`: how many keys a lane makes room for at its start; zero: none.
  explicit Partial(MergeF f, size_t keys = 0) : merge_(std::move(f)), expected_keys_(keys) {}
  const MergeF& merge() const { return merge_; }  // adds one part to another
  // For which memory is taken at once; 0: none.
  size_t expected_keys() const { return expected_keys_; }

 private:
  MergeF merge_;
  size_t expected_keys_;
};

namespace internal {

// The name of a lane's table of partial sums.
inline std::string PartialTable(uint32_t lane) {
  return lane == 0 ? std::string(kSumsTable) : Concat(kSumsTable, "@", lane);
}

// Adds the sums of one table to those of another, and calls changed(entry) for each of these.
template <typename Table, typename MergeF, typename Changed>
void MergeSums(Table& from, Table& into, const MergeF& merge, Changed&& changed) {
  from.ForEach([&](auto& entry) {
    bool fresh = false;
    const auto to = into.FindOrInsert(entry.key(), fresh);
    if (fresh) {
      to->value = entry.value;
    } else {
      std::invoke(merge, to->value, std::as_const(entry.value));
    }
    changed(to);
  });
}

template <typename KeyF, typename F, typename MergeF, typename In>
struct PartialAggregateOp {
  static constexpr std::string_view kKind = "Aggregate";
  static constexpr std::string_view kStateKind = "Aggregate with Partial";
  using Input = In;
  using K = std::remove_cvref_t<std::invoke_result_t<const KeyF&, const In&>>;
  using Acc = FirstArgOf<F>;
  using Output = Aggregated<K, Acc>;
  using Table = TableOf<K, Acc>;
  static constexpr bool kMayRefuse = false;
  static_assert(std::is_invocable_v<const MergeF&, Acc&, const Acc&>,
                "rtstream: the merge function of Partial takes (Acc& into, const Acc& from)");

  std::string name;
  KeyF key;
  F add;
  MergeF merge;
  size_t expected_keys = 0;
  StoredTable<Table> sums{PartialTable(0)};
  KeyedRows<Table> keys{};
  StateHost host{};
  std::vector<std::string> taken_over{};  // tables that the next commit deletes

  template <typename Next>
  absl::Status Process(const Rows<In>& in, Emitter<Next>& emit) {
    static_assert(Emitter<Next>::kDiscards,
                  "rtstream: an Aggregate with Partial has no results: end its branch with Discard()");
    keys.has_own_slices = true;
    AddToSums(sums, keys, in, key, add, [](size_t, const auto&) {});
    emit.node().counters().out.Add(in.size());
    return absl::OkStatus();
  }

  std::string Options() const { return "partial, a sum a lane"; }
  void Attach(const StateHost& h) {
    host = h;
    host.slices = {};
    sums.Rename(PartialTable(host.lane));
    sums.Attach(host);
    sums.Reserve(expected_keys);
  }
  size_t state_keys() const { return sums.size(); }
  size_t state_memory() const { return sums.memory(); }
  absl::Status Checkpoint(CheckpointWriter& out) {
    for (const std::string& table : taken_over) {
      const std::string begin = out.Key(Concat(table, "/"));
      out.batch().DeleteRange(begin, Concat(begin, "~"));
    }
    taken_over.clear();
    sums.Checkpoint(out);
    return absl::OkStatus();
  }
  absl::Status Restore(const CheckpointReader& in) {
    RTSTREAM_RETURN_IF_ERROR(sums.Restore(in));
    for (uint32_t lane = host.lane + host.lanes; lane < kSlices; lane += host.lanes) {
      StoredTable<Table> left(PartialTable(lane));
      RTSTREAM_RETURN_IF_ERROR(left.Restore(in));
      if (left.size() == 0) continue;
      MergeSums(left.table(), sums.table(), merge, [&](const auto& entry) { sums.Changed(entry); });
      taken_over.push_back(left.name());
    }
    return absl::OkStatus();
  }
};

}  // namespace internal

// The committed sums of an Aggregate with Partial, those of all lanes put together, as ReadState gives them:
// in the keys' order, visit(key, sum). `merge` is that of the Partial.
template <Key K, StateValue Acc, typename MergeF, typename Visit>
absl::Status ReadPartials(const StateReader& store, std::string_view op, const MergeF& merge,
                          Visit&& visit) {
  const CheckpointReader in(OperatorScope(op), store);
  StoredTableOf<K, Acc> sums(internal::PartialTable(0));
  RTSTREAM_RETURN_IF_ERROR(sums.Restore(in));
  for (uint32_t lane = 1; lane < kSlices; ++lane) {
    StoredTableOf<K, Acc> others(internal::PartialTable(lane));
    RTSTREAM_RETURN_IF_ERROR(others.Restore(in));
    internal::MergeSums(others.table(), sums.table(), merge, [](const auto&) {});
  }
  return internal::VisitSorted<K>(sums.table(), Concat("table '", kSumsTable, "' of operator '", op, "'"), visit);
}

}  // namespace rtstream
