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
template <Key K, StateValue V>
class KeyedState {
 public:
  // `name` identifies the state within its operator, for ever: letters, digits, '_', '-' and '.'.
  explicit KeyedState(std::string name)
      : stored_(std::make_unique<StoredTableOf<K, V>>(std::move(name))) {}

  // The key's value, or null. Valid until the next call of Put, Mutable or Erase, for whatever key.
  const V* Get(const K& key) {
    const auto entry = table().Find(Encode(key));
    return entry ? &entry->value : nullptr;
  }

  void Put(const K& key, V value) {
    bool fresh = false;
    const auto entry = table().FindOrInsert(Encode(key), fresh);
    entry->value = std::move(value);
    stored_->Changed(entry);
  }

  // The key's value to change in place; made with V{} if there is none. Valid as what Get gives.
  V& Mutable(const K& key) {
    bool fresh = false;
    const auto entry = table().FindOrInsert(Encode(key), fresh);
    stored_->MayChange(entry);
    return entry->value;
  }

  void Erase(const K& key) {
    if (const auto entry = table().Find(Encode(key)); entry) stored_->Erase(entry);
  }

  const std::string& name() const { return stored_->name(); }
  size_t size() const { return stored_->table().size(); }
  size_t memory() const { return stored_->table().memory(); }

  // For whoever runs the operator.
  void Attach(const StateHost& host) { stored_->Attach(host); }
  void Checkpoint(CheckpointWriter& out) { stored_->Checkpoint(out); }
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

  std::unique_ptr<StoredTable<Table>> stored_;
  std::string scratch_;
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
  using Table = TableOf<K, V>;
  StoredTable<Table> stored{std::string(table)};
  RTSTREAM_RETURN_IF_ERROR(stored.Restore(CheckpointReader(OperatorScope(op), store)));
  std::vector<const typename Table::Entry*> entries;
  entries.reserve(stored.table().size());
  stored.table().ForEach([&](auto& entry) { entries.push_back(&entry); });
  std::sort(entries.begin(), entries.end(),
            [](const auto* a, const auto* b) { return a->key() < b->key(); });
  for (const auto* entry : entries) {
    K key{};
    if (!ReadKey(entry->key(), key)) {
      return absl::DataLossError(Concat("a key of table '", table, "' of operator '", op,
                                              "' is not of the type asked for"));
    }
    visit(std::as_const(key), std::as_const(entry->value));
  }
  return absl::OkStatus();
}

}  // namespace rtstream
