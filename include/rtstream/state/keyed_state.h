#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "rtstream/state/key_codec.h"
#include "rtstream/state/table_log.h"

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
  explicit KeyedState(std::string name) : stored_(std::make_unique<StoredTable<V>>(std::move(name))) {}

  // The key's value, or null. Valid until the key is put or erased.
  const V* Get(const K& key) {
    Entry* entry = table().Find(Encode(key));
    return entry == nullptr ? nullptr : &entry->value;
  }

  void Put(const K& key, V value) {
    const std::string_view bytes = Encode(key);
    bool fresh = false;
    Entry& entry = table().FindOrInsert(table().Hash(bytes), bytes, fresh);
    entry.value = std::move(value);
    stored_->Changed(entry);
  }

  // The key's value to change in place; made with V{} if there is none.
  V& Mutable(const K& key) {
    const std::string_view bytes = Encode(key);
    bool fresh = false;
    Entry& entry = table().FindOrInsert(table().Hash(bytes), bytes, fresh);
    stored_->MayChange(entry);
    return entry.value;
  }

  void Erase(const K& key) {
    if (Entry* entry = table().Find(Encode(key)); entry != nullptr) stored_->Erase(*entry);
  }

  const std::string& name() const { return stored_->name(); }
  size_t size() const { return stored_->table().size(); }
  size_t memory() const { return stored_->table().memory(); }

  // Takes memory that was touched ahead of need, where there is some. `pool` must outlive the use.
  void UsePages(PagePool& pool) { stored_->UsePages(pool); }
  void Checkpoint(CheckpointWriter& out) { stored_->Checkpoint(out); }
  absl::Status Restore(const CheckpointReader& in) { return stored_->Restore(in); }

 private:
  using Entry = typename KeyedTable<V>::Entry;
  KeyedTable<V>& table() { return stored_->table(); }
  std::string_view Encode(const K& key) {
    scratch_.clear();
    KeyCodec<K>::Append(key, scratch_);
    return scratch_;
  }

  std::unique_ptr<StoredTable<V>> stored_;
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
  StoredTable<V> stored{std::string(table)};
  RTSTREAM_RETURN_IF_ERROR(stored.Restore(CheckpointReader(OperatorScope(op), store)));
  std::vector<const typename KeyedTable<V>::Entry*> entries;
  entries.reserve(stored.table().size());
  stored.table().ForEach([&](auto& entry) { entries.push_back(&entry); });
  std::sort(entries.begin(), entries.end(),
            [](const auto* a, const auto* b) { return a->key() < b->key(); });
  for (const auto* entry : entries) {
    K key{};
    std::string_view bytes = entry->key();
    if (!KeyCodec<K>::Read(bytes, key) || !bytes.empty()) {
      return absl::DataLossError(Concat("a key of table '", table, "' of operator '", op,
                                              "' is not of the type asked for"));
    }
    visit(std::as_const(key), std::as_const(entry->value));
  }
  return absl::OkStatus();
}

}  // namespace rtstream
