#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "rtstream/base/time.h"
#include "rtstream/state/keyed_state.h"
#include "rtstream/state/value_codec.h"

namespace rtstream {

// The name of an UpdateState operator's table.
inline constexpr std::string_view kItemsTable = "items";

// A value under optimistic locking.
template <typename V>
struct Item {
  V value{};                     // what Set or Create gave last
  uint64_t version = 0;          // how many updates were applied; 0: made, never updated
  Time last_updated = kMinTime;  // event time of the last applied update; kMinTime: none
};

template <StateValue V>
struct ValueCodec<Item<V>> {
  static constexpr uint32_t kVersion = ValueCodec<V>::kVersion;
  static void Append(const Item<V>& item, ByteWriter& out) {
    out.Varint(item.version);
    out.I64(item.last_updated.time_since_epoch().count());
    ValueCodec<V>::Append(item.value, out);
  }
  static bool Read(ByteReader& in, Item<V>& item) {
    ReadHead(in, item);
    return ValueCodec<V>::Read(in, item.value);
  }
  template <typename I>
  static void ReadHead(ByteReader& in, I& item) {
    item.version = in.Varint();
    item.last_updated = Time(Duration(in.I64()));
  }
};

// An older value inside an item is upgraded by the chain of the value's codec.
template <StateValue V>
absl::Status ReadValue(uint32_t version, ByteReader& in, Item<V>& out) {
  ValueCodec<Item<V>>::ReadHead(in, out);
  return ReadValue(version, in, out.value);
}

// One decision on an item: what was read, and what shall be written.
template <typename V>
class ItemUpdate {
 public:
  // `current`: null if there is no item. `event_time`: of the record that decides.
  ItemUpdate(const Item<V>* current, Time event_time)
      : current_(current), event_time_(event_time) {}

  // Whether the key has an item, updated or only made.
  bool exists() const { return current_ != nullptr; }
  // What was read, whatever Set() has been told since. REQUIRES: exists().
  const V& value() const { return current_->value; }
  // The same, or `fallback` if there is no item.
  V value_or(V fallback) const { return exists() ? current_->value : std::move(fallback); }
  // The version that was read; 0 if there is no item or it was only made.
  uint64_t version() const { return current_ == nullptr ? 0 : current_->version; }
  // Event time of the last update; kMinTime: there was none.
  Time last_updated() const { return current_ == nullptr ? kMinTime : current_->last_updated; }

  // Applies the update: the item gets the next version and the record's event time. Returns the new value, where
  // it stays until the next call.
  const V& Set(V value) { return next_.emplace(Item<V>{std::move(value), version() + 1, event_time_}).value; }
  // Makes the item without counting an update. REQUIRES: !exists().
  void Create(V value) { next_ = Item<V>{std::move(value), 0, kMinTime}; }

  bool has_changed() const { return next_.has_value(); }  // whether Set or Create was called
  // What is to be written. REQUIRES: has_changed().
  Item<V> Take() && { return *std::move(next_); }

 private:
  const Item<V>* current_;
  Time event_time_;
  std::optional<Item<V>> next_;
};

// The committed items of an UpdateState operator; see ReadState. visit(key, item).
template <Key K, StateValue V, typename Visit>
absl::Status ReadItems(const StateReader& store, std::string_view op, Visit&& visit) {
  return ReadState<K, Item<V>>(store, op, kItemsTable, std::forward<Visit>(visit));
}

}  // namespace rtstream
