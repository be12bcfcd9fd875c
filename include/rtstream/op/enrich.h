#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/base/text.h"
#include "rtstream/io/lookup_table.h"
#include "rtstream/op/checks.h"
#include "rtstream/op/interned.h"
#include "rtstream/op/link.h"
#include "rtstream/op/stage.h"

namespace rtstream {
namespace internal {

// Whether fn changes a copy of the record in place; else it returns a record.
template <typename F, typename In, typename V>
inline constexpr bool kEnrichesInPlace =
    std::is_invocable_v<const F&, In&, const V*> &&
    !std::is_invocable_v<const F&, const In&, const V*>;

template <typename V, typename KeyF, typename F, typename In>
struct EnrichOp {
  static constexpr std::string_view kKind = "Enrich";
  using Input = In;
  static constexpr bool kInPlace = kEnrichesInPlace<F, In, V>;
  using Argument = std::conditional_t<kInPlace, In&, const In&>;
  using Result = std::remove_cvref_t<std::invoke_result_t<const F&, Argument, const V*>>;
  using Returned = typename UnwrapStatusOr<Result>::type;
  using Output = std::conditional_t<kInPlace, In, Returned>;
  static constexpr bool kMayRefuse =
      UnwrapStatusOr<Result>::kMayFail || (kInPlace && !std::is_void_v<Result>);
  static_assert(!kInPlace || kIsInPlaceResult<Result>,
                "rtstream: a function that changes the record in place returns nothing or a Status");
  using KeyResult = std::invoke_result_t<const KeyF&, const In&>;
  static_assert(std::is_lvalue_reference_v<KeyResult> ||
                    std::is_same_v<std::remove_cv_t<KeyResult>, std::string_view>,
                "rtstream: the key function of Enrich must return a reference or a std::string_view: a "
                "value of its own is gone before the table is asked");

  std::string name;
  LookupTable<V>* table;
  KeyF key;
  F fn;
  std::vector<std::string_view> keys{};
  std::vector<const V*> found{};
  // Of keys with numbers.
  KnownByNumber<V> known{};
  std::vector<uint32_t> new_rows{};
  std::vector<const V*> new_answers{};
  std::vector<Output> built{};
  Selection selection{};

  absl::Status Start(Lane& lane) {
    if (lane.shared() == nullptr || table->concurrent()) return absl::OkStatus();
    return absl::FailedPreconditionError(Concat(
        "operator '", name, "': its table may be asked by one lane only (LookupTable::concurrent)"));
  }

  template <typename Next>
  absl::Status Process(const Rows<In>& in, Emitter<Next>& emit) {
    const uint64_t version = kIsInterned<KeyF> ? table->version() : 0;
    RTSTREAM_RETURN_IF_ERROR(version == 0 ? Ask(in, emit.lane()) : AskForNew(in, version, emit.lane()));
    if constexpr (kInPlace) {
      return Change(in, emit);
    } else {
      return Build(in, emit);
    }
  }

 private:
  absl::Status Ask(const Rows<In>& in, Lane& lane) {
    keys.resize(in.size());
    for (size_t i = 0; i < in.size(); ++i) keys[i] = std::invoke(key, in[i]);
    return Lookup(lane, found);
  }
  absl::Status Lookup(Lane& lane, std::vector<const V*>& answers) {
    return lane.Retry([&] {
      // A call that failed may have left something behind.
      answers.assign(keys.size(), nullptr);
      return table->Lookup(keys, absl::MakeSpan(answers));
    });
  }

  // The same for keys with numbers, of which most were asked for before.
  absl::Status AskForNew(const Rows<In>& in, uint64_t version, Lane& lane) {
    if constexpr (kIsInterned<KeyF>) {
      known.Begin(version);
      found.resize(in.size());
      new_rows.clear();
      // In registers: what is written below could be these.
      const auto number_of = key.number;
      const typename KnownByNumber<V>::View answers = known.view();
      const V** const into = found.data();
      const size_t n = in.size();
      for (size_t i = 0; i < n; ++i) {
        const uint32_t number = in[i].*number_of;
        if (answers.Has(number)) [[likely]] {
          into[i] = answers.Get(number);
          __builtin_prefetch(into[i]);
        } else {
          new_rows.push_back(static_cast<uint32_t>(i));
        }
      }
      if (new_rows.empty()) return absl::OkStatus();
      keys.clear();
      for (const uint32_t i : new_rows) keys.push_back(std::invoke(key, in[i]));
      RTSTREAM_RETURN_IF_ERROR(Lookup(lane, new_answers));
      for (size_t k = 0; k < new_rows.size(); ++k) {
        found[new_rows[k]] = new_answers[k];
        known.Put(in[new_rows[k]].*key.number, new_answers[k]);
      }
    }
    return absl::OkStatus();
  }

  template <typename Next>
  absl::Status Change(const Rows<In>& in, Emitter<Next>& emit) {
    In* const rows = OwnRows(in, built);
    if constexpr (!kMayRefuse) {
      const V* const* const answers = found.data();
      const size_t n = in.size();
      for (size_t i = 0; i < n; ++i) std::invoke(fn, rows[in.row(i)], answers[i]);
      return emit.Push(Rows<Output>(rows, in.frame(), in.selection()));
    } else {
      selection.Clear();
      for (size_t i = 0; i < in.size(); ++i) {
        const size_t row = in.row(i);
        if (absl::Status s = std::invoke(fn, rows[row], found[i]); !s.ok()) [[unlikely]] {
          emit.Refuse(in.frame(), row, std::move(s));
          continue;
        }
        selection.Add(row);
      }
      return emit.Push(Rows<Output>(rows, in.frame(), selection));
    }
  }

  template <typename Next>
  absl::Status Build(const Rows<In>& in, Emitter<Next>& emit) {
    if (built.size() < in.frame().size()) built.resize(in.frame().size());
    selection.Clear();
    for (size_t i = 0; i < in.size(); ++i) {
      const size_t row = in.row(i);
      if constexpr (kMayRefuse) {
        Result out = std::invoke(fn, in[i], found[i]);
        if (!out.ok()) [[unlikely]] {
          emit.Refuse(in.frame(), row, std::move(out).status());
          continue;
        }
        built[row] = *std::move(out);
      } else {
        built[row] = std::invoke(fn, in[i], found[i]);
      }
      selection.Add(row);
    }
    return emit.Push(Rows<Output>(built.data(), in.frame(), selection));
  }
};

template <typename V, typename KeyF, typename F>
struct EnrichStage : StageTag {
  template <typename In>
  using Expected = KeyedExpected<KeyF, In, FirstArgOf<F>>;
  template <typename In>
  static constexpr bool kTakesValue = std::is_invocable_v<const F&, In&, const V*>;
  // A function that names the record, and something else than the table's value, has a message of its own.
  template <typename In>
  static constexpr bool kAccepts =
      (kTakesValue<In> || std::is_same_v<FirstArgOf<F>, In>) &&
      std::is_invocable_v<const KeyF&, const In&>;
  template <typename In>
  using Check = TableOfEnrich<V, SecondArgOf<F>, kTakesValue<In>>;
  std::string name;
  LookupTable<V>* table;
  KeyF key;
  F fn;
  EnrichStage(std::string n, LookupTable<V>* t, KeyF k, F f)
      : name(std::move(n)), table(t), key(std::move(k)), fn(std::move(f)) {}
  template <typename In>
  auto Bind() && {
    return EnrichOp<V, KeyF, F, In>{std::move(name), table, std::move(key), std::move(fn)};
  }
};

}  // namespace internal

// Adds to each record what a table knows about its key: one look-up call for the whole batch.
//
//   | rt::Enrich("store", stores, &Sale::store_id,
//                [](const Sale& s, const Store* store) { return WithRegion{s, store ? store->region : "?"}; })
//
//   | rt::Enrich("region", regions, &Sale::store_id,
//                [](Sale& s, const std::string* region) { s.region = region ? *region : "unknown"; })
//
// Takes    the type that `fn` names first; `key` returns a text view, or is Interned(text, number), which
//          is faster where the table has a version. `fn` gets null for a key that the table does not know.
//          `table` must outlive the pipeline; CachedTable makes a slow one fast.
// Emits    what `fn` returns; StatusOr<T> emits T. A `fn` that takes a T& and returns nothing, or a
//          Status, changes the record where it stands, if no other branch looks at it, else a copy.
// State    none: after a crash the table is asked again, so it should say the same.
// Watermark  passes.
// Refuses  when `fn` returns an error status. A failed look-up is retried, then ends the run.
template <typename V, typename KeyF, typename F>
internal::EnrichStage<V, KeyF, F> Enrich(std::string name, LookupTable<V>& table, KeyF key, F fn) {
  return {std::move(name), &table, std::move(key), std::move(fn)};
}

}  // namespace rtstream
