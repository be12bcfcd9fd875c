#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/base/text.h"
#include "rtstream/op/link.h"
#include "rtstream/op/stage.h"
#include "rtstream/state/interner.h"

namespace rtstream {

// How many texts Intern takes.
struct InternOptions {
  // Most texts that get a number; default 16 million. A record with another one is refused. Each takes its
  // bytes and some 80 more, for ever.
  uint32_t max_texts = 1 << 24;
};

namespace internal {

template <typename F, typename In>
struct InternOp {
  static constexpr std::string_view kKind = "Intern";
  using Input = In;
  using Output = In;
  static constexpr bool kMayRefuse = true;
  using Text = std::invoke_result_t<const F&, const In&>;
  static_assert(std::is_convertible_v<Text, std::string_view> &&
                    (std::is_lvalue_reference_v<Text> ||
                     std::is_same_v<std::remove_cv_t<Text>, std::string_view>),
                "rtstream: the text function of Intern must return a reference or a std::string_view");

  std::string name;
  F text_of;
  uint32_t In::*number;
  InternOptions options;
  // With several lanes the numbers are those of a dictionary that all copies of the operator share; each
  // keeps those it has met, so that only a text that is new to it takes the lock.
  struct Shared {
    std::mutex mutex;
    Interner texts;            // guarded by mutex
    bool is_restored = false;  // guarded by mutex
  };
  Interner texts{};
  std::shared_ptr<Shared> shared{};  // null: there is one lane, and `texts` are all
  bool counts_keys = true;
  Interner::Ahead ahead{};
  std::vector<In> copies{};
  Selection selection{};

  template <typename Next>
  absl::Status Process(const Rows<In>& in, Emitter<Next>& emit) {
    In* const rows = OwnRows(in, copies);
    // In registers: what is written below could be these.
    const auto text_at = [text_of = text_of, rows](size_t row) -> std::string_view {
      return std::invoke(text_of, std::as_const(rows[row]));
    };
    bool all_have_one = true;
    for (size_t begin = 0; begin < in.size(); begin += Interner::Ahead::kTexts) {
      const size_t end = std::min(in.size(), begin + Interner::Ahead::kTexts);
      ahead.Begin(texts, in.frame().bytes());
      for (size_t i = begin; i < end; ++i) ahead.Prepare(texts, i - begin, text_at(in.row(i)));
      for (size_t i = begin; i < end; ++i) {
        const size_t row = in.row(i);
        uint32_t given = texts.FindPrepared(ahead, i - begin);
        if (given == Interner::kNone) [[unlikely]] given = NumberOf(text_at(row));
        all_have_one &= given != Interner::kNone;
        rows[row].*number = given;
      }
    }
    if (all_have_one) [[likely]] return emit.Push(Rows<In>(rows, in.frame(), in.selection()));
    return PushNumbered(in, rows, emit);
  }

  void Attach(const StateHost& host) {
    texts.UsePages(*host.pages);
    counts_keys = host.lane == 0;
    if (host.shared != nullptr) shared = host.shared->Get<Shared>(Concat("texts/", host.op));
  }
  size_t state_keys() const {
    if (shared == nullptr) return texts.size();
    const std::lock_guard lock(shared->mutex);
    return counts_keys ? shared->texts.size() : 0;
  }
  size_t state_memory() const {
    if (shared == nullptr) return texts.memory();
    const std::lock_guard lock(shared->mutex);
    return counts_keys ? shared->texts.memory() : 0;
  }
  absl::Status Checkpoint(CheckpointWriter& out) {
    if (shared == nullptr) texts.Checkpoint(out);
    return absl::OkStatus();
  }
  absl::Status CheckpointShared(CheckpointWriter& out) {
    if (shared == nullptr) return absl::OkStatus();
    const std::lock_guard lock(shared->mutex);
    shared->texts.Checkpoint(out);
    return absl::OkStatus();
  }
  absl::Status Restore(const CheckpointReader& in) {
    if (shared == nullptr) return texts.Restore(in);
    const std::lock_guard lock(shared->mutex);
    if (std::exchange(shared->is_restored, true)) return absl::OkStatus();
    return shared->texts.Restore(in);
  }

 private:
  // Refuses the records that have no number.
  template <typename Next>
  [[gnu::noinline]] absl::Status PushNumbered(const Rows<In>& in, In* rows, Emitter<Next>& emit) {
    selection.Clear();
    for (size_t i = 0; i < in.size(); ++i) {
      const size_t row = in.row(i);
      if (rows[row].*number != Interner::kNone) {
        selection.Add(row);
        continue;
      }
      emit.Refuse(in.frame(), row,
                  absl::ResourceExhaustedError(Concat("a new text, and ", options.max_texts,
                                                      " are known, want at most as many")));
    }
    return emit.Push(Rows<In>(rows, in.frame(), selection));
  }

  // The number of a text that was not found where it was looked for.
  [[gnu::noinline]] uint32_t NumberOf(std::string_view text) {
    if (shared == nullptr) return texts.Intern(text, options.max_texts);
    const uint32_t known = texts.Find(text);
    return known != Interner::kNone ? known : NumberOfNew(text);
  }
  uint32_t NumberOfNew(std::string_view text) {
    uint32_t given = Interner::kNone;
    {
      const std::lock_guard lock(shared->mutex);
      given = shared->texts.Intern(text, options.max_texts);
    }
    if (given != Interner::kNone) texts.Remember(text, given);
    return given;
  }
};

template <typename F, typename T>
struct InternStage : StageTag {
  template <typename>
  using Expected = T;
  template <typename In>
  static constexpr bool kAccepts =
      std::is_same_v<In, T> && std::is_invocable_v<const F&, const In&>;
  std::string name;
  F text_of;
  uint32_t T::*number;
  InternOptions options;
  InternStage(std::string n, F f, uint32_t T::*m, const InternOptions& o)
      : name(std::move(n)), text_of(std::move(f)), number(m), options(o) {}
  template <typename In>
  auto Bind() && {
    return InternOp<F, In>{std::move(name), std::move(text_of), number, options};
  }
};

}  // namespace internal

// Gives each record the number of a text in it: 0, 1, 2 ... as texts first come, the same for ever. Keys
// that are made of numbers (see PackableKey) are looked up and stored at a fraction of the cost of texts.
//
//   | rt::Intern("store_number", &Sale::store, &Sale::store_number)
//   | rt::Aggregate("units_of_store", &Sale::store_number, AddUnits)
//
// Takes    the type whose uint32_t member `number` is; `text_of` returns a text view.
// Emits    the same record with the number, changed where it stands, if no other branch looks at it.
//          With several lanes the order in which they come is not that of the input.
// State    the texts, under `name`; ReadTexts gives them in the order of their numbers.
// Watermark  passes.
// Refuses  ResourceExhausted: a new text when options.max_texts are known.
template <typename F, typename T>
internal::InternStage<F, T> Intern(std::string name, F text_of, uint32_t T::*number,
                                   const InternOptions& options = {}) {
  return {std::move(name), std::move(text_of), number, options};
}

}  // namespace rtstream
