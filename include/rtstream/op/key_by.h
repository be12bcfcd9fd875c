#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/base/hash.h"
#include "rtstream/op/exchange.h"
#include "rtstream/op/link.h"
#include "rtstream/op/stage.h"
#include "rtstream/state/key_codec.h"
#include "rtstream/state/packed_key.h"
#include "rtstream/state/slice.h"

namespace rtstream {
namespace internal {

template <typename F, typename In>
struct KeyByOp {
  static constexpr std::string_view kKind = "KeyBy";
  using Input = In;
  using Output = In;
  using K = std::remove_cvref_t<std::invoke_result_t<const F&, const In&>>;
  static_assert(Key<K>, "rtstream: KeyBy needs a key with a KeyCodec: text, integer, Time or tuple");

  std::string name;
  F key;
  std::string bytes{};

  // The slice of the record's key: part of what is stored.
  uint8_t SliceOf(const In& in) {
    decltype(auto) k = std::invoke(key, in);
    uint32_t group = 0;
    if constexpr (std::is_convertible_v<decltype(k), std::string_view>) {
      group = KeyGroupOf(k);
    } else if constexpr (PackableKey<K>) {
      constexpr int kGroupBits = std::bit_width(kKeyGroups - 1);
      group = static_cast<uint32_t>(StableFold(PackKey(k)) >> (64 - kGroupBits));
    } else {
      bytes.clear();
      KeyCodec<K>::Append(k, bytes);
      group = KeyGroupOf(bytes);
    }
    return static_cast<uint8_t>(group / kGroupsPerSlice);
  }
};

// KeyBy and what follows.
template <typename F, typename In, typename Next>
class OpLink<KeyByOp<F, In>, Next> final : public Node, public Exchange {
 public:
  using Input = In;
  static constexpr bool kMayRefuse = Next::kMayRefuse;

  OpLink(KeyByOp<F, In> op, Next next)
      : Node(op.name, FactsOf(op)), op_(std::move(op)), next_(std::move(next)) {}

  absl::Status Process(Lane& lane, const Rows<In>& rows) {
    lane.Enter(this);
    counters().in.Add(rows.size());
    counters().out.Add(rows.size());
    uint8_t* const slices = rows.frame().BeginSlices();
    if (lanes_ == 1) {
      for (size_t i = 0; i < rows.size(); ++i) slices[rows.row(i)] = op_.SliceOf(rows[i]);
      return next_.Process(lane, rows);
    }
    if (rows_.has_value()) {
      return absl::InternalError(Concat("'", name(), "' got a batch in two parts"));
    }
    if (lane.context().has_asked_for_watermark()) {
      return absl::FailedPreconditionError(Concat(
          "a function before '", name(), "' asks for the watermark, which several lanes know only behind it"));
    }
    rows_ = rows;
    for (size_t i = 0; i < rows.size(); ++i) {
      const size_t row = rows.row(i);
      const uint8_t slice = op_.SliceOf(rows[i]);
      slices[row] = slice;
      shares_[owners_[slice]].Add(row);
    }
    return absl::OkStatus();
  }

  void Collect(std::vector<Node*>& nodes) {
    nodes.push_back(this);
    next_.Collect(nodes);
  }
  Exchange* exchange() override { return this; }

  void Divide(uint32_t lanes) override {
    lanes_ = lanes;
    // Not cleared: only what a batch needs of them is ever touched.
    shares_ = std::make_unique_for_overwrite<Selection[]>(lanes);
    for (uint32_t lane = 0; lane < lanes; ++lane) {
      const SliceRange slices = SliceRange::OfLane(lane, lanes);
      for (uint32_t s = slices.begin; s < slices.end; ++s) owners_[s] = static_cast<uint8_t>(lane);
    }
  }
  void Begin() override {
    rows_.reset();
    for (uint32_t i = 0; i < lanes_; ++i) shares_[i].Clear();
  }
  const Selection& ShareOf(uint32_t index) const override { return shares_[index]; }
  absl::Status ProcessShare(Lane& lane, const Exchange& from, uint32_t index) override {
    const auto& divided = static_cast<const OpLink&>(from);
    const Selection& share = divided.shares_[index];
    if (share.empty()) return absl::OkStatus();
    const Rows<In> mine = divided.rows_->Narrowed(share);
    Fetch(mine);
    return next_.Process(lane, mine);
  }

 private:
  // Another lane has written these rows, or this one some blocks ago: all lines of them are asked for at once,
  // where the operators would wait for one after another.
  static void Fetch(const Rows<In>& rows) {
    for (size_t i = 0; i < rows.size(); ++i) {
      const char* const row = reinterpret_cast<const char*>(&rows[i]);
      for (size_t at = 0; at < sizeof(In); at += 64) __builtin_prefetch(row + at);
      const std::string_view raw = rows.frame().raw(rows.row(i));
      for (size_t at = 0; at < raw.size(); at += 64) __builtin_prefetch(raw.data() + at);
    }
  }

  KeyByOp<F, In> op_;
  Next next_;
  uint32_t lanes_ = 1;
  std::array<uint8_t, kSlices> owners_{};
  std::unique_ptr<Selection[]> shares_;
  std::optional<Rows<In>> rows_;  // of the batch that was divided
};

template <typename F>
struct KeyByStage : StageTag {
  template <typename>
  using Expected = FirstArgOf<F>;
  template <typename In>
  static constexpr bool kAccepts = std::is_invocable_v<const F&, const In&>;
  std::string name;
  F key;
  KeyByStage(std::string n, F k) : name(std::move(n)), key(std::move(k)) {}
  template <typename In>
  auto Bind() && {
    return KeyByOp<F, In>{std::move(name), std::move(key)};
  }
};

}  // namespace internal

// Says by which key the records may be divided among lanes: from here on records of one key are seen by
// one lane, in the order of the input, and the results are the same for every number of lanes (see
// RunOptions::lanes). With one lane it notes the key and passes records on.
//
//   | rt::AssignEventTime(&Sale::at)
//   | rt::KeyBy("by_store", &Sale::store_id)
//   | rt::Dedup("dedup", &Sale::event_id, {.window = 7 * 24h})
//
// What must always meet must have the same key: of an operator behind it that keeps state, the state's
// key must tell the key of KeyBy (copies of an event carry the same store; an item is of one store). A sum
// whose key does not is a Partial aggregate.
//
// Takes    the type that `key` names; `key` returns text, an integer, a Time, a Uuid or a tuple of them.
// Emits    the same records.
// State    none; but behind it state is stored by this key. Another KeyBy, or none, on the same state is
//          refused: its name identifies the key.
// Watermark  passes.
// Refuses  never.
//
// At most one in a pipeline, and not in a branch. With several lanes operators before it must be without
// state, Intern apart, and emit at most one record for each; AssignEventTime stands before it, and
// functions before it must not ask for the watermark.
template <typename F>
internal::KeyByStage<F> KeyBy(std::string name, F key) {
  return {std::move(name), std::move(key)};
}

}  // namespace rtstream
