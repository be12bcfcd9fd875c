#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/base/text.h"
#include "rtstream/base/status_macros.h"
#include "rtstream/op/link.h"
#include "rtstream/op/side_output.h"
#include "rtstream/op/stage.h"
#include "rtstream/state/claim_table.h"
#include "rtstream/state/key_codec.h"
#include "rtstream/state/packed_key.h"

namespace rtstream {

// What Dedup remembers, for how long and where.
struct DedupOptions {
  // How long an id is remembered, in event time from its first copy: at least this, at most an
  // eighth more. At least 16 us, and long enough that the records at hand lie in fewer than 500,000 eighths
  // of it. Memory grows with it: 27 to 29 bytes a UUID; texts take theirs and 15 to 40 more.
  Duration window{0};
  // Keeps 64 bits of a secret hash instead of the id: 19 to 21 bytes an id, whatever its type. A new id is
  // then called a copy with a probability of n / 2^64 while n ids are remembered: among 1 billion, one in
  // 18 billion. Default: exact. The same for the life of the state.
  bool fingerprints = false;
  // How many ids the window is expected to hold, for which memory (27 bytes an id) is taken at the start:
  // no claim then pays for growth. A hint: more are remembered all the same. Default 0: grows by and by.
  uint64_t expected_ids = 0;
  // What the ids may take of memory, in bytes. Beyond, they go to `blobs`: 16.3 bytes of disk and 12.3 bits of
  // memory an id, which is the least that a budget can be kept with; the newest ones, a few million at least,
  // should have room beside that, at 31 bytes each. Default 0: no limit. Needs commits, and ids that are not
  // longer than 16 bytes: other texts stay in memory. Once ids are on disk, the state needs both options. Several
  // lanes have equal shares of it.
  uint64_t memory_budget = 0;
  BlobStore* blobs = nullptr;  // must outlive the pipeline; no other operator's
};

namespace internal {

template <typename F, typename In, typename Side>
struct DedupOp {
  static constexpr std::string_view kKind = "Dedup";
  static constexpr bool kReadsEventTime = true;
  using Input = In;
  using Output = In;
  using Id = std::remove_cvref_t<std::invoke_result_t<const F&, const In&>>;
  static_assert(Key<Id>, "rtstream: Dedup needs an id with a KeyCodec: text, integer, Time or tuple");
  static constexpr bool kMayRefuse = true;

  std::string name;
  F id;
  DedupOptions options;
  Side side;
  ClaimTable claims{};
  Selection fresh{}, duplicates{};
  IdBatch ids{};
  std::vector<uint8_t> slices{};  // of the batch's ids; empty: there is no KeyBy
  SliceRange owned{};
  bool is_keyed = false;  // there is a KeyBy before
  bool is_open = false;

  absl::Status Start(Lane&) {
    if (is_open) return absl::OkStatus();  // by Restore
    return Open();
  }

  template <typename Next>
  absl::Status Process(const Rows<In>& in, Emitter<Next>& emit) {
    ReadIds(in);
    RTSTREAM_RETURN_IF_ERROR(claims.Prepare(ids, slices));
    fresh.Clear();
    duplicates.Clear();
    const Time earliest = in.frame().earliest(), latest = in.frame().latest();
    const Time last_watermark = in.frame().last_watermark();
    const bool none_is_old = earliest >= SaturatingSubtract(last_watermark, options.window);
    // Then no claim depends on where in the batch the watermark moves.
    const bool all_are_live = none_is_old && claims.AllAreLive(last_watermark);
    for (size_t i = 0; i < in.size(); ++i) {
      if (none_is_old) {
        const size_t known = claims.ClaimNew(ids, i, slices, earliest, latest);
        for (; i < known; ++i) fresh.Add(in.row(i));
        if (i == in.size()) break;
      }
      const uint32_t slice = is_keyed ? slices[i] : 0;
      claims.PrefetchAhead(i);
      const Time event_time = in.event_time(i), watermark = all_are_live ? last_watermark : in.watermark(i);
      if (!none_is_old && event_time < SaturatingSubtract(watermark, options.window)) [[unlikely]] {
        emit.Refuse(in.frame(), in.row(i), TooOldError(event_time, watermark));
        continue;
      }
      ClaimTable::Outcome outcome = claims.Claim(ids, i, slice, event_time, watermark);
      if (Emitter<Next>::kMayRefuse && outcome == ClaimTable::Outcome::kPending) [[unlikely]] {
        // The first copy is in this batch and may yet be refused, which gives the id back: find out.
        RTSTREAM_RETURN_IF_ERROR(Flush(in, emit));
        outcome = claims.Claim(ids, i, slice, event_time, watermark);
      }
      if (outcome == ClaimTable::Outcome::kNew) {
        fresh.Add(in.row(i));
      } else if (outcome == ClaimTable::Outcome::kNoRoom) [[unlikely]] {
        emit.Refuse(in.frame(), in.row(i), NoRoomError());
      } else {
        duplicates.Add(in.row(i));
      }
    }
    return Flush(in, emit);
  }

  template <typename Next>
  absl::Status OnWatermark(Emitter<Next>& emit) {
    claims.Expire(emit.lane().watermark());
    return absl::OkStatus();
  }
  void Attach(const StateHost& host) {
    claims.Attach(host);
    owned = host.slices;
    is_keyed = host.is_keyed;
    // Lanes have about as many ids each.
    options.expected_ids /= host.lanes;
    options.memory_budget = (options.memory_budget + host.lanes - 1) / host.lanes;
  }
  std::string Options() const {
    return Concat("window ", ShortDuration(options.window), options.fingerprints ? ", fingerprints" : "",
                  options.blobs != nullptr ? ", on disk beyond the budget" : "");
  }
  size_t state_keys() const { return claims.size(); }
  size_t state_memory() const { return claims.memory(); }
  absl::Status Checkpoint(CheckpointWriter& out) { return claims.Checkpoint(out); }
  absl::Status Restore(const CheckpointReader& in) {
    RTSTREAM_RETURN_IF_ERROR(Open());
    return claims.Restore(in, owned.mask());
  }
  void Collect(std::vector<Node*>& nodes) { CollectBranch(side, nodes, "duplicates"); }

 private:
  void ReadIds(const Rows<In>& in) {
    slices.clear();
    for (size_t i = 0; is_keyed && i < in.size(); ++i) slices.push_back(in.frame().slice(in.row(i)));
    if constexpr (!std::is_convertible_v<Id, std::string_view> && PackableKey<Id>) {
      ids.ResetToNumbers(in.size());
      for (size_t i = 0; i < in.size(); ++i) ids.SetNumber(i, PackedPart<Id>::Pack(std::invoke(id, in[i])));
    } else {
      ids.Clear();
      for (size_t i = 0; i < in.size(); ++i) {
        const auto& key = std::invoke(id, in[i]);
        if constexpr (std::is_convertible_v<decltype(key), std::string_view>) {
          ids.AddText(key);
        } else {
          ids.AddBytes([&](std::string& out) { KeyCodec<Id>::Append(key, out); });
        }
      }
    }
  }

  absl::Status Open() {
    is_open = true;
    absl::Status opened = claims.Open({.window = options.window,
                                             .fingerprints = options.fingerprints,
                                             .expected_ids = options.expected_ids,
                                             .memory_budget = options.memory_budget,
                                             .blobs = options.blobs});
    if (opened.ok()) return opened;
    return absl::Status(opened.code(), Concat("operator '", name, "': ", MessageOf(opened)));
  }

  template <typename Next>
  absl::Status Flush(const Rows<In>& in, Emitter<Next>& emit) {
    if (!duplicates.empty()) {
      emit.node().counters().side.Add(duplicates.size());
      RTSTREAM_RETURN_IF_ERROR(
          side.Process(emit.lane(), in.Narrowed(duplicates)));
      duplicates.Clear();
    }
    RTSTREAM_RETURN_IF_ERROR(emit.Push(in.Narrowed(fresh)));
    fresh.Clear();
    if (in.frame().any_refused()) {
      claims.Settle([&](size_t i) { return in.frame().is_refused(in.row(i)); });
    } else {
      claims.SettleAll();
    }
    return absl::OkStatus();
  }

  absl::Status NoRoomError() const {
    return absl::ResourceExhaustedError(Concat(
        "ids of ", ClaimTable::kMostChunks, " groups are remembered, want fewer: each eighth of the window of ",
        options.window.count() / 1'000'000, " s that has an event time takes one"));
  }
  absl::Status TooOldError(Time event_time, Time watermark) const {
    return absl::OutOfRangeError(Concat(
        "event time is ", SaturatingDifference(watermark, event_time).count() / 1'000'000,
        " s behind the watermark, want at most ", options.window.count() / 1'000'000, " s"));
  }
};

template <typename F, typename Side>
struct DedupStage : StageTag {
  template <typename In>
  using Expected = KeyedExpected<F, In, typename SideOutput<Side, In>::Expected>;
  template <typename In>
  static constexpr bool kAccepts =
      std::is_invocable_v<const F&, const In&> && SideOutput<Side, In>::kAccepts;
  std::string name;
  F id;
  DedupOptions options;
  Side side;
  DedupStage(std::string n, F f, const DedupOptions& o, Side s)
      : name(std::move(n)), id(std::move(f)), options(o), side(std::move(s)) {}
  template <typename In>
  auto Bind() && {
    return DedupOp<F, In, Side>{std::move(name), std::move(id), options, std::move(side)};
  }
};

}  // namespace internal

// Passes on the first record with each id; later copies leave by the side output, or are only counted.
//
//   | rt::Dedup("dedup", &Sale::event_id, {.window = 7 * 24h})
//   | rt::Dedup("dedup", &Sale::event_id, {.window = 7 * 24h}, rt::Branch<Sale>() | rt::To(copies))
//
// Takes    records with an event time; `id` returns a Uuid, text, an integer, a Time, or a tuple of them.
//          Ids are equal when their bytes are. A Uuid is cheaper than its text.
// Emits    the same record.
// State    the ids, under `name`, each with the slice of its record's key; copies of a record must have the
//          same key. An id is claimed in the commit of its record; if an operator behind
//          refuses the record, the claim is given back in the same commit.
// Watermark  forgets ids whose window has passed; passes it on.
// Refuses  OutOfRange: a record older than the watermark minus the window, which cannot be judged.
//          ResourceExhausted: one whose event time begins an eighth of the window while 524,287 others are remembered:
//          times lie far ahead of the watermark; check them before.
template <typename F, typename Side = internal::NoSideOutput>
auto Dedup(std::string name, F id, const DedupOptions& options, Side side = {}) {
  return internal::DedupStage<F, decltype(internal::SideChain(std::move(side)))>(
      std::move(name), std::move(id), options, internal::SideChain(std::move(side)));
}

}  // namespace rtstream
