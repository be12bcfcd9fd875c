#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <tuple>
#include <utility>

#include "rtstream/op/update_state.h"

namespace rtstream {

// The stock of one item. At all times 0 <= reserved <= on_hand.
struct Stock {
  int64_t on_hand = 0;   // units that are there
  int64_t reserved = 0;  // units of these that are promised; at most on_hand
};
template <>
struct StateFields<Stock> {
  static constexpr uint32_t kVersion = 1;
  static constexpr auto kMembers = std::tuple{&Stock::on_hand, &Stock::reserved};
};

// What a movement does to its item.
enum class MovementKind {
  kSell,     // takes units that are on hand and not reserved
  kReturn,   // puts units back
  kReserve,  // sets free units aside
  kRelease,  // frees units that were set aside
};

// What a record asks of its item.
struct Movement {
  MovementKind kind = MovementKind::kSell;  // what happens
  int64_t quantity = 0;                     // > 0
};

// What became of a movement.
enum class MovementResult {
  kApplied,            // the stock has changed
  kNotEnoughFree,      // sell, reserve: fewer free units than wanted
  kNotEnoughReserved,  // release: fewer reserved units than wanted
  kInvalidQuantity,    // not above zero, or the stock would leave the range of 64 bits
};

// A record with what became of its movement. All or nothing: there is no partial fill.
template <typename T>
struct InventoryOutcome {
  const T* record = nullptr;  // valid until the end of the batch
  MovementResult result = MovementResult::kApplied;  // why not, if it was not applied
  Movement movement;  // as the function gave it
  Stock stock;               // after the decision
  uint64_t version = 0;      // of the item: the number of applied movements
  int64_t initial = 0;       // units the item began with, if this record is its first; else 0
  bool is_first = false;     // the item did not exist before this record

  // Whether the stock changed.
  bool is_applied() const { return result == MovementResult::kApplied; }
};

// Decides a movement: changes `stock` if it is applied, never otherwise.
inline MovementResult ApplyMovement(const Movement& movement, Stock& stock) {
  const int64_t quantity = movement.quantity;
  if (quantity <= 0) return MovementResult::kInvalidQuantity;
  const int64_t free = stock.on_hand - stock.reserved;
  switch (movement.kind) {
    case MovementKind::kSell:
      if (free < quantity) return MovementResult::kNotEnoughFree;
      stock.on_hand -= quantity;
      return MovementResult::kApplied;
    case MovementKind::kReturn: {
      int64_t on_hand = 0;
      if (__builtin_add_overflow(stock.on_hand, quantity, &on_hand)) {
        return MovementResult::kInvalidQuantity;
      }
      stock.on_hand = on_hand;
      return MovementResult::kApplied;
    }
    case MovementKind::kReserve:
      if (free < quantity) return MovementResult::kNotEnoughFree;
      stock.reserved += quantity;
      return MovementResult::kApplied;
    case MovementKind::kRelease:
      if (stock.reserved < quantity) return MovementResult::kNotEnoughReserved;
      stock.reserved -= quantity;
      return MovementResult::kApplied;
  }
  return MovementResult::kInvalidQuantity;
}

// Where the stock of an item begins: called once, at the first record of its key.
template <typename T>
using InitialStock = std::function<int64_t(const T&)>;

namespace internal {

template <typename T, typename MovementF>
struct DecideMovement {
  MovementF movement_of;
  InitialStock<T> initial;

  [[gnu::always_inline]] InventoryOutcome<T> operator()(ItemUpdate<Stock>& item, const T& record) const {
    InventoryOutcome<T> out;
    out.record = &record;
    out.movement = std::invoke(movement_of, record);
    out.is_first = !item.exists();
    if (out.is_first) out.initial = std::max<int64_t>(0, initial(record));
    out.stock = out.is_first ? Stock{out.initial, 0} : item.value();
    out.result = ApplyMovement(out.movement, out.stock);
    out.version = item.version();
    if (out.is_applied()) {
      item.Set(out.stock);
      ++out.version;
    } else if (out.is_first) {
      item.Create(out.stock);
    }
    return out;
  }
};

}  // namespace internal

// Keeps the stock of items and decides for every record whether its movement happens: sell, return,
// reserve or release units. Stock never goes below zero, however records come.
//
//   | rt::UpdateInventory("inventory", StockKey,
//                         [](const Sale& s) { return rt::Movement{rt::MovementKind::kSell, s.quantity}; },
//                         [](const Sale&) { return int64_t{100}; })
//
// Takes    the type that `movement_of` names. `initial` gives an item's stock at its first record; less
//          than zero counts as zero.
// Emits    InventoryOutcome<T>: the record, the result, and the stock after it. A refused movement is
//          data and goes on.
// State    Item<Stock> by key, under `name`; version = number of applied movements. ReadItems reads it.
// Watermark  passes.
// Refuses  never.
template <typename KeyF, typename MovementF,
          typename T = internal::FirstArgOf<MovementF>>
auto UpdateInventory(std::string name, KeyF key, MovementF movement_of,
                     std::type_identity_t<InitialStock<T>> initial,
                     const UpdateStateOptions& options = {}) {
  return UpdateState(std::move(name), std::move(key),
                     internal::DecideMovement<T, MovementF>{std::move(movement_of),
                                                            std::move(initial)},
                     options);
}

}  // namespace rtstream
