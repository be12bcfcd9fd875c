#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/state/key_codec.h"
#include "rtstream/state/stored_table.h"

namespace rtstream {

namespace internal {

// Calls visit(key, value) for the entries of a table in the order of their keys. `what` names it in errors.
template <typename K, typename Table, typename Visit>
absl::Status VisitSorted(Table& entries_of, std::string_view what, Visit& visit) {
  std::vector<const typename Table::Entry*> entries;
  entries.reserve(entries_of.size());
  entries_of.ForEach([&](auto& entry) { entries.push_back(&entry); });
  std::sort(entries.begin(), entries.end(),
            [](const auto* a, const auto* b) { return a->key() < b->key(); });
  for (size_t i = 0; i < entries.size(); ++i) {
    const auto* const entry = entries[i];
    if (i > 0 && entry->key() == entries[i - 1]->key()) {
      return absl::FailedPreconditionError(
          Concat(what, " has a key under two keys of KeyBy: want a key that tells the key of KeyBy, or a Partial "
                       "aggregate"));
    }
    K key{};
    if (!ReadKey(entry->key(), key)) {
      return absl::DataLossError(Concat("a key of ", what, " is not of the type asked for"));
    }
    visit(std::as_const(key), std::as_const(entry->value));
  }
  return absl::OkStatus();
}

}  // namespace internal

// Typed state by key for an operator: what it holds survives a crash together with everything else
// of the commit. The operator lists its states in States() (see op/operator.h).
//
//   struct OnlyChanges {
//     rt::KeyedState<std::string_view, double> last{"last"};
//     auto States() { return std::tie(last); }
//     ...
//   };
//
// Memory is that of the keys: all of them are held. Not thread-safe; the operator's lane uses it.
//
// Behind a KeyBy a key belongs to the record at hand: the same key must always come with the same key of
// KeyBy. In OnWatermark there is no record: keys are found there, and may be erased, but not made. A batch
// operator says with Context::Look which record it is about.
template <Key K, StateValue V>
class KeyedState {
 public:
  // `name` identifies the state within its operator, for ever: letters, digits, '_', '-' and '.'.
  explicit KeyedState(std::string name)
      : stored_(std::make_unique<StoredTableOf<K, V>>(std::move(name))) {}

  // The key's value, or null. Valid until the next call of Put, Mutable or Erase, for whatever key.
  const V* Get(const K& key) {
    const auto entry = Find(Encode(key));
    return entry ? &entry->value : nullptr;
  }

  // Sets the key's value. References that Get and Mutable gave are no longer valid.
  void Put(const K& key, V value) {
    const auto entry = FindOrInsert(Encode(key));
    entry->value = std::move(value);
    stored_->Changed(entry);
  }

  // The key's value to change in place; made with V{} if there is none. Valid as what Get gives.
  V& Mutable(const K& key) {
    const auto entry = FindOrInsert(Encode(key));
    stored_->MayChange(entry);
    return entry->value;
  }

  // Forgets the key; nothing happens if there is none.
  void Erase(const K& key) {
    if (const auto entry = Find(Encode(key)); entry) stored_->Erase(entry);
  }

  // Calls visit(key, value) for all keys, in their order; behind a KeyBy for those of the operator's lane. Costs a
  // sort of all keys: for OnWatermark, not for each record. `visit` must not change the state; what is to go is
  // erased afterwards. Views in keys are valid during the call. FailedPrecondition: a key is there twice, under
  // two keys of KeyBy.
  //
  //   std::vector<std::string> due;
  //   RTSTREAM_RETURN_IF_ERROR(last_seen.ForEach([&](std::string_view who, const rt::Time& at) {
  //     if (at + 1h <= watermark) due.emplace_back(who);
  //   }));
  template <typename Visit>
  absl::Status ForEach(Visit&& visit) {
    return internal::VisitSorted<K>(table(), Concat("state '", name(), "'"), visit);
  }

  // As it was made with; within the operator's scope.
  const std::string& name() const { return stored_->name(); }
  size_t size() const { return stored_->table().size(); }  // keys that have a value
  // Bytes, what values hold elsewhere not counted.
  size_t memory() const { return stored_->table().memory(); }

  // For whoever runs the operator.
  void Attach(const StateHost& host) {
    stored_->Attach(host);
    context_ = host.context;
    slices_ = host.slices;
    is_keyed_ = host.is_keyed;
  }
  // FailedPrecondition: a key was made behind a KeyBy, and no record was at hand to say where it belongs.
  absl::Status CheckKeys() const {
    if (!has_lost_key_) return absl::OkStatus();
    return absl::FailedPreconditionError(Concat(
        "state '", name(), "': a key was made behind KeyBy with no record at hand: make keys in Process, or "
        "call Context::Look in ProcessBatch"));
  }
  // Writes what changed since the last call.
  void Checkpoint(CheckpointWriter& out) { stored_->Checkpoint(out); }
  // Loads what the host's slices own. REQUIRES: it was attached and is empty.
  absl::Status Restore(const CheckpointReader& in) { return stored_->Restore(in); }

 private:
  using Table = TableOf<K, V>;
  Table& table() { return stored_->table(); }
  typename Table::KeyRef Encode(const K& key) {
    if constexpr (std::same_as<Table, KeyedTable<V>>) {
      scratch_.clear();
      KeyCodec<K>::Append(key, scratch_);
      return scratch_;
    } else {
      return PackKey(key);
    }
  }

  // The slice that the key is looked for in; none at hand: all of them are searched, 64 look-ups at most.
  typename Table::Handle Find(const typename Table::KeyRef& key) {
    const uint8_t slice = SliceAtHand();
    if (slice != Frame::kNoSlice) return table().Find(key, slice);
    if (!is_keyed_) return table().Find(key);
    for (uint32_t s = slices_.begin; s < slices_.end; ++s) {
      if (const auto entry = table().Find(key, s); entry) return entry;
    }
    return {};
  }
  typename Table::Handle FindOrInsert(const typename Table::KeyRef& key) {
    bool fresh = false;
    const uint8_t slice = SliceAtHand();
    if (slice != Frame::kNoSlice) return table().FindOrInsert(key, slice, fresh);
    if (!is_keyed_) return table().FindOrInsert(key, fresh);
    if (const auto entry = Find(key); entry) return entry;
    has_lost_key_ = true;
    return table().FindOrInsert(key, slices_.begin, fresh);
  }
  uint8_t SliceAtHand() const {
    return context_ == nullptr ? Frame::kNoSlice : context_->slice();
  }

  std::unique_ptr<StoredTable<Table>> stored_;
  std::string scratch_;
  const Context* context_ = nullptr;
  SliceRange slices_;
  bool is_keyed_ = false;
  bool has_lost_key_ = false;
};

// Committed state, read from outside its pipeline: by another thread of the host while it runs, or
// from a store whose pipeline is gone. Loads the whole table, as of the snapshot `store`.
//
//   RTSTREAM_ASSIGN_OR_RETURN(auto snapshot, store.Snapshot());
//   RTSTREAM_RETURN_IF_ERROR((rt::ReadState<StockKey, Stock>(
//       *snapshot, "inventory", "items", [](const StockKey& key, const Stock& stock) {...})));
//
// Visits in the keys' order. `visit` returns nothing; views in the key are valid during the call.
template <Key K, StateValue V, typename Visit>
absl::Status ReadState(const StateReader& store, std::string_view op, std::string_view table,
                       Visit&& visit) {
  StoredTableOf<K, V> stored{std::string(table)};
  RTSTREAM_RETURN_IF_ERROR(stored.Restore(CheckpointReader(OperatorScope(op), store)));
  return internal::VisitSorted<K>(stored.table(), Concat("table '", table, "' of operator '", op, "'"), visit);
}

}  // namespace rtstream
