#pragma once

#include <cstdint>
#include <functional>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/op/checks.h"
#include "rtstream/op/keyed_rows.h"
#include "rtstream/op/link.h"
#include "rtstream/op/stage.h"
#include "rtstream/state/item.h"
#include "rtstream/state/key_codec.h"
#include "rtstream/state/stored_table.h"

namespace rtstream {

// What UpdateState may know beforehand.
struct UpdateStateOptions {
  // About how many items there will be: their memory is taken before the first record, and no table has to
  // grow. Zero: it grows with its items. More of them than expected only make it grow then.
  size_t expected_keys = 0;
};

namespace internal {

// The value type of the item that an update function takes.
template <typename A>
struct ItemOf {
  using type = AnythingInvocable;
};
template <typename V>
struct ItemOf<ItemUpdate<V>> {
  using type = V;
};

template <typename KeyF, typename F, typename In>
struct UpdateStateOp {
  static constexpr std::string_view kKind = "UpdateState";
  using Input = In;
  using K = std::remove_cvref_t<std::invoke_result_t<const KeyF&, const In&>>;
  using V = typename ItemOf<FirstArgOf<F>>::type;
  using Result = std::remove_cvref_t<std::invoke_result_t<const F&, ItemUpdate<V>&, const In&>>;
  using Output = typename UnwrapStatusOr<Result>::type;
  static constexpr bool kMayRefuse = UnwrapStatusOr<Result>::kMayFail;

  std::string name;
  KeyF key;
  F fn;
  UpdateStateOptions options;
  StoredTableOf<K, Item<V>> items{std::string(kItemsTable)};
  KeyedRows<TableOf<K, Item<V>>> keys{};
  std::vector<Output> built{};
  Selection selection{};

  template <typename Next>
  absl::Status Process(const Rows<In>& in, Emitter<Next>& emit) {
    const auto key_of = [this](const Rows<In>& rows, size_t i) -> decltype(auto) {
      return std::invoke(key, rows[i]);
    };
    auto& table = items.table();
    if (built.size() < in.frame().size()) built.resize(in.frame().size());
    Output* const rows = built.data();
    selection.Clear();
    keys.ForEach(table, in, key_of, [&](size_t i, const auto& at) {
      const size_t row = in.row(i);
      bool exists = false;
      auto entry = keys.FindPlace(table, at, exists);
      ItemUpdate<V> update(exists ? &entry->value : nullptr, in.event_time(i));
      if constexpr (kMayRefuse) {
        Result out = std::invoke(fn, update, in[i]);
        if (!out.ok()) [[unlikely]] return emit.Refuse(in.frame(), row, std::move(out).status());
        rows[row] = *std::move(out);
        selection.Add(row);
      } else {
        BuildAt(&rows[row], update, in[i]);
      }
      if (!update.has_changed()) return;
      if (!exists) entry = keys.InsertAt(table, at, entry);
      entry->value = std::move(update).Take();
      items.Changed(entry);
    });
    return emit.Push(Rows<Output>(rows, in.frame(), kMayRefuse ? selection : in.selection()));
  }

  void Attach(const StateHost& host) {
    items.Attach(host);
    items.Reserve(options.expected_keys);
  }
  size_t state_keys() const { return items.size(); }
  size_t state_memory() const { return items.memory(); }
  absl::Status Checkpoint(CheckpointWriter& out) {
    items.Checkpoint(out);
    return absl::OkStatus();
  }
  absl::Status Restore(const CheckpointReader& in) { return items.Restore(in); }

 private:
  // Made where it stands, if nothing stands there that has to be destroyed: g++ 12 would copy it word by word.
  [[gnu::always_inline]] void BuildAt(Output* at, ItemUpdate<V>& update, const In& record) {
    if constexpr (std::is_trivially_destructible_v<Output> && std::is_class_v<F>) {
      ::new (at) Output(fn(update, record));  // not by std::invoke, which g++ 12 may not inline
    } else {
      *at = std::invoke(fn, update, record);
    }
  }
};

template <typename KeyF, typename F>
struct UpdateStateStage : StageTag {
  template <typename In>
  using Expected = KeyedExpected<KeyF, In, SecondArgOf<F>>;
  template <typename In>
  static constexpr bool kAccepts =
      std::is_invocable_v<const KeyF&, const In&> &&
      std::is_invocable_v<const F&, ItemUpdate<typename ItemOf<FirstArgOf<F>>::type>&, const In&>;
  template <typename In>
  using Check = StateOf<std::remove_cvref_t<std::invoke_result_t<const KeyF&, const In&>>,
                        typename ItemOf<FirstArgOf<F>>::type>;
  std::string name;
  KeyF key;
  F fn;
  UpdateStateOptions options;
  UpdateStateStage(std::string n, KeyF k, F f, const UpdateStateOptions& o)
      : name(std::move(n)), key(std::move(k)), fn(std::move(f)), options(o) {}
  template <typename In>
  auto Bind() && {
    return UpdateStateOp<KeyF, F, In>{std::move(name), std::move(key), std::move(fn), options};
  }
};

}  // namespace internal

// Reads the item of a record's key, decides, and writes it back with the next version: a versioned
// read-modify-write. Records of a key are decided one after another, in order.
//
//   | rt::UpdateState("account", &Payment::account,
//       [](rt::ItemUpdate<Balance>& item, const Payment& p) -> absl::StatusOr<Booked> {
//         Balance b = item.value_or(Balance{});
//         if (b.cents < p.cents) return absl::FailedPreconditionError("not enough money");
//         item.Set({b.cents - p.cents});
//         return Booked{p.account, b.cents - p.cents};
//       })
//
// Takes    the type that `fn` names second; `key` returns text, an integer, a Time, a Uuid or a tuple of
//          them; one that PackableKey takes is fastest.
// Emits    what `fn` returns; StatusOr<T> emits T. A business refusal that somebody should see is a
//          value, not an error.
// State    the items, under `name`: value, version (how often it was set) and the event time of the
//          last change. Read them with ReadItems. Owned by the pipeline: no other writer exists, so a
//          version cannot conflict.
// Watermark  passes.
// Refuses  when `fn` returns an error status; the item is then as it was.
template <typename KeyF, typename F>
internal::UpdateStateStage<KeyF, F> UpdateState(std::string name, KeyF key, F fn,
                                                   const UpdateStateOptions& options = {}) {
  return {std::move(name), std::move(key), std::move(fn), options};
}

}  // namespace rtstream
