#include "rtstream/op/update_inventory.h"

namespace rtstream {

MovementResult ApplyMovement(const Movement& movement, Stock& stock) {
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

}  // namespace rtstream
